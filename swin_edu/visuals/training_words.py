"""What a training dashboard says in words: how far the run is, what it has reached, how long it will take.

Notebook 08's TrainingDashboard says it below its panels and aloud, and its picture for those who cannot see.
"""

from typing import Literal

from swin_edu.visuals.sample_predictions import SamplePredictions
from swin_edu.visuals.training_curves import TrainingCurves

Phase = Literal["waiting", "running", "paused", "stopped", "finished", "failed"]


def duration(seconds: float) -> str:
    """A time in words, as exact as it is useful.

    Example:
        >>> [duration(seconds) for seconds in (0.4, 42, 200, 7000)]
        ['1 s', '42 s', '3 min 20 s', '1 h 57 min']
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def about(seconds: float) -> str:
    """A time that is only guessed, in steps that do not flicker.

    Example:
        >>> [about(seconds) for seconds in (3, 42, 200, 7000)]
        ['a few seconds', 'about 40 s', 'about 3 min', 'about 2 h']
    """
    if seconds < 7.5:
        return "a few seconds"
    if seconds < 52.5:
        return f"about {round(seconds / 5) * 5} s"
    if seconds < 57 * 60:
        minutes = max(1, round(seconds / 60))
        return f"about {minutes} min"
    hours = round(seconds / 1800) / 2
    return f"about {hours:g} h"


def describe_training(curves: TrainingCurves, samples: SamplePredictions | None, phase: Phase) -> str:
    """Say what the dashboard shows now.

    Args:
        curves: what came until now.
        samples: the strip of test images; None without one.
        phase: what the run does.

    Example:
        >>> describe_training(TrainingCurves(epochs=3), None, "waiting")
        'Waiting for the first step of the loop.'
    """
    if curves.step is None and curves.epoch is None:
        return "Waiting for the first step of the loop." if phase in ("waiting", "running") else _END[phase]
    parts = [_head(curves, phase)]
    if curves.epoch is not None:
        test, train = (
            f"{100 * part:.1f} %" for part in (curves.epoch.test_accuracy, curves.epoch.train_accuracy)
        )
        parts.append(
            f"After epoch {curves.epoch.epoch}, {test} of the test images are named rightly, and {train} of "
            "the training images."
        )
    if samples is not None and samples.moments:
        parts.append(
            f"Of the {len(samples.labels)} test images shown, {samples.right_now} are named rightly."
        )
    return " ".join(parts)


_END = {
    "paused": "Paused.",
    "stopped": "Stopped before the end.",
    "finished": "Training is done.",
    "failed": "Training ended with an error.",
}


def _head(curves: TrainingCurves, phase: Phase) -> str:
    of = f" of {curves.epochs}" if curves.epochs else ""
    if phase == "finished":
        return _END[phase]
    epoch_is_over = curves.epoch is not None and curves.place == curves.epoch.epoch
    if epoch_is_over:
        where = f"epoch {curves.epoch.epoch}{of} is done"
    else:
        step = curves.step
        where = (
            f"epoch {step.epoch}{of}, step {step.step} of {step.steps}, loss {step.loss:.3g} in this batch"
        )
    if phase in ("stopped", "failed", "paused"):
        return f"{_END[phase][:-1]}: {where}."
    return f"{where[0].upper()}{where[1:]}."
