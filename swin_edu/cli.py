"""The command `swin-edu`: doctor, lab, data, train, evaluate, compare; and more for teachers.

Each command is one module in `swin_edu/commands/`; `00_start_here` shows how they are used.
"""

from typing import Annotated

import typer

from swin_edu.commands.collect import collect
from swin_edu.commands.compare import compare
from swin_edu.commands.data import data
from swin_edu.commands.doctor import doctor
from swin_edu.commands.evaluate import evaluate
from swin_edu.commands.feedback import feedback
from swin_edu.commands.grade import grade
from swin_edu.commands.lab import lab
from swin_edu.commands.messages import help_text
from swin_edu.commands.practice import practice
from swin_edu.commands.release import release
from swin_edu.commands.train import train

__all__ = ["app"]

app = typer.Typer(
    name="swin-edu",
    no_args_is_help=True,
    rich_markup_mode="rich",
    # A traceback with every local variable hides the message from the learner it is meant for.
    pretty_exceptions_show_locals=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"swin-edu {version('swin-edu')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop."),
    ] = False,
) -> None:
    """The Swin Transformer course: check this machine, open the lessons, bring data, train, evaluate."""


for command in (doctor, lab, train, evaluate, compare):
    app.command(help=help_text(command))(command)
app.add_typer(data, name="data")
for command in (release, collect, grade, feedback, practice):
    app.command(help=help_text(command), rich_help_panel="For teachers")(command)

if __name__ == "__main__":
    app()
