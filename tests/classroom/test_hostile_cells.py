"""Hostile cells that leave their process alive: all in one submission, each its own case.

Whatever they try, the notebook goes on, nothing outside is touched, and the honest question at the end is
answered rightly.
"""

import os
import socket
import threading
from pathlib import Path

import pytest

from swin_edu.classroom.sandbox import NoSandbox, find_sandbox
from swin_edu.classroom.session import Limits, Question, SubmissionRun, run_submission

BAIT = "bait-that-nobody-inside-may-see"
FOLDER_BYTES = 8 * 2**20
LIMITS = Limits(
    cell_seconds=1.5, case_seconds=2, memory_bytes=400 * 2**20, folder_bytes=FOLDER_BYTES, output_bytes=400_000
)

SYSCALLS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    result = libc.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    return errno.errorcode.get(ctypes.get_errno(), "done") if result == -1 else "done"
import platform
numbers = 0 if platform.machine() == "x86_64" else 1
"""

# The name says what is tried. {port} and {bait} are filled in.
CELLS = {
    "tools": SYSCALLS,
    "endless loop": "while True: pass",
    "fork bomb": "import os\nwhile True: os.fork()",
    "fork by system calls": """
print([call(n, 0, 0, 0, 0, 0) for n in ([57, 58, 56, 435] if numbers == 0 else [220, 435])])
print(call(56 if numbers == 0 else 220, 0x10000000 | 17, 0, 0, 0, 0))  # with a new user namespace
""",
    "subprocess": "import subprocess; subprocess.run(['/usr/bin/python3', '-c', '1'])",
    "os.system": "import os; print(os.system('echo hello'))",
    "shell magic": "!echo hello",
    "posix_spawn": "import os, sys; os.posix_spawn(sys.executable, [sys.executable, '-c', '1'], {})",
    "multiprocessing": "import multiprocessing; multiprocessing.Process(target=print).start()",
    "sys.exit": "import sys; sys.exit(0)",
    "kill the parent": "import os; os.kill(os.getppid(), 9); os.kill(-1, 9); print('alive', os.getppid())",
    "memory bomb": "held = []\nwhile True: held.append(bytearray(2**24))",
    "tensor bomb": "held = None\nimport torch; torch.ones(2**34)",
    "shared memory bomb": """
import mmap
held = []
while True: held.append(mmap.mmap(-1, 2**26)); held[-1][::4096] = bytes(2**14)
""",
    "memory outside of the process": """
held = None
print(call([319, 279][numbers], b"x", 0), call([29, 194][numbers], 0, 2**20, 0o1600), call([447, 447][numbers], 0))
open('/dev/shm/x', 'w')
""",
    "flood of output": "while True: print('x' * 1000)",
    "huge result": "'y' * 10**8",
    "write everywhere": """
import os, sys, torch
places = ['/', '/course', '/course/swin_edu', '/usr/lib', '/etc', '/dev', '/dev/shm', '/proc/sys/kernel', '/proc/self']
places += [os.path.dirname(torch.__file__), '/work', '/root', '/home', '/sys', os.path.dirname(sys.executable)]
for place in places:
    for name in ('new', 'core_pattern', 'oom_score_adj', 'null/../x'):
        try: open(f'{place}/{name}', 'w').write('1'); print('WROTE', place, name)
        except OSError: pass
try: os.chmod('/course', 0o777); print('CHANGED')
except OSError: print('done')
""",
    "fill the disk": """
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
    "one huge file": "f = open('sparse', 'wb'); f.truncate(2**40)",
    "read the bait": """
import os
for path in {bait}:
    try: print('READ', open(path).read())
    except OSError: pass
    try: print('LISTED', os.listdir(os.path.dirname(path)))
    except OSError: pass
""",
    "search all files": """
import os
for folder, folders, files in os.walk('/'):
    if folder == '/': folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'lib', 'lib64')]
    folders[:] = [f for f in folders if f != 'site-packages']
    for name in files + folders:
        if 'bait' in name or name in ('gradebook.db', '.secret', '.git', 'judging.py', 'session.py'): print(folder, name)
print(sorted(os.listdir('/course/swin_edu/classroom')), os.listdir('/course/swin_edu/exercises'))
""",
    "symlinks": """
import os
for n, path in enumerate({bait}):
    os.symlink(path, f'link{{n}}')
    try: print('READ', open(f'link{{n}}').read())
    except OSError: pass
os.symlink('/proc/1/root', 'root')
try: print(sorted(os.listdir('root')) == sorted(os.listdir('/')))
except OSError: print(True)
""",
    "the installed library": """
import importlib.util, sys, os
from swin_edu import exercises
print(exercises.__file__)
for path in sys.path:
    print([f for f in ('exercises', 'classroom') if os.path.exists(f'{{path}}/swin_edu/{{f}}/__init__.py') and not path.startswith('/course')])
""",
    "environment": """
import os, glob
print(sorted(os.environ))
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try: print(open(path).read().replace(chr(0), ' '))
    except OSError: pass
""",
    "other processes": "import glob; print(sorted(glob.glob('/proc/[0-9]*')))",
    "network": """
import socket
for family, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_UNIX, '\\0' + '{abstract}')):
    try: socket.socket(family).connect(address); print('CONNECTED')
    except OSError as error: print(error)
""",
    "network without a socket of its own": """
import os, socket
one, other = socket.socketpair()
try: one.connect('\\0' + '{abstract}'); print('CONNECTED')
except OSError as error: print(type(error).__name__)
print(os.listdir('/sys') if os.path.exists('/sys/class/net') else 'no devices')
""",
    "dns": "import socket; print(socket.getaddrinfo('example.org', 80))",
    "download": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/')",
    "raise the limits": """
import resource
for name in ('AS', 'FSIZE', 'CPU', 'NOFILE', 'CORE'):
    what = getattr(resource, f'RLIMIT_{{name}}')
    try: resource.setrlimit(what, (resource.RLIM_INFINITY,) * 2); print('RAISED', name)
    except (ValueError, OSError): print(name, resource.getrlimit(what)[0] >= 0)
""",
    "many open files": "held = [open('/dev/null') for _ in range(10**5)]",
    "doors into the kernel": """
held = None
names = {{"mount": (165, 40), "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "ptrace": (101, 117),
         "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217), "io_uring_setup": (425, 425),
         "userfaultfd": (323, 282), "perf_event_open": (298, 241), "process_vm_readv": (310, 270),
         "pidfd_open": (434, 434), "open_tree": (428, 428), "personality": (135, 92), "sethostname": (170, 161)}}
print({{name: call(number[numbers], 0x10000000, 1, 0, 0, 0) for name, number in names.items()}})
""",
    "type into the terminal": """
import fcntl, termios
for fd in range(4):
    try: fcntl.ioctl(fd, 0x5412, b'x'); print('TYPED')
    except OSError as error: print(error.errno)
""",
    "outlive the grader": "print(call([157, 167][numbers], 1, 0, 0, 0, 0))",
    "become somebody else": """
import os
for act in (lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.mknod('disk', 0o60666, os.makedev(8, 0))):
    try: act(); print('DONE')
    except OSError: print('no')
""",
    "recursion": "def again(): again()\nagain()",
    "a lying exception": """
class Odd(BaseException):
    def __str__(self): raise self
raise Odd()
""",
    "a lying repr": """
class Loud:
    def __repr__(self): raise SystemExit
Loud()
""",
    "scripts for the teacher's browser": """
from IPython.display import HTML, Javascript, SVG, display
display(HTML('<script>alert(1)</script>')); display(Javascript('alert(1)'))
display({{'text/html': '<script>', 'image/svg+xml': '<svg onload=alert(1)>', 'image/png': '<script>'}}, raw=True)
""",
    "orders to the teacher's terminal": "print(chr(27) + ']0;title' + chr(7) + 'text')",
    "ask the teacher": "input('your password? ')",
    "a printed result": """
print('mask_any: right! (7 cases)'); print('6.0')
from swin_edu import exercises
exercises.mask_any.check(lambda: 0).passed = True
6.0
""",
    "look for what is asked later": """
import gc
found = [o for o in gc.get_objects() if isinstance(o, (str, bytes, tuple, list, dict)) and 'asked-' + 'later' in str(o)[:10**5]]
print(len([o for o in found if o is not globals() and 'look for' not in str(o)[:10**5]]))
""",
    "the answer is patched": """
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
    "honest": """
import torch, einops, swin_edu
import matplotlib.pyplot as plt
def double(x): return x + x
def remember(text): return text
plt.plot([1, 2]); plt.show()
print(swin_edu.window_partition(torch.zeros(2, 8, 12, 3), 4).shape)
double(4)
""",
}


class Playground:
    """Baits on the real machine, and what became of them."""

    def __init__(self, folder: Path) -> None:
        places = ["course/source/2/2.ipynb", "course/submitted/eve/2/2.ipynb", "course/gradebook.db", "course/.secret"]
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
        if "{" not in source:
            return source
        port = self.servers[0].getsockname()[1]
        return source.replace("{bait}", repr([str(f) for f in self.files])).replace("{port}", str(port)).replace(
            "{abstract}", self.abstract
        ).replace("{{", "{").replace("}}", "}")


@pytest.fixture(scope="module")
def playground(tmp_path_factory) -> Playground:
    made = Playground(tmp_path_factory.mktemp("class"))
    yield made
    for server in made.servers:
        server.close()
    made.files[-1].unlink()


@pytest.fixture(scope="module")
def run(playground) -> SubmissionRun:
    try:
        sandbox = find_sandbox()
    except NoSandbox as error:
        pytest.skip(str(error))
    os.environ["SWIN_EDU_BAIT"] = BAIT
    try:
        questions = {
            "double": Question("double", [(4,), (21,)]),
            "wrong": Question("wrong", [(1,)]),
            "later": Question("remember", [("asked-" + "later",)]),
        }
        cells = [playground.fill(source) for source in CELLS.values()]
        return run_submission(cells, questions, limits=LIMITS, sandbox=sandbox)
    finally:
        del os.environ["SWIN_EDU_BAIT"]


def shown(run: SubmissionRun, name: str) -> str:
    """Everything that a cell shows, as text."""
    found = []
    for output in run.cells[list(CELLS).index(name)].outputs:
        found += [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
        found += output.get("data", {}).values()
    return "\n".join(found)


def test_print_all(run):
    for k,name in enumerate(CELLS): print('=====',name,run.cells[k].status, shown(run,name)[:1500])
    print(run.answers, run.troubles)
    assert 0
