"""The recipes: settings under a name, each with what it is for, and whether it was measured.

`swin-edu train --recipe NAME`. What was tried for them, and what it did, stands in
`benchmarks/training_notes.md`; choices are made on held-out training images.
"""

from dataclasses import dataclass, replace
from typing import Any

from swin_edu.training.errors import TrainingError
from swin_edu.training.settings import TrainingSettings


@dataclass(frozen=True)
class Recipe:
    """Settings with a name.

    Args:
        purpose: one sentence, for lists.
        settings: what differs from the defaults of `TrainingSettings`.

    Example:
        >>> Recipe("To try.", {"epochs": 1}).settings
        {'epochs': 1}
    """

    purpose: str
    settings: dict[str, Any]


# The network of 94.46 % on CIFAR-10 in Lee et al. 2021 (7.05 M parameters, 100 epochs), which others can be
# compared with.
_SEVEN_MILLION = {"embed_dim": 96, "depths": (2, 6, 4), "num_heads": (3, 6, 12)}
# What keeps a network of that size from learning 50,000 images by heart.
_LONG = {
    "optimizer": "muon",
    "learning_rate": 2e-3,
    "batch_size": 512,
    "ema_decay": 0.999,
    "trivial_augment": True,
    "mixup_alpha": 0.8,
    "cutmix_alpha": 1.0,
    "erasing_probability": 0.25,
    # Reading every loss would make the GPU wait.
    "record_every": 20,
    "compile": True,
}

RECIPES = {
    "laptop": Recipe(
        "Shapes in a minute on two CPU cores.",
        {
            "data": "shapes",
            "model_options": {
                # A patch of 4 leaves 8 x 8 tokens: a quarter of the work of a patch of 2.
                **{"patch_size": 4, "embed_dim": 32, "depths": (2, 2), "num_heads": (2, 4)},
                "drop_path_rate": 0.0,
            },
            "epochs": 6,
            "batch_size": 64,
            "optimizer": "muon",
            # At 3e-3 such a network has hardly begun after four epochs.
            "learning_rate": 2e-2,
            # A moved shape may leave the image; and nothing is learned by heart in a minute.
            "crop_padding": 0,
            "label_smoothing": 0.0,
        },
    ),
    "cifar10-cpu": Recipe(
        "CIFAR-10 in some 15 minutes on two CPU cores.",
        {
            "data": "cifar10",
            "model_options": {
                # Two epochs, held-out images: 62.7 % in 2:42 min; width 64 and depths 2-4 61.8 and 60.5 % in
                # 2:54 and 3:22; a patch of 2 at width 32 60.2 % in 5:30.
                **{"patch_size": 4, "embed_dim": 48, "depths": (2, 6), "num_heads": (2, 4)},
                # Few epochs: nothing needs to be held back.
                "drop_path_rate": 0.0,
            },
            "epochs": 11,
            "optimizer": "muon",
            # Width 96, one epoch: 50.8 % of held-out images at 5e-3, 53.5 % at 1e-2, 46.5 % at 2e-2.
            "learning_rate": 1e-2,
        },
    ),
    "cifar10-fast": Recipe(
        "CIFAR-10 in little time, meant for a large GPU. Not measured yet.",
        {
            "data": "cifar10",
            "model_options": {"embed_dim": 96, "depths": (2, 4, 2), "num_heads": (3, 6, 12)},
            "epochs": 30,
            "batch_size": 512,
            "optimizer": "muon",
            "learning_rate": 4e-3,
            "cutmix_alpha": 1.0,
            "mix_probability": 0.5,
            "ema_decay": 0.99,
            "record_every": 20,
            "compile": True,
        },
    ),
    "cifar10-best": Recipe(
        "CIFAR-10 as well as possible, meant for a large GPU. Not measured yet.",
        {"data": "cifar10", "model_options": _SEVEN_MILLION, "epochs": 300, **_LONG},
    ),
    "cifar100-best": Recipe(
        "CIFAR-100 as well as possible, meant for a large GPU. Not measured yet.",
        {"data": "cifar100", "model_options": _SEVEN_MILLION, "epochs": 300, **_LONG},
    ),
    "tiny-imagenet": Recipe(
        "Tiny-ImageNet, 200 classes at 64 x 64 pixels, meant for a large GPU. Not measured yet.",
        {
            "data": "tiny-imagenet",
            # A patch of 4 gives the 16 x 16 tokens that a patch of 2 gives for 32 pixels.
            "model_options": {**_SEVEN_MILLION, "patch_size": 4},
            "epochs": 100,
            **_LONG,
        },
    ),
    "finetune-224": Recipe(
        "Imagenette at 224 x 224 from the authors' weights for ImageNet. Not measured yet.",
        {
            "data": "imagenette",
            "image_size": 224,
            "weights": "timm/swin_tiny_patch4_window7_224.ms_in1k",
            "epochs": 5,
            "batch_size": 128,
            # A tenth of the rate from scratch: the weights are good already.
            "learning_rate": 1e-4,
            "crop_padding": 16,
            "ema_decay": 0.99,
        },
    ),
}


def recipe_settings(name: str, **changes: Any) -> TrainingSettings:
    """The settings of a recipe.

    Args:
        name: a key of `RECIPES`.
        **changes: settings to have another value; of ``model_options`` only those that are named.

    Returns:
        Settings for `Training`.

    Raises:
        TrainingError: if there is no such recipe or setting, or a value cannot work.

    Example:
        >>> recipe_settings("laptop", epochs=1).epochs
        1
    """
    if name not in RECIPES:
        raise TrainingError(f"recipe must be one of {', '.join(RECIPES)}, got {name!r}")
    settings = TrainingSettings(**RECIPES[name].settings)
    # A change of one setting of the network leaves its others as they are.
    if "model_options" in changes:
        changes["model_options"] = {**settings.model_options, **changes["model_options"]}
    return replace(settings, **changes)
