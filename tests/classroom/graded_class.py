"""A class that was graded by nbgrader alone: nothing is run, outputs count as they were handed in."""

import nbformat

from swin_edu.classroom.course import Course

from .conftest import NAME

SCRIPT = "<script>steal()</script><img src=x onerror='steal()'><a href='javascript:steal()'>x</a>"
STUDENTS = ("ada", "bo")


def hand_in(course: Course, student: str, answer: str, output: str) -> None:
    """A submission whose check printed something and whose question is answered."""
    notebook = nbformat.read(course.release / NAME / f"{NAME}.ipynb", as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["why"].source = answer
    cells["mask_1d"].source = "def my_mask(length, M, s):\n    return 'of " + student + "'"
    result = nbformat.v4.new_output("execute_result", {"text/plain": "2.5"}, execution_count=1)
    shown = nbformat.v4.new_output("display_data", {"text/html": output, "text/markdown": output})
    wide = {"image/png": {"width": "1 onerror=steal()"}}
    picture = nbformat.v4.new_output("display_data", {"image/png": "QUJD"}, metadata=wide)
    vector = nbformat.v4.new_output("display_data", {"image/svg+xml": f"<svg>{output}</svg>"})
    cells["mask_1d_points"].outputs = [
        nbformat.v4.new_output("stream", text="nearly"),
        shown,
        picture,
        vector,
        result,
    ]
    path = course.submitted / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def graded_as_handed_in(course: Course) -> Course:
    """Every student hands in answers and outputs with scripts in them, and nbgrader takes them so."""
    for student in STUDENTS:
        hand_in(course, student, f"because {SCRIPT} of {student}", SCRIPT)
    api, config = course.api(), course.config()
    config.Autograde.autograde_preprocessors.remove("swin_edu.classroom.isolated_execute.IsolatedExecute")
    config.Autograde.sanitize_preprocessors.remove("nbgrader.preprocessors.ClearOutput")
    config.Autograde.exporter_class = "nbconvert.exporters.NotebookExporter"
    api.update_config(config)
    for student in STUDENTS:
        outcome = api.autograde(NAME, student)
        assert outcome["success"], outcome
    return course
