"""What can go wrong with data, as two exceptions whose messages say which file, which row and what to do.

Used by every module of `swin_edu.data`; the command line shows the message without a traceback.
"""


class DataError(RuntimeError):
    """Data cannot be used; the message names the file or folder and the way out.

    Example:
        >>> raise DataError("no labels")
        Traceback (most recent call last):
        swin_edu.data.errors.DataError: no labels
    """


class MissingDataError(DataError):
    """The data is not on this machine; the message says which command brings it.

    Example:
        >>> issubclass(MissingDataError, DataError)
        True
    """


class BrokenDataError(DataError):
    """A file is there but truncated, damaged or of another kind; it is never trained on.

    Example:
        >>> issubclass(BrokenDataError, DataError)
        True
    """
