"""A student's page of feedback: points by the exercises' names, and what nobody has marked yet is said so.

nbgrader's own page calls every exercise "Test cell", and an answer that waits for its marker has 0 points.
`Course.config` names both classes; the page itself is `templates/swin_feedback/index.html.j2`.
"""

from pathlib import Path
from typing import Any

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades
from traitlets.config import Config

__all__ = ["FeedbackExporter", "GetNamedGrades"]

OURS = Path(__file__).with_name("templates")
NBGRADERS = Path(nbgrader.__file__).with_name("server_extensions") / "formgrader" / "templates"


class GetNamedGrades(GetGrades):
    """nbgrader's step that reads points and comments from the gradebook, with names for what is graded."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Write into each cell what the page says of it.

        Args:
            nb: a graded submission.
            resources: of nbconvert; gets the number of answers that nobody has marked.

        Returns:
            Both; the cells are changed in place.
        """
        nb, resources = super().preprocess(nb, resources)
        graded = [cell.metadata.nbgrader for cell in nb.cells if "nbgrader" in cell.metadata]
        for notes in graded:
            if notes.get("grade") or notes.get("solution"):
                notes["title"] = title_of(notes)
        resources["nbgrader"]["unmarked"] = sum(bool(notes.get("unmarked")) for notes in graded)
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader.grade_id, self.notebook_id, self.assignment_id, self.student_id
        )
        cell.metadata.nbgrader["unmarked"] = bool(grade.needs_manual_grade)


class FeedbackExporter(HTMLExporter):
    """nbgrader's page for a student, by the course's template."""

    def __init__(self, *, config: Config, **options: Any) -> None:
        # Into the settings, where nbgrader names its own template for every exporter of HTML.
        own = Config()
        own.FeedbackExporter.template_name = "swin_feedback"
        own.FeedbackExporter.extra_template_basedirs = [str(OURS)]
        own.FeedbackExporter.extra_template_paths = [
            *config.HTMLExporter.get("extra_template_paths", ()),
            str(NBGRADERS),  # ours is made from a template there
        ]
        settings = config.copy()
        settings.merge(own)
        super().__init__(config=settings, **options)


def title_of(notes: dict) -> str:
    """What a page calls a graded cell.

    Args:
        notes: nbgrader's metadata of the cell.

    Returns:
        The name of the exercise or the question, and whether it is the answer or its check.

    Example:
        >>> title_of({"grade_id": "mask_any_points", "grade": True})
        'Exercise mask_any'
        >>> title_of({"grade_id": "mask_any", "solution": True})
        'Your answer: mask_any'
        >>> title_of({"grade_id": "why_a_mask", "grade": True, "solution": True})
        'Question why_a_mask'
    """
    name = notes["grade_id"]
    if notes.get("grade") and notes.get("solution"):
        return f"Question {name}"
    return f"Exercise {name.removesuffix('_points')}" if notes.get("grade") else f"Your answer: {name}"
