"""Make nbgrader's source notebooks from the texts in `assignments/src`: always the same bytes.

`python assignments/build.py` builds all and the table in the guide, `python assignments/build.py 2` one;
`--check` writes nothing and only says what is wrong. `swin-edu release` builds too, and makes the students'
version.
"""

import argparse
import sys
from pathlib import Path

from swin_edu.classroom.course import ClassroomError, Course
from swin_edu.classroom.overview import with_overview
from swin_edu.classroom.releasing import build, inspect_source

FOLDER = Path(__file__).resolve().parent
COURSE = Course(FOLDER)


def main(arguments: list[str] | None = None) -> int:
    """Build or check; the exit status is 1 where a source has something to be mended."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("assignments", nargs="*", default=["all"], help="numbers or names; else all")
    parser.add_argument("--check", action="store_true", help="write nothing; say what is wrong")
    options = parser.parse_args(arguments)
    try:
        names = [name for wanted in options.assignments for name in COURSE.choose(wanted)]
    except ClassroomError as error:
        raise SystemExit(str(error)) from None
    status = 0
    for name in names:
        findings = inspect_source(COURSE, name)
        for finding in findings:
            print(finding)
        if findings:
            status = 1
        elif options.check:
            print(f"{name}: ready for a release")
        else:
            print(f"{build(COURSE, name).relative_to(COURSE.root)}: built")
    guide = FOLDER / "README.md"
    if not options.check and guide.exists():
        guide.write_text(with_overview(guide.read_text(encoding="utf-8"), COURSE), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
