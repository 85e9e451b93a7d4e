"""All that decides how a run goes on, as one dictionary; and a run brought back from it.

Randomness and learning rate are not in it: they follow from seed and epoch.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from swin_edu.data import ImageDataset
from swin_edu.training import explanations
from swin_edu.training.errors import TrainingError
from swin_edu.training.preparation import Preparation
from swin_edu.training.pretrained import facts_of, weights_file
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.settings import TrainingSettings

if TYPE_CHECKING:
    from swin_edu.training.loop import Training


def state_of(training: "Training") -> dict[str, Any]:
    """What a checkpoint holds.

    Args:
        training: between two epochs.

    Returns:
        The number of finished epochs, weights, the optimizer's memory, the running mean of the weights if
        there is one, the fingerprints of the data, and how its images are normalised.
    """
    state = {
        "epoch": training.finished_epochs,
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "data": [training.train_set.fingerprint, training.test_set.fingerprint],
        "normalisation": [training.prepare.mean, training.prepare.deviation],
    }
    averaged = training.average()
    return state if averaged is None else {**state, "averaged": averaged.state_dict()}


def kept_weights(state: dict[str, Any]) -> dict[str, Tensor]:
    """The weights that a run tests and keeps, out of its state: the averaged ones where there are some.

    Args:
        state: of `state_of`.

    Returns:
        A state dict of the network.

    Example:
        >>> kept_weights({"model": {"a": 1}, "averaged": {"module.a": 2, "n_averaged": 9}})
        {'a': 2}
    """
    if "averaged" not in state:
        return state["model"]
    prefix = "module."  # of PyTorch's AveragedModel, which also counts its updates
    return {
        name.removeprefix(prefix): weight
        for name, weight in state["averaged"].items()
        if name.startswith(prefix)
    }


def normalisation_in(
    state: dict[str, Any] | None, settings: TrainingSettings, train_set: ImageDataset
) -> tuple[list[float], list[float]]:
    """How a run normalises its images, which must stay as it was when it goes on.

    Args:
        state: of `state_of`; None where there is no checkpoint.
        settings: of the run.
        train_set: its training images.

    Returns:
        Each channel's mean and deviation, 0..1.

    Example:
        >>> normalisation_in({"normalisation": [[0.5] * 3, [0.2] * 3]}, TrainingSettings(), None)
        ([0.5, 0.5, 0.5], [0.2, 0.2, 0.2])
    """
    if state is not None and "normalisation" in state:
        mean, deviation = state["normalisation"]
        return mean, deviation
    # Checkpoints did not always hold it. Then weights counted only if they had it written beside them.
    if state is not None and settings.weights and facts_of(weights_file(settings.weights)) is None:
        settings = replace(settings, weights=None)
    prepare = Preparation.of(settings, train_set)
    return prepare.mean, prepare.deviation


def restore(training: "Training", state: Any, run: RunFolder) -> None:
    """Bring a run to the state that a checkpoint holds.

    Args:
        training: with fresh weights.
        state: of a checkpoint.
        run: where it lies, for messages.

    Raises:
        TrainingError: if it is the state of another network, or was trained on other data.
    """
    optional = {"normalisation"}  # older checkpoints lack it
    if not isinstance(state, dict) or (state.keys() ^ state_of(training).keys()) - optional:
        raise TrainingError(explanations.misfit(run.checkpoints, "it lacks a part"))
    if state["data"] != [training.train_set.fingerprint, training.test_set.fingerprint]:
        raise TrainingError(explanations.changed_data(training.settings.data, run.path))
    try:
        training.model.load_state_dict(state["model"])
        training.optimizer.load_state_dict(state["optimizer"])
        if (averaged := training.average()) is not None:
            averaged.load_state_dict(state["averaged"])
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise TrainingError(explanations.misfit(run.checkpoints, str(error))) from error
    mean, deviation = normalisation_in(state, training.settings, training.train_set)
    training.prepare = replace(training.prepare, mean=mean, deviation=deviation)
    training.finished_epochs = state["epoch"]
