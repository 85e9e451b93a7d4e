"""All that decides how a run goes on, as one dictionary; and a run brought back from it.

Randomness and learning rate are not in it: they follow from seed and epoch.
"""

from typing import TYPE_CHECKING, Any

from torch import Tensor

from swin_edu.training import explanations
from swin_edu.training.errors import TrainingError
from swin_edu.training.run_folder import RunFolder

if TYPE_CHECKING:
    from swin_edu.training.loop import Training


def state_of(training: "Training") -> dict[str, Any]:
    """What a checkpoint holds.

    Args:
        training: between two epochs.

    Returns:
        The number of finished epochs, weights, the optimizer's memory, the running mean of the weights if
        there is one, and the fingerprints of the data.
    """
    state = {
        "epoch": training.finished_epochs,
        "model": training.model.state_dict(),
        "optimizer": training.optimizer.state_dict(),
        "data": [training.train_set.fingerprint, training.test_set.fingerprint],
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


def restore(training: "Training", state: Any, run: RunFolder) -> None:
    """Bring a run to the state that a checkpoint holds.

    Args:
        training: with fresh weights.
        state: of a checkpoint.
        run: where it lies, for messages.

    Raises:
        TrainingError: if it is the state of another network, or was trained on other data.
    """
    if not isinstance(state, dict) or state.keys() != state_of(training).keys():
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
    training.finished_epochs = state["epoch"]
