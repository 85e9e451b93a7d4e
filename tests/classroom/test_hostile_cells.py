"""Hostile cells that leave their process alive: all in one submission, each its own case.

Whatever they try, the notebook goes on, nothing outside is touched, and the honest cell at the end works.
What ends the process, or has to be ended, is in test_hostile_processes.py.
"""

import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from swin_edu.classroom.session import Limits, Question, SubmissionRun, run_submission

pytestmark = pytest.mark.xdist_group("hostile_cells")  # one worker makes the slow fixtures, once

BAIT = "bait-that-nobody-inside-may-see"
LIMITS = Limits(
    cell_seconds=4,
    case_seconds=3,
    memory_bytes=400 * 2**20,
    folder_bytes=8 * 2**20,
    output_bytes=400_000,
)
NO_PROCESS = ("error", "PermissionError")

# The first cell of the submission: what the others use.
TOOLS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    return errno.errorcode.get(ctypes.get_errno(), "done") if result == -1 else "done"
import platform
numbers = 0 if platform.machine() == "x86_64" else 1
"""

# What is tried: the cell, its status, and a pattern in what it shows. In cells with "{bait}", "{port}" or
# "{abstract}" that is filled in.
ATTEMPTS: dict[str, tuple[str, str, str]] = {
    "endless loop": ("while True: pass", "stopped", "TimeLimit"),
    "fork bomb": (
        """import os
while True: os.fork()""",
        *NO_PROCESS,
    ),
    "fork by system calls": (
        """
print([call(n, 0, 0, 0, 0, 0) for n in ([57, 58, 56, 435] if numbers == 0 else [220, 435])])
print(call(56 if numbers == 0 else 220, 0x10000000 | 17, 0, 0, 0, 0))  # with a new user namespace
""",
        "ok",
        r"'EPERM', 'ENOSYS'\]\nEPERM",
    ),
    "subprocess": ("import subprocess; subprocess.run(['/usr/bin/python3', '-c', '1'])", *NO_PROCESS),
    "os.system": ("import os; print(os.system('echo hello'))", "ok", "32512"),
    "shell magic": ("!echo hello", "error", "OSError"),
    "posix_spawn": (
        "import os, sys; os.posix_spawn(sys.executable, [sys.executable, '-c', '1'], {})",
        *NO_PROCESS,
    ),
    "multiprocessing": ("import multiprocessing; multiprocessing.Process(target=print).start()", *NO_PROCESS),
    "sys.exit": ("import sys; sys.exit(0)", "error", "SystemExit"),
    "kill the parent": (
        """
import os
for process in (os.getppid(), 1, -1):
    try: os.kill(process, 9)
    except OSError: pass
print('alive', os.getppid())
""",
        "ok",
        "alive 1",
    ),
    "memory bomb": (
        """held = []
while True: held.append(bytearray(2**24))""",
        "error",
        "MemoryError",
    ),
    "tensor bomb": (
        """held = None
import torch; torch.ones(2**34)""",
        "error",
        "can't allocate memory",
    ),
    "shared memory bomb": (
        """
import mmap
held = []
while True: held.append(mmap.mmap(-1, 2**26)); held[-1][::4096] = bytes(2**14)
""",
        "error",
        "Cannot allocate memory",
    ),
    "memory outside of the process": (
        """
held = None
memfd, shared, secret = [(319, 29, 447), (279, 194, 447)][numbers]
print(call(memfd, b"x", 0), call(shared, 0, 2**20, 0o1600), call(secret, 0))
open('/dev/shm/x', 'w')
""",
        "error",
        r"EPERM EPERM EPERM\b[\s\S]*Read-only file system",
    ),
    "flood of output": ("while True: print('x' * 1000)", "stopped", r"xxx\n.*left out"),
    "huge result": ("'y' * 10**8", "ok", "^.{0,10100}$"),
    "write everywhere": (
        """
import os, sys, torch
places = ['/', '/course', '/course/swin_edu', '/usr/lib', '/etc', '/dev', '/dev/shm', '/work', '/root']
places += ['/home', '/proc/sys/kernel', '/proc/self', '/sys', os.path.dirname(torch.__file__)]
places += [os.path.dirname(sys.executable)]
for place in places:
    for name in ('new', 'core_pattern', 'oom_score_adj', 'null/../x'):
        try: open(f'{place}/{name}', 'w').write('1'); print('GOT IT', place, name)
        except OSError: pass
try: os.chmod('/course', 0o777); print('GOT IT')
except OSError: print('done')
""",
        "ok",
        r"^\s*done\s*$",
    ),
    "fill the disk": (
        """
import os
written = 0
try:
    for n in range(1000):
        with open(f'big{n}', 'wb') as file: written += file.write(bytes(2**20))
except OSError as error: print(error)
print(written)
for n in range(1000):
    if os.path.exists(f'big{n}'): os.remove(f'big{n}')
""",
        "ok",
        r"No space left on device\n(7\d{6}|8388608)\n",
    ),
    "one huge file": ("f = open('sparse', 'wb'); f.truncate(2**40)", "error", "File too large"),
    "read the bait": (
        """
import os
for path in {bait}:
    try: print('GOT IT', open(path).read())
    except OSError: pass
    try: print('LISTED', os.listdir(os.path.dirname(path)))
    except OSError: pass
""",
        "ok",
        "",
    ),
    "search all files": (
        """
import os
for folder, folders, files in os.walk('/'):
    if folder == '/': folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'lib', 'lib64')]
    folders[:] = [f for f in folders if f != 'site-packages']
    for name in files + folders:
        if 'bait' in name or name in ('gradebook.db', '.secret', '.git', 'judging.py', 'session.py'):
            print('GOT IT', folder, name)
names = [f for part in ('classroom', 'exercises') for f in os.listdir(f'/course/swin_edu/{part}')]
print(sorted(name for name in names if name[:2] != '__' and not name.startswith('inside')))
""",
        "ok",
        r"^\s*\['channel.py', 'memory.py', 'packed.py', 'unpacking.py', 'wire.py'\]\s*$",
    ),
    "symlinks": (
        """
import os
for n, path in enumerate({bait}):
    os.symlink(path, f'link{n}')
    try: print('GOT IT', open(f'link{n}').read())
    except OSError: pass
os.symlink('/proc/1/root', 'root')
try: print(sorted(os.listdir('root')) == sorted(os.listdir('/')))
except OSError: print(True)
""",
        "ok",
        "True",
    ),
    "the installed library": (
        """
import os, sys
from swin_edu import exercises
copies = [p for p in sys.path if not p.startswith('/course') and os.path.exists(p + '/swin_edu/__init__.py')]
print(exercises.__file__, copies)
""",
        "ok",
        r"/course/swin_edu/exercises/__init__.py \[\]",
    ),
    "environment": (
        """
import os, glob
print(os.environ)
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try: print(open(path).read().replace(chr(0), ' '))
    except OSError: pass
""",
        "ok",
        "'HOME': '/submission'",
    ),
    "other processes": (
        "import glob; print(sorted(glob.glob('/proc/[0-9]*')))",
        "ok",
        r"\['/proc/1', '/proc/2'\]",
    ),
    "network": (
        """
import socket
for family, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_UNIX, '\\0' + '{abstract}')):
    try: socket.socket(family).connect(address); print('GOT IT')
    except OSError as error: print(error)
""",
        "ok",
        r"unreachable\n.*unreachable",
    ),
    "network without a socket of its own": (
        """
import os, socket
one, other = socket.socketpair()
try: one.connect('\\0' + '{abstract}'); print('GOT IT')
except OSError as error: print(type(error).__name__)
print(os.listdir('/sys') if os.path.exists('/sys/class/net') else 'no devices')
""",
        "ok",
        "no devices",
    ),
    "dns": ("import socket; print(socket.getaddrinfo('example.org', 80))", "error", "gaierror"),
    "download": (
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/')",
        "error",
        "Network is unreachable",
    ),
    "raise the limits": (
        """
import resource
for name in ('AS', 'FSIZE', 'CPU', 'NOFILE', 'CORE'):
    what = getattr(resource, f'RLIMIT_{name}')
    try: resource.setrlimit(what, (resource.RLIM_INFINITY,) * 2); print('GOT IT', name)
    except (ValueError, OSError): print(name, resource.getrlimit(what)[0] >= 0)
""",
        "ok",
        r"AS True\nFSIZE True\nCPU True\nNOFILE True\nCORE True",
    ),
    "many open files": (
        """
held = []
try:
    while len(held) < 1000: held.append(open('/dev/null'))
except OSError as error: print(error.strerror, len(held) < 128)
""",
        "ok",
        "Too many open files True",
    ),
    "doors into the kernel": (
        """
held = None
names = {"mount": (165, 40), "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51),
         "ptrace": (101, 117), "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217),
         "io_uring_setup": (425, 425),
         "userfaultfd": (323, 282), "perf_event_open": (298, 241), "process_vm_readv": (310, 270),
         "pidfd_open": (434, 434), "open_tree": (428, 428), "personality": (135, 92),
         "sethostname": (170, 161)}
print({name: call(number[numbers], 0x10000000, 1, 0, 0, 0) for name, number in names.items()})
""",
        "ok",
        r"^\s*\{('\w+': 'EPERM'(, )?){16}\}\s*$",
    ),
    "type into the terminal": (
        """
import fcntl, termios
for fd in range(4):
    try: fcntl.ioctl(fd, 0x5412, b'x'); print('GOT IT')
    except OSError as error: print(error.errno)
""",
        "ok",
        r"1\n1\n1\n1",
    ),
    "outlive the grader, or hide": (
        "print(call([157, 167][numbers], 1, 0, 0, 0, 0), call([157, 167][numbers], 4, 0, 0, 0, 0))",
        "ok",
        "EPERM EPERM",
    ),
    "become somebody else": (
        """
import os
disk = lambda: os.mknod('disk', 0o60666, os.makedev(8, 0))
for act in (lambda: os.setuid(0), lambda: os.setgroups([0]), disk):
    try: act(); print('GOT IT')
    except OSError: print('no')
""",
        "ok",
        r"no\nno\nno",
    ),
    "recursion": (
        """def again(): again()
again()""",
        "error",
        "RecursionError",
    ),
    "a lying exception": (
        """
class Odd(BaseException):
    def __str__(self): raise self
raise Odd()
""",
        "error",
        "",
    ),
    "scripts for the teacher's browser": (
        """
from IPython.display import HTML, Javascript, SVG, display
display(HTML('<script>alert(1)</script>')); display(Javascript('alert(1)'))
pictures = {'image/svg+xml': '<svg onload=alert(1)>', 'image/png': '<script>'}
display({'text/html': '<script>', **pictures}, raw=True)
""",
        "ok",
        r"^\s*<IPython.core.display.HTML object>\s*<IPython.core.display.Javascript object>\s*$",
    ),
    "orders to the teacher's terminal": (
        "print(chr(27) + ']0;title' + chr(7) + 'text')",
        "ok",
        r"^\s*\]0;titletext\s*$",
    ),
    "ask the teacher": ("input('your password? ')", "error", "EOFError"),
    "a printed result": (
        """
print('mask_any: right! (7 cases)'); print('6.0')
from swin_edu import exercises
exercises.mask_any.check(lambda: 0).passed = True
6.0
""",
        "ok",
        "checked outside",
    ),
    "look for what is asked later": (
        """
import gc
held, later = None, 'asked-' + 'later'
held_by = [o.values() if type(o) is dict else o for o in gc.get_objects() if type(o) in (dict, tuple, list)]
found = [o for o in held_by if any(type(item) is str and item == later for item in o)]
print(len(held_by) > 1000, len([o for o in found if o is not globals().values() and len(o) < 5]), 'found')
""",
        "ok",
        "True 0 found",
    ),
    "a lying repr": (
        """class Loud:
    def __repr__(self): raise SystemExit
Loud()""",
        "error",
        "SystemExit",
    ),
    "look through the frames and change the worker": (
        """
import inspect, sys
seen = [name for frame in inspect.stack() for name in list(frame.frame.f_locals)]
print('asked' in seen or 'message' in seen, any('expected' in name for name in seen))
worker = sys.modules['swin_edu.classroom.inside']
worker.MOST_TEXT = 10**9
worker._Worker.points = worker._Worker.passed = True
""",
        "ok",
        "True False",
    ),
    "the answer is patched": (
        """
import builtins, sys, torch
from swin_edu import exercises
torch.equal = torch.allclose = torch.isclose = lambda *a, **b: True
torch.Tensor.__eq__ = lambda *a: True
exercises.Report.passed = True
for name, module in list(sys.modules.items()):
    for attribute in ('same_answer', 'judge', 'marks'):
        if name.startswith('swin_edu'): setattr(module, attribute, lambda *a, **b: True)
def wrong(x): return torch.zeros(3)
""",
        "ok",
        "",
    ),
    "honest": (
        """
import torch, einops, swin_edu
def double(x): return x + x
def remember(text): return text
print(swin_edu.window_partition(torch.zeros(2, 8, 12, 3), 4).shape)
double(4)
""",
        "ok",
        r"torch.Size\(\[12, 4, 4, 3\]\)[\s\S]*8",
    ),
}


class Playground:
    """Baits on the real machine, and what became of them."""

    def __init__(self, folder: Path) -> None:
        places = [
            "course/source/2/2.ipynb",
            "course/submitted/eve/2/2.ipynb",
            "course/gradebook.db",
            "course/.secret",
        ]
        self.files = [folder / place for place in places]
        self.files.append(Path("/tmp") / f"{BAIT}-{os.getpid()}")
        for file in self.files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(BAIT)
        self.servers = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
        self.abstract = f"swin-edu-bait-{os.getpid()}"
        self.servers[1].bind("\0" + self.abstract)
        self.servers[1].listen()
        self.visits = 0
        for server in self.servers:
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                server.accept()
            except OSError:
                return
            self.visits += 1

    def fill(self, source: str) -> str:
        """A cell that knows where the baits are."""
        port = str(self.servers[0].getsockname()[1])
        places = {"{bait}": repr([str(f) for f in self.files]), "{port}": port, "{abstract}": self.abstract}
        for name, place in places.items():
            source = source.replace(name, place)
        return source


@pytest.fixture(scope="module")
def playground(tmp_path_factory) -> Iterator[Playground]:
    made = Playground(tmp_path_factory.mktemp("class"))
    yield made
    for server in made.servers:
        server.close()
    made.files[-1].unlink()


@pytest.fixture(scope="module")
def run(playground, sandbox) -> SubmissionRun:
    os.environ["SWIN_EDU_BAIT"] = BAIT
    try:
        questions = {
            "double": Question("double", [(4,), (21,)]),
            "wrong": Question("wrong", [(1,)]),
            "later": Question("remember", [("asked-" + "later",)]),
        }
        cells = [TOOLS, *(playground.fill(source) for source, _, _ in ATTEMPTS.values())]
        return run_submission(cells, questions, limits=LIMITS, sandbox=sandbox)
    finally:
        del os.environ["SWIN_EDU_BAIT"]


def shown(run: SubmissionRun, name: str) -> str:
    """Everything that a cell shows, as text."""
    found = []
    for output in run.cells[1 + list(ATTEMPTS).index(name)].outputs:
        found += [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
        found += output.get("data", {}).values()
    return "\n".join(text for text in found if text)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_comes_to_nothing(run, name):
    _, status, pattern = ATTEMPTS[name]
    cell, text = run.cells[1 + list(ATTEMPTS).index(name)], shown(run, name)
    assert cell.status == status, text[-2000:]
    assert re.search(pattern, text), text[-2000:]
    assert BAIT not in text
    assert "GOT IT" not in text


def test_nobody_came_through_the_network(run, playground):
    assert playground.visits == 0


def test_nothing_outside_was_changed(run, playground):
    assert [file.read_text() for file in playground.files] == [BAIT] * len(playground.files)


def test_process_was_never_lost(run):
    """Else what comes later in the list would have been tried in a process without what came before."""
    stopped = [name for name, (_, status, _) in ATTEMPTS.items() if status == "stopped"]
    assert len(run.troubles) == len(stopped), run.troubles


def test_honest_functions_are_answered_after_all_that(run):
    assert [outcome.got for outcome in run.answers["double"]] == [8, 42]
    assert [outcome.got for outcome in run.answers["later"]] == ["asked-later"]


def test_patched_equality_stays_inside(run):
    (outcome,) = run.answers["wrong"]
    assert not torch.equal(outcome.got, torch.ones(3))
    assert outcome.got.tolist() == [0, 0, 0]
