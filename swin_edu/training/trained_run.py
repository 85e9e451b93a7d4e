"""The network of a run and the images it is tested on, checked to belong together.

`swin-edu evaluate` opens a run with it; so can notebooks 08 and 09.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from swin_edu.data import ImageDataset, load_dataset
from swin_edu.model import CheckpointError, SwinTransformer, load_checkpoint
from swin_edu.training.errors import TrainingError
from swin_edu.training.evaluation import Evaluation, evaluate_model
from swin_edu.training.recipe import build_model, choose_device, choose_precision
from swin_edu.training.run_checkpoints import list_run_checkpoints, load_run_checkpoint
from swin_edu.training.run_folder import RunFolder
from swin_edu.training.run_reading import read_results, read_settings
from swin_edu.training.run_state import kept_weights, normalisation_in
from swin_edu.training.settings import TrainingSettings
from swin_edu.training.splits import load_splits


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A network that a run has trained, ready to be tested. Made by `open_trained_run`.

    Args:
        run: the folder.
        settings: what the run was started with; ``data`` is what the network is tested on.
        model: in evaluation mode, on ``device``.
        test_set: the images.
        mean, deviation: of each channel of the images that it was trained on, 0..1.
        device, precision: for computing.
        weights: the file that the weights come from.
        reported: the accuracy in ``results.json``, where it was measured with these weights on these images.
        notes: what the reader should know, such as that the run is not finished.
    """

    run: RunFolder
    settings: TrainingSettings
    model: SwinTransformer = field(repr=False)
    test_set: ImageDataset
    mean: list[float]
    deviation: list[float]
    device: torch.device
    precision: torch.dtype
    weights: Path
    reported: float | None
    notes: list[str]

    def evaluate(self, batch_size: int = 500) -> Evaluation:
        """Let the network name all test images.

        Args:
            batch_size: images at a time.

        Raises:
            TrainingError: as `evaluate_logits`.
        """
        return evaluate_model(
            self.model,
            self.test_set,
            self.mean,
            self.deviation,
            device=self.device,
            precision=self.precision,
            batch_size=batch_size,
        )


def open_trained_run(
    path: str | Path, *, data: str | None = None, checkpoint: str | Path | None = None, device: str = "auto"
) -> TrainedRun:
    """Open a run to test its network.

    Args:
        path: the folder of `start_run`.
        data: test on the test images of this name or folder; those of the run if None.
        checkpoint: weights to test: a file of the run's ``checkpoints``, or a safetensors file. If None,
            those of the finished run; where it is not finished, those of its newest whole checkpoint.
        device: "auto", or a name that PyTorch knows.

    Returns:
        Network and images.

    Raises:
        DataError: if the data cannot be loaded.
        TrainingError: if there is no run, no weights or no such device, or the data is not what the network
            was trained for; says what to do.

    Example:
        >>> open_trained_run("/nowhere")
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: /nowhere does not exist; name the folder of a run, such as ...
    """
    run = RunFolder(path)
    settings, results = read_settings(run), read_results(run)
    place = choose_device(device)
    weights, state, notes = _choose_weights(run, settings, results is not None, checkpoint)
    facts = results or _facts_of_training(settings, state)
    settings = settings if data is None else replace(settings, data=data)
    if data is None and settings.validation:
        _, test = load_splits(settings)
        notes.append(
            f"Tested on the {len(test):,} training images that the run held out, not on test images."
        )
    else:
        options = {"image_size": settings.image_size, "classes": settings.classes}
        test = load_dataset(settings.data, "test", **options)
        test = test.subset(settings.limit_test or len(test))
    if test.class_names != facts["class_names"]:
        raise TrainingError(_explain_classes(settings.data, facts["class_names"], test.class_names))
    # Runs of the first version did not write fingerprints down.
    if data is None and facts.get("fingerprints", ["", test.fingerprint])[1] != test.fingerprint:
        raise TrainingError(
            f"The test images of {settings.data} have changed since {run.path} was trained, so the accuracy "
            "would not be that of the run. Bring the old data back, or say that you want to test on what is "
            f"there now: --data {settings.data}"
        )
    if settings.limit_test:
        notes.append(f"Only {len(test):,} test images, because the run has limit_test={settings.limit_test}.")
    model = _load_model(weights, state, settings, len(facts["class_names"])).to(place).eval()
    own = results is not None and data is None and checkpoint is None
    return TrainedRun(
        run=run,
        settings=settings,
        model=model,
        test_set=test,
        mean=facts["channel_mean"],
        deviation=facts["channel_deviation"],
        device=place,
        precision=choose_precision(settings.precision, place),
        weights=weights,
        reported=results["test_accuracy"] if own else None,
        notes=notes,
    )


def _facts_of_training(settings: TrainingSettings, state: dict[str, Any] | None) -> dict[str, Any]:
    """What ``results.json`` would say of the training images; for runs that have none yet."""
    train, _ = load_splits(settings)
    mean, deviation = normalisation_in(state, settings, train)
    facts = {"class_names": train.class_names, "channel_mean": mean, "channel_deviation": deviation}
    return facts if state is None else {**facts, "fingerprints": state["data"]}


def _choose_weights(
    run: RunFolder, settings: TrainingSettings, finished: bool, checkpoint: str | Path | None
) -> tuple[Path, dict[str, Any] | None, list[str]]:
    """The file with the weights, its content where it is a checkpoint, and what to say about the choice."""
    if checkpoint is not None:
        file = Path(checkpoint)
        if not file.is_file():
            raise TrainingError(f"there is no file {file}; checkpoints of the run: {_names(run)}")
        return file, None if file.suffix == ".safetensors" else _read_state(file), []
    if finished and run.weights.is_file():
        return run.weights, None, []
    notes = [f"{run.weights} is missing." if finished else f"{run.path} is not finished."]
    for file in reversed(list_run_checkpoints(run.checkpoints)):
        try:
            state = _read_state(file)
        except TrainingError as error:
            notes.append(f"Passed over: {error}.")
        else:
            notes.append(
                f"Tested is its newest whole checkpoint, epoch {state['epoch']} of {settings.epochs}."
            )
            return file, state, [" ".join(notes)]
    raise TrainingError(
        f"{' '.join(notes)} There is no whole checkpoint to test instead. Go on with it: "
        f"swin-edu train --out {run.path} --resume"
    )


def _names(run: RunFolder) -> str:
    return ", ".join(file.name for file in list_run_checkpoints(run.checkpoints)) or "none"


def _read_state(file: Path) -> dict[str, Any]:
    state = load_run_checkpoint(file)
    if not isinstance(state, dict) or not {"model", "epoch", "data"} <= state.keys():
        raise TrainingError(f"{file} is whole but lacks a part; it was written by another version")
    return state


def _load_model(
    weights: Path, state: dict[str, Any] | None, settings: TrainingSettings, classes: int
) -> SwinTransformer:
    try:
        if state is None:
            return load_checkpoint(weights)
        model = build_model(settings, classes)
        model.load_state_dict(kept_weights(state))
        return model
    except (CheckpointError, RuntimeError, OSError) as error:
        if isinstance(error, TrainingError):
            raise
        raise TrainingError(
            f"The weights in {weights} cannot be used: {error}. Another file can be named with --checkpoint"
        ) from error


def _explain_classes(data: str, trained: list[str], found: list[str]) -> str:
    for name, there in (("trained on", trained), ("now in the data", found)):
        if missing := [one for one in there if one not in (found if there is trained else trained)]:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            only = f"only {name}: {', '.join(missing[:3])}{more}"
            break
    else:
        only = "the names are the same, in another order"
    return (
        f"The network knows {len(trained)} classes, and {data} has {len(found)} that are not the same "
        f"({only}). Test on data with the classes of the run: --data NAME_OR_FOLDER"
    )
