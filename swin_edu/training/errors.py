"""What can stop a training run, as one exception whose message says why and how to go on.

Used by every module of `swin_edu.training`; the command line shows the message without a traceback.
"""


class TrainingError(RuntimeError):
    """A run cannot start or go on; the message says what to do.

    Example:
        >>> raise TrainingError("the loss is nan")
        Traceback (most recent call last):
        swin_edu.training.errors.TrainingError: the loss is nan
    """
