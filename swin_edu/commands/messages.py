"""What the commands say: their help, and how they end when something cannot work.

Used by `swin_edu/cli.py`, `swin-edu train` and `swin-edu data`.
"""

import inspect
from collections.abc import Callable
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

__all__ = ["help_text", "stop_with"]

_SECTIONS = ("Args:", "Raises:", "Returns:", "Example:", "Examples:")


def help_text(command: Callable) -> str:
    """The part of a command's docstring that is meant for its users, one line a paragraph.

    Args:
        command: a function with a docstring; its sections for readers of the code are left out.

    Returns:
        Text for Typer, which wraps it to the terminal by itself.

    Example:
        >>> help_text(help_text)
        "The part of a command's docstring that is meant for its users, one line a paragraph."
    """
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    meant = [text for text in paragraphs if not text.startswith(_SECTIONS)]
    return "\n\n".join(" ".join(text.split()) for text in meant)


def stop_with(error: BaseException, console: Console) -> NoReturn:
    """Print what is wrong and leave.

    Args:
        error: its text says what is wrong and what to do.
        console: where to print, usually standard error.

    Raises:
        typer.Exit: always, with code 1.

    Example:
        >>> stop_with(ValueError("no"), Console(quiet=True))  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        typer.Exit: 1
    """
    console.print(Text("Error: ", style="bold red").append(str(error), style="default"), soft_wrap=True)
    raise typer.Exit(1)
