"""nbgrader's grading, in isolation: how it reads a submission, and what it does in the place of running it.

`Course.config()` names both, so `nbgrader autograde`, the button of nbgrader's own pages and `swin-edu grade`
all grade like that.
"""

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from swin_edu.classroom.course import Course
from swin_edu.classroom.sandbox import Sandbox, find_sandbox
from swin_edu.classroom.tasks import assignment_of
from swin_edu.classroom.verdicts import Graded, digest_of, grade, put_verdicts

__all__ = ["IsolatedExecute", "SubmissionExporter"]


class SubmissionExporter(NotebookExporter):
    """Reads a submission, whatever is in the file: every cell of the assignment is there afterwards."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Mend what a student handed in; nbgrader's own steps find a notebook without surprises.

        Args:
            filename: of the notebook.
            resources: nbgrader's.
            options: nbconvert's.
        """
        # nbgrader reads each submission twice; the second time it is its own copy.
        if not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources=resources, **options)
        file = Path(filename)
        if file.is_symlink():  # to the solutions, say
            raise ValueError(f"{file} is a link; it is not followed")
        assignment = assignment_of(_root(self), resources["nbgrader"]["assignment"])
        notebook = assignment.mend(file.read_bytes()).notebook
        return self.from_notebook_node(notebook, resources=resources, **options)


class IsolatedExecute(NbGraderPreprocessor):
    """Runs the student's cells in isolation, judges the answers outside, and writes the points."""

    isolation = Bool(
        True, help="False runs students' code with all that you may do. See assignments/README.md"
    ).tag(config=True)
    known = Bool(False, help="Whether a verdict from before is taken where nothing changed").tag(config=True)

    def preprocess(
        self, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade a notebook that nbgrader has prepared.

        Args:
            notebook: as `SubmissionExporter` made it.
            resources: nbgrader's: whose it is, and of which assignment.

        Raises:
            NoSandbox: nothing here can isolate students' code; says what to install.
        """
        course = Course(_root(self))
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        assignment = assignment_of(course.root, name)
        sandbox = find_sandbox() if self.isolation else Sandbox(None)
        file = Graded.file(course, name, student)
        graded = Graded.load(file) if self.known else None
        if graded is None or graded.digest != digest_of(assignment, notebook, sandbox.isolated):
            graded = grade(assignment, student, notebook, sandbox)
            graded.save(file)
        put_verdicts(notebook, graded)
        return notebook, resources


def _root(part: NotebookExporter | NbGraderPreprocessor) -> Path:
    return Path(part.config.CourseDirectory.root)
