"""From a report to points: all for a right answer, up to half for one that is right in some cases.

The assignments' grade cells use it, and the grading of a whole class.
"""

import math

from swin_edu.exercises.report import Report


def marks(report: Report, points: float) -> float:
    """The points for an answer.

    Args:
        report: what a check found.
        points: for a right answer; at least 0.

    Returns:
        All of them if every case is right; else half of them times the share of right cases, rounded down
        to half points; 0 if none is right.

    Raises:
        ValueError: if `points` is negative or not finite.

    Example:
        >>> marks(Report("cut", False, "case 3 of 4", right=2, cases=4), 6)
        1.5
    """
    if not (math.isfinite(points) and points >= 0):
        raise ValueError(f"points should be a number from 0, got {points}")
    if report.passed:
        return float(points)
    share = report.right / report.cases if report.cases else 0.0
    return math.floor(points / 2 * share * 2) / 2
