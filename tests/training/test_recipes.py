"""The recipes: each can be built, is explained, and takes changes."""

import pytest

from swin_edu.training import RECIPES, TrainingError, build_model, recipe_settings


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_settings_that_work_a_network_that_can_be_built_and_its_purpose(name):
    settings = recipe_settings(name)
    if not settings.weights:  # those would have to be downloaded
        assert build_model(settings, 10).config.num_classes == 10
    assert RECIPES[name].purpose.endswith(".")


def test_a_recipe_takes_changes_and_wrong_names_are_said():
    assert recipe_settings("laptop", epochs=1).epochs == 1
    options = recipe_settings("laptop", model_options={"embed_dim": 32}).model_options
    assert options == {**RECIPES["laptop"].settings["model_options"], "embed_dim": 32}
    with pytest.raises(TrainingError, match="recipe must be one of laptop"):
        recipe_settings("lap")
    with pytest.raises(TrainingError, match="epochs must be at least 1"):
        recipe_settings("laptop", epochs=0)
