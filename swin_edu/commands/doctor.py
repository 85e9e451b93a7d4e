"""`swin-edu doctor`: says line by line what is good on this machine, and what to do about the rest.

`00_start_here` tells the reader to run it first; the checks themselves are in `checks.py`.
"""

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swin_edu.commands.checks import CHECKS, INSTALL, Finding

__all__ = ["doctor", "examine"]

MARKS = {"good": ("ok", "green"), "optional": ("--", "yellow"), "missing": ("NO", "bold red")}


def doctor() -> None:
    """Check this machine: Python, PyTorch, GPU, Jupyter, widgets, disk, data, and what the tests need.

    Prints one line for each check. The exit code is 1 only if something is missing that the lessons need.

    Raises:
        typer.Exit: with code 1 when something needed is missing.

    Examples:
        >>> [finding.subject for finding in examine()][:3]
        ['Python', 'PyTorch', 'packages']
    """
    findings = examine()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark, style = MARKS[finding.state]
        words = Text(finding.detail)
        if finding.remedy:
            words.append(f"\n-> {finding.remedy}", style=style)
        table.add_row(Text(mark, style=style), finding.subject, words)
    console = Console()
    console.print(table)
    missing = [finding.subject for finding in findings if finding.state == "missing"]
    if missing:
        console.print(f"\nNeeded and missing: {', '.join(missing)}.", style="bold red", highlight=False)
        raise typer.Exit(1)
    console.print("\nEverything the lessons need is here.", style="green", highlight=False)


def examine() -> list[Finding]:
    """Run every check.

    Returns:
        One finding for each check, in the order in which they are shown. A check that fails in a way nobody
        foresaw becomes a finding too, so that one broken package does not hide the other lines.

    Examples:
        >>> {finding.state for finding in examine()} <= {"good", "optional", "missing"}
        True
    """
    findings = []
    for subject, check in CHECKS.items():
        try:
            findings.append(check())
        except Exception as error:
            detail = f"the check itself failed: {type(error).__name__}: {error}"
            findings.append(Finding(subject, "missing", detail, INSTALL))
    return findings
