"""A small class for the tests of the teacher's page, with names and messages that try to break it."""

from swin_edu.classroom.results import Answer, Result, Results
from swin_edu.exercises.judging import HIDDEN, NOT_WRITTEN

NAME = "9_far"
EVIL = "<script>document.title='GOT IT'</script><img src=x onerror=\"document.title='GOT IT'\">"
# Closes what it could be in: an attribute, an element, a comment, a style, the page's own script.
CLOSING = "\"'></bdi></td></script></style>--><svg onload=\"document.title='GOT IT'\">\u202egnp"


def result(student: str, exercise: str, right: int = 0, mistake: str | None = None, **more: str) -> Result:
    """Of an exercise for 6 points with 7 cases."""
    points = 6.0 if right == 7 else right / 2
    message = more.get("message", "right! (7 cases)" if right == 7 else "case 1 of 3: expected 2, got 1")
    return Result(student, NAME, exercise, points, 6.0, right, 7, mistake, message, more.get("trouble", ""))


def strangers() -> Results:
    """Eight who handed in, one of them no notebook; each kind of outcome is there."""
    return Results(
        NAME,
        (
            *(result(student, "mask_1d", 7) for student in ("ada", "bo", "chen", "dilek", "emre", EVIL)),
            result(CLOSING, "mask_1d", trouble=f"cell 3: {EVIL}"),
            result("ada", "mask_any", 7),
            result("bo", "mask_any", 1, "rows_only"),
            result("chen", "mask_any", 1, "rows_only"),
            result("dilek", "mask_any", 0, "inverted"),
            result("emre", "mask_any", 3, message=HIDDEN),
            result(EVIL, "mask_any", message=f"case 1 of 3, mask_any(8, 12) raised KeyError: {EVIL}"),
            result(CLOSING, "mask_any", message=NOT_WRITTEN),
        ),
        (Answer("ada", "why", 2.0, 3.0), Answer("bo", "why", None, 3.0), Answer(EVIL, "why", 0.0, 3.0)),
        {"zoë": (f"The file is no notebook: {CLOSING}",)},
    )
