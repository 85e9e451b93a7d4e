"""`python benchmarks/grading.py`: how long `swin-edu grade` takes for a whole class, step by step.

The class is made up: every kind of answer in turn, right in several styles, half right, with known mistakes;
each student's file is another one, so nothing is taken from before.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from swin_edu.classroom.course import Course
from swin_edu.classroom.grading import grade_class
from swin_edu.classroom.made_up_class import make_class
from swin_edu.classroom.releasing import release
from swin_edu.classroom.sandbox import find_sandbox

HERE = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Make a class, grade it, grade it again, and print the times.

    Args:
        arguments: as on the command line, without the program's name; by default those.

    Returns:
        0 when everybody was graded.
    """
    options = _options().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder) / "assignments")
        course.src.mkdir(parents=True)
        name = Course(HERE / "assignments").choose(options.assignment)[0]
        shutil.copy(HERE / "assignments" / "src" / f"{name}.py", course.src)
        release(course, name)
        _hand_in(course, name, options.students, options.hostile)
        steps: dict[str, float] = {}
        begun = time.perf_counter()

        def progress(what: str, done: int, of: int) -> None:
            steps.setdefault(what, time.perf_counter() - begun)
            if done % 20 == 0:
                print(f"{time.perf_counter() - begun:7.1f} s  {what} {done} of {of}", file=sys.stderr)

        graded = grade_class(
            course, name, jobs=options.jobs, isolation=find_sandbox().isolated, progress=progress
        )
        whole = time.perf_counter() - begun
        again = time.perf_counter()
        grade_class(course, name, jobs=options.jobs)
        print(
            json.dumps(
                {
                    "assignment": name,
                    "students": len(graded.results.students),
                    "processes": options.jobs,
                    "cores": len(os.sched_getaffinity(0)),
                    "load_at_the_end": os.getloadavg()[0],
                    "seconds": round(whole, 1),
                    "seconds_until_all_were_graded": round(steps.get("feedback", whole), 1),
                    "seconds_of_the_second_time": round(time.perf_counter() - again, 1),
                    "not_graded": graded.troubles,
                },
                indent=1,
            )
        )
    return 1 if graded.troubles else 0


def _hand_in(course: Course, name: str, students: int, hostile: bool) -> None:
    """Twenty kinds, again and again; hostile ones only if asked for: their time limits are all they cost."""
    folder = course.root.parent / "made_up"
    kinds = [one for one in make_class(course, name, folder) if hostile or not one.look]
    for k in range(students):
        notebook = json.loads(kinds[k % len(kinds)].data)
        words = f"# student {k}"
        notebook["cells"].append({"cell_type": "code", "id": f"s{k}", "metadata": {}, "source": words})
        place = course.submitted / f"student_{k:03}" / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(notebook), encoding="utf-8")


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--assignment", default="2")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--hostile", action="store_true", help="endless loops and broken files, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
