"""The system calls that a student's code may not make, as the filter that Linux runs on each call.

`sandbox` hands it to bubblewrap, which installs it just before the student's process begins. Bubblewrap hides
files, network and processes; this takes away what would still hurt: more processes, and doors into the
kernel.
"""

import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Architecture", "architecture", "filter_program"]

# linux/filter.h, linux/seccomp.h
LOAD, EQUAL, ANY_BIT, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, MACHINE = 0, 4  # where `struct seccomp_data` keeps the call's number and the architecture
CLONE_THREAD = 0x00010000
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: a thread may not come with a new namespace.
CLONE_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
X32 = 0x40000000  # the second, rarely used table of x86_64; none of our numbers holds there
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

# name: (x86_64, aarch64); None where the machine has no such call. Numbers never change once given.
REFUSED: Mapping[str, tuple[int | None, int | None]] = {
    # other processes: a fork bomb, or reading a neighbour's memory
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    # file systems and namespaces: the walls themselves
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # doors into the kernel that no exercise needs and through which break-outs came
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "acct": (163, 89),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "ioperm": (173, None),
    "iopl": (172, None),
    "vmsplice": (278, 75),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "fanotify_init": (300, 262),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    # the machine's clock and name
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # memory that belongs to no address space, and so to no limit
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
# These get an answer of their own, or are refused only with certain arguments.
CALLS: Mapping[str, tuple[int, int]] = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "prctl": (157, 167),
    "ioctl": (16, 29),
}


@dataclass(frozen=True)
class Architecture:
    """A kind of processor: its column in the tables, and how Linux names it in a filter.

    Args:
        name: as `platform.machine()` says it.
        column: 0 or 1.
        audit: AUDIT_ARCH_... of linux/audit.h.

    Example:
        >>> Architecture("x86_64", 0, 0xC000003E).number("fork")
        57
    """

    name: str
    column: int
    audit: int

    def number(self, call: str) -> int | None:
        """The number of a system call here; None where there is no such call."""
        return (CALLS.get(call) or REFUSED[call])[self.column]


ARCHITECTURES = {
    "x86_64": Architecture("x86_64", 0, 0xC000003E),
    "aarch64": Architecture("aarch64", 1, 0xC00000B7),
}


def architecture(machine: str | None = None) -> Architecture:
    """The architecture that a filter is written for.

    Args:
        machine: as `platform.machine()` says it; this machine's if None.

    Raises:
        NotImplementedError: for one whose system calls are not in the tables.

    Example:
        >>> architecture("aarch64").number("clone")
        220
    """
    machine = machine or platform.machine()
    known = ARCHITECTURES.get({"AMD64": "x86_64", "arm64": "aarch64"}.get(machine, machine))
    if known is None:
        raise NotImplementedError(
            f"students' code is isolated on {' and '.join(ARCHITECTURES)}; this machine is {machine}. "
            "Grade on one of those, or with --no-isolation code that you trust"
        )
    return known


def filter_program(machine: str | None = None) -> bytes:
    """The filter, ready for `bwrap --seccomp FD`.

    Args:
        machine: as `platform.machine()` says it; this machine's if None.

    Returns:
        An array of `struct sock_filter`, eight bytes an instruction.

    Raises:
        NotImplementedError: for an architecture that is not in the tables.

    Example:
        >>> len(filter_program("x86_64")) % 8
        0
    """
    here, refuse = architecture(machine), REFUSE | errno.EPERM
    program = [_load(MACHINE), *_unless(EQUAL, here.audit, KILL), _load(NUMBER)]
    if here.name == "x86_64":
        program += _when(AT_LEAST, X32, KILL)
    for call in REFUSED:
        if (number := here.number(call)) is not None:
            program += _when(EQUAL, number, refuse)
    # The C library falls back to clone, whose flags can be read here; those of clone3 lie in memory.
    program += _when(EQUAL, here.number("clone3"), REFUSE | errno.ENOSYS)
    # Said so that who tries a download understands. Pairs of connected sockets (asyncio) are another call.
    program += _when(EQUAL, here.number("socket"), REFUSE | errno.ENETUNREACH)
    threads_only = [
        *_unless(ANY_BIT, CLONE_THREAD, refuse),
        *_when(ANY_BIT, CLONE_NEW, refuse),
    ]
    program += _with_argument(here.number("clone"), 0, threads_only)
    # To outlive a grader that is killed; to be looked at by nobody.
    hiding = [check for what in (PR_SET_PDEATHSIG, PR_SET_DUMPABLE) for check in _when(EQUAL, what, refuse)]
    program += _with_argument(here.number("prctl"), 0, hiding)
    typing = [check for what in (TIOCSTI, TIOCLINUX) for check in _when(EQUAL, what, refuse)]
    program += _with_argument(here.number("ioctl"), 1, typing)
    return b"".join([*program, _return(ALLOW)])


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _load(offset: int) -> bytes:
    return _instruction(LOAD, offset)


def _return(action: int) -> bytes:
    return _instruction(RETURN, action)


def _when(test: int, value: int, action: int) -> list[bytes]:
    """Ends with the action where the test holds; else goes on."""
    return [_instruction(test, value, 0, 1), _return(action)]


def _unless(test: int, value: int, action: int) -> list[bytes]:
    return [_instruction(test, value, 1, 0), _return(action)]


def _with_argument(number: int, argument: int, checks: list[bytes]) -> list[bytes]:
    """Checks of the lower half of one argument (both machines are little-endian) of one call."""
    block = [_load(16 + 8 * argument), *checks, _return(ALLOW)]
    return [_instruction(EQUAL, number, 0, len(block)), *block]
