"""What nbgrader said when it could not do something, without what only its authors need.

Releasing and giving feedback use it for their messages.
"""

import re
from typing import Any

__all__ = ["reasons"]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LINES = 6


def reasons(outcome: dict[str, Any]) -> str:
    """The errors of a run of nbgrader, as indented lines.

    Args:
        outcome: what a function of `NbGraderAPI` returned.

    Returns:
        At most a handful of lines, without tracebacks.

    Example:
        >>> print(reasons({"success": False, "log": "[INFO] x\\n[ERROR] Duplicate grade id: a\\n[INFO] y"}))
          Duplicate grade id: a
    """
    log = COLOUR.sub("", outcome.get("log", ""))
    errors = re.findall(r"^\[ERROR\] (.*(?:\n(?!\[).*)*)", log, re.M)
    told = []
    for error in errors:
        if error.startswith("Traceback"):  # the last line says what happened; it may have lines below it
            told.append(re.split(r"\n(?=\S|    \S)", error.strip())[-1].strip())
        elif not error.startswith(("There was an error", "Please see")):
            told.append(error.strip())
    if not told:
        told = [outcome.get("error", "nbgrader gave no reason").strip().split("\n")[-1]]
    return "\n".join(f"  {line}" for line in dict.fromkeys(told[:LINES]))
