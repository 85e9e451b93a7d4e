"""The course of a teacher: where everything lies, which assignments there are, how nbgrader is set up.

Every command of the classroom starts with `Course.find()`; nbgrader's own pages and command line get the same
settings through `assignments/nbgrader_config.py`.
"""

import hashlib
import hmac
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from swin_edu.classroom.sources import Source, read_source

if TYPE_CHECKING:  # learners need neither
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import Config

__all__ = ["COURSE_ID", "INSTALL", "ClassroomError", "Course", "find_own_programs"]

COURSE_ID = "swin"
FOLDER = "assignments"
STUB = "# Your code here. Take your time.\n..."
ANSWER = "*Your answer here.*"
INSTALL = 'nbgrader is not installed: run `pip install "swin-edu[classroom]"`.'

_NBGRADER = "nbgrader.preprocessors."
SANITIZE = [
    _NBGRADER + name
    for name in (
        "ClearOutput",
        "DeduplicateIds",
        "OverwriteKernelspec",
        "OverwriteCells",
        "CheckCellMetadata",
    )
]
AUTOGRADE = [
    "swin_edu.classroom.isolated_execute.IsolatedExecute",  # in the place of nbgrader's own Execute
    "swin_edu.classroom.safe_pages.CleanOutputs",
    _NBGRADER + "IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    *(
        _NBGRADER + name
        for name in ("LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")
    ),
]
FEEDBACK = [
    "swin_edu.classroom.feedback_pages.GetNamedGrades",
    "swin_edu.classroom.safe_pages.CleanOutputs",
    # What the teacher's version put back, and students are not to pass on to the next class.
    _NBGRADER + "ClearHiddenTests",
    _NBGRADER + "ClearMarkScheme",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]


class ClassroomError(RuntimeError):
    """What a teacher can mend; the text says what is wrong and what to do."""


@dataclass(frozen=True)
class Course:
    """The folder `assignments/` of a teacher.

    Args:
        root: the folder that holds `src/`; all others are made in it.

    Example:
        >>> Course(Path("assignments")).gradebook.as_posix()
        'assignments/gradebook.db'
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Course":
        """The course of this checkout, or of the one that the current folder lies in.

        Args:
            start: where to look instead; only this folder and those above it are searched.

        Raises:
            ClassroomError: there is none.
        """
        from swin_edu.places import course_folder

        checkout = course_folder(start)
        if checkout is None or not (checkout / FOLDER / "src").is_dir():
            raise ClassroomError(
                "The assignments are not here: they come with the repository, not with the package. "
                "Clone it, and run this inside it."
            )
        return cls(checkout / FOLDER)

    @property
    def src(self) -> Path:
        """Texts, written by people."""
        return self.root / "src"

    @property
    def source(self) -> Path:
        """nbgrader's source notebooks, with solutions; built from `src`."""
        return self.root / "source"

    @property
    def release(self) -> Path:
        """What students get."""
        return self.root / "release"

    @property
    def submitted(self) -> Path:
        """What students handed in: `STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`."""
        return self.root / "submitted"

    @property
    def earlier(self) -> Path:
        """Submissions that a later one took the place of; nothing is ever deleted here."""
        return self.root / "earlier"

    @property
    def autograded(self) -> Path:
        """Submissions with what the grading put in."""
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        """nbgrader's pages for students."""
        return self.root / "feedback"

    @property
    def results(self) -> Path:
        """Tables, the teacher's page, and what is given back to students."""
        return self.root / "results"

    @property
    def gradebook(self) -> Path:
        """nbgrader's data base."""
        return self.root / "gradebook.db"

    @property
    def secret_file(self) -> Path:
        """What the hidden cases are drawn from; readable by its owner only."""
        return self.root / ".secret"

    def names(self) -> list[str]:
        """The assignments, in order."""
        return sorted(path.stem for path in self.src.glob("[0-9]*_*.py"))

    def choose(self, wanted: str) -> list[str]:
        """The assignments that somebody names.

        Args:
            wanted: a number (`2`), a whole name (`2_shifted_windows`), or `all`.

        Returns:
            Their names; at least one.

        Raises:
            ClassroomError: nothing is called that, and what there is.
        """
        names = self.names()
        wanted = wanted.removesuffix(".py").removesuffix(".ipynb")
        chosen = names if wanted == "all" else [n for n in names if wanted in (n, n.split("_")[0])]
        if not chosen:
            raise ClassroomError(f"No assignment is called {wanted!r}; there are: {', '.join(names)}.")
        return chosen

    def read(self, name: str) -> Source:
        """The text of an assignment.

        Args:
            name: as `names()` gives it.
        """
        return read_source(self.src / f"{name}.py")

    def secret(self) -> str:
        """The course's secret; made, and kept for its owner alone, when it is first asked for.

        Raises:
            ClassroomError: the file is empty.
        """
        try:
            place = os.open(self.secret_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            secret = self.secret_file.read_text().strip()
            if not secret:
                raise ClassroomError(f"{self.secret_file} is empty: delete it, and run this again.") from None
            return secret
        secret = secrets.token_hex(32)
        with os.fdopen(place, "w") as file:
            file.write(secret + "\n")
        return secret

    def seed(self, name: str, exercise: str) -> int:
        """What the hidden cases of an exercise are drawn with; the same for every student of a course.

        Args:
            name: of the assignment.
            exercise: its name.

        Returns:
            A number that nobody can guess who does not have the secret.
        """
        words = f"{name}/{exercise}".encode()
        return int.from_bytes(hmac.digest(self.secret().encode(), words, hashlib.sha256)[:8], "big")

    def config(self) -> "Config":
        """The settings of nbgrader: where things lie, what a student sees, how grading is isolated.

        Returns:
            A traitlets Config, for `NbGraderAPI(config=...)` and for `nbgrader_config.py`.
        """
        from traitlets.config import Config

        config = Config()
        config.CourseDirectory.course_id = COURSE_ID
        config.CourseDirectory.root = str(self.root.resolve())
        config.ClearSolutions.code_stub = {"python": STUB}
        config.ClearSolutions.text_stub = ANSWER
        # Marking notes stand in the locked cell of the question, not in a cell of nbgrader's kind "task".
        config.ClearMarkScheme.enforce_metadata = False
        config.GenerateAssignment.preprocessors = [
            "swin_edu.classroom.guards.CheckSource",
            *(_NBGRADER + pre for pre in _RELEASE),
            "swin_edu.classroom.guards.CheckRelease",
        ]
        config.Autograde.exporter_class = "swin_edu.classroom.isolated_execute.SubmissionExporter"
        config.Autograde.sanitize_preprocessors = [*SANITIZE]
        config.Autograde.autograde_preprocessors = [*AUTOGRADE]
        config.GenerateFeedback.preprocessors = [*FEEDBACK]
        config.GenerateFeedback.exporter_class = "swin_edu.classroom.feedback_pages.FeedbackExporter"
        # A student's cell may print a script; it must run neither in the teacher's browser nor in another's.
        config.HTMLExporter.sanitize_html = True
        config.HTMLExporter.filters = {"markdown2html": "swin_edu.classroom.safe_pages.markdown_to_safe_html"}
        config.FormgradeExtension.debug = False  # else its first page shows all of this
        return config

    def api(self) -> "NbGraderAPI":
        """nbgrader, set up for this course.

        Raises:
            ClassroomError: it is not installed; says how to get it.
        """
        try:
            from nbgrader.apps.api import NbGraderAPI
            from nbgrader.coursedir import CourseDirectory
        except ImportError:
            raise ClassroomError(INSTALL) from None
        find_own_programs()
        config = self.config()
        return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


def find_own_programs() -> None:
    """Have this environment's programs found, as if it were activated: nbgrader calls `alembic` by its name.

    Example:
        >>> find_own_programs(); str(Path(sys.executable).parent) in os.environ["PATH"].split(os.pathsep)
        True
    """
    own, places = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath).split(os.pathsep)
    if own not in places:
        os.environ["PATH"] = os.pathsep.join([own, *places])


_RELEASE = (
    "IncludeHeaderFooter",
    "LockCells",
    "ClearSolutions",
    "ClearOutput",
    "CheckCellMetadata",
    "ComputeChecksums",
    "SaveCells",
    "ClearHiddenTests",
    "ClearMarkScheme",
    "ComputeChecksums",
    "CheckCellMetadata",
)
