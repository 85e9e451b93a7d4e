"""Every choice of a training run in one frozen dataclass, each with the reason for its value.

Notebook 08 changes them one at a time; each run keeps its own copy in ``settings.json``.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from swin_edu.training.errors import TrainingError

PRECISIONS = ("auto", "float32", "bfloat16")
OPTIMIZERS = ("adamw", "muon")
_IN_WORDS = {
    **{int: "a whole number", float: "a number", str: "text", bool: "true or false"},
    **{dict: "names with values", list: "a list of names", NoneType: "left out"},
}


def _kinds(annotation: Any) -> tuple[type, ...]:
    """int | None -> (int, NoneType); dict[str, Any] -> (dict,)."""
    if get_origin(annotation) in (dict, list):
        return (get_origin(annotation),)
    return tuple(kind for part in get_args(annotation) for kind in _kinds(part)) or (annotation,)


def _fits(value: Any, kinds: tuple[type, ...]) -> bool:
    # To Python True is a number, and a whole number is no float.
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, kinds) or (float in kinds and isinstance(value, int))


@dataclass(frozen=True)
class TrainingSettings:
    """What is trained on what, and how. The reason for each value stands beside it in the source.

    Raises:
        TrainingError: names the setting that cannot work and what it may be.

    Example:
        >>> TrainingSettings(epochs=3).learning_rate
        0.001
    """

    # The built-in set needs no download, so the first run works on every machine.
    data: str = "shapes"
    # None keeps the images' own size; needed only where they have several.
    image_size: int | None = None
    # Any preset of swin_edu.model; this one is made for 32 x 32 pixels.
    model: str = "swin_cifar"
    # Weights to begin with: a file, a run's folder, a name of the course (swin_cifar10) or on the hub. The
    # network is the one in it, with a new head and, where model_options say so, another window (its tables
    # are resized). Images are normalised as for those weights:
    # as they say, or as for ImageNet if their names are those of another library.
    weights: str | None = None
    # Single settings of SwinConfig that differ from the preset, such as {"window_size": 8}.
    model_options: dict[str, Any] = field(default_factory=dict)

    # Names or WordNet ids of the classes that are taken, in this order; None takes all.
    classes: list[str] | None = None
    # Training images that are held out and tested on in place of the test split: choices are made on these,
    # so that the test split stays unseen until the end.
    validation: int = 0

    # The schedule ends with the last epoch, so a run of any length finishes at a low learning rate.
    epochs: int = 12
    # Small enough for many steps in few epochs, large enough to keep two cores busy.
    batch_size: int = 128
    # Parts in which a batch goes through the network, one after the other, where memory is short. The
    # gradients add up to those of the whole batch.
    accumulate: int = 1
    # "muon" moves the blocks' matrices by equal measure in all directions; the rest stays with AdamW. The
    # learning rate means the same for both.
    optimizer: str = "adamw"
    # The authors use 1e-3 for batches of 1024 and 300 epochs (Section 4.1); small networks stand it at 128.
    learning_rate: float = 1e-3
    # A tenth of all steps: AdamW's first steps are large because its averages are still empty.
    warmup_fraction: float = 0.1
    # As in Section 4.1; on weight matrices only.
    weight_decay: float = 0.05
    # Section 4.1's recipe; keeps the network from growing ever surer of what it has learnt by heart.
    label_smoothing: float = 0.1
    # As in the authors' code: rare steep steps then do no harm.
    clip_norm: float = 1.0
    # Share of the old in a running mean of all weights, which is then tested and kept; 0 for none. The mean
    # is less noisy than the last weights, most of all while the learning rate is high.
    ema_decay: float = 0.0
    # None shifts by up to an eighth of the side: the usual 4 pixels for 32.
    crop_padding: int | None = None
    # None mirrors wherever a mirrored image keeps its class, which shapes do not.
    flip: bool | None = None
    # One change of place or colour for each image (`swin_edu.data.trivial_augment`); for long runs, too.
    trivial_augment: bool = False
    # Mixup and CutMix mix images and targets (0: none; Section 4.1 has 0.8 and 1.0). They and random erasing
    # pay in long runs, where a network would learn its images by heart; in short ones they slow it down.
    mixup_alpha: float = 0.0
    cutmix_alpha: float = 0.0
    # Part of the images that are mixed, where one of the two is above 0.
    mix_probability: float = 1.0
    # Part of the images that lose a rectangle (Section 4.1: 0.25).
    erasing_probability: float = 0.0

    # First weights, order, crops and stochastic depth all follow from it.
    seed: int = 0
    # "auto" takes the GPU if there is one.
    device: str = "auto"
    # "auto" is bfloat16 on GPUs that compute in it, because it is much faster there, and float32 elsewhere.
    precision: str = "auto"
    # torch.compile: minutes of waiting, then faster steps. The last, smaller batch of an
    # epoch is left out then, because compiled code is made for one size.
    compile: bool = False
    # One record in so many steps: reading a number makes a GPU wait until it is computed.
    record_every: int = 1
    # 0 leaves the number to PyTorch, which takes all cores.
    threads: int = 0
    # None takes all images; a small number is for trying things out.
    limit_train: int | None = None
    limit_test: int | None = None

    def __post_init__(self) -> None:
        def need(name: str, holds: bool, expected: str) -> None:
            if not holds:
                raise TrainingError(f"{name} must be {expected}, got {getattr(self, name)!r}")

        for setting in fields(self):
            kinds = _kinds(setting.type)
            words = " or ".join(_IN_WORDS[kind] for kind in kinds)
            need(setting.name, _fits(getattr(self, setting.name), kinds), words)
        for name in ("epochs", "batch_size", "accumulate", "record_every"):
            need(name, getattr(self, name) >= 1, "at least 1")
        for name in ("image_size", "limit_train", "limit_test"):
            need(name, getattr(self, name) is None or getattr(self, name) >= 1, "at least 1, or left out")
        need("learning_rate", 0 < self.learning_rate < float("inf"), "above 0")
        need("clip_norm", self.clip_norm > 0, "above 0")
        for name in ("weight_decay", "threads", "seed", "validation", "mixup_alpha", "cutmix_alpha"):
            need(name, getattr(self, name) >= 0, "0 or more")
        need("accumulate", self.accumulate <= self.batch_size, f"at most the batch size, {self.batch_size}")
        need("crop_padding", self.crop_padding is None or self.crop_padding >= 0, "0 or more")
        for name in ("warmup_fraction", "label_smoothing", "ema_decay"):
            need(name, 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        for name in ("mix_probability", "erasing_probability"):
            need(name, 0 <= getattr(self, name) <= 1, "from 0 to 1")
        need("optimizer", self.optimizer in OPTIMIZERS, f"one of {', '.join(OPTIMIZERS)}")
        need("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")


def settings_to_json(settings: TrainingSettings) -> str:
    """Settings as JSON, one a line.

    Args:
        settings: what to write.

    Returns:
        Text that `settings_from_json` reads back to equal settings.

    Example:
        >>> settings_from_json(settings_to_json(TrainingSettings(epochs=3))) == TrainingSettings(epochs=3)
        True
    """
    return json.dumps(asdict(settings), indent=2) + "\n"


def settings_from_json(text: str, origin: Path | str = "settings.json") -> TrainingSettings:
    """Settings back from JSON.

    Args:
        text: what `settings_to_json` wrote.
        origin: for messages.

    Returns:
        The settings.

    Raises:
        TrainingError: if the text is no JSON object, or has settings that do not exist or cannot work.

    Example:
        >>> settings_from_json('{"epochs": 3}').epochs
        3
    """
    try:
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"expected names with values, got {type(values).__name__}")
        unknown = set(values) - {setting.name for setting in fields(TrainingSettings)}
    except ValueError as error:
        raise TrainingError(f"{origin} is damaged: {error}. Start the run anew with --overwrite.") from error
    if unknown:
        raise TrainingError(
            f"{origin} names settings that this version does not know: {', '.join(sorted(unknown))}. "
            "It was written by another version of the course."
        )
    # JSON has no tuples; the network's settings want them.
    options = values.get("model_options", {})
    if isinstance(options, dict):
        values["model_options"] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    try:
        return TrainingSettings(**values)
    except TrainingError as error:
        raise TrainingError(f"{origin}: {error}") from error
