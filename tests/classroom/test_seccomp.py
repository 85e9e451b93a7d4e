"""The filter of system calls, run here instruction by instruction, for both architectures."""

import errno
import re
import struct
from pathlib import Path

import pytest

from swin_edu.classroom.seccomp import ARCHITECTURES, CALLS, REFUSED, architecture, filter_program

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"),),
}


def decide(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What Linux would do with a call: a small machine for the instructions that the filter uses."""
    audit = ARCHITECTURES[machine].audit if audit is None else audit
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    program = list(struct.iter_unpack("<HBBI", filter_program(machine)))
    at, held = 0, 0
    for _ in range(len(program)):
        code, yes, no, value = program[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: held & value != 0}[code]
            at += yes if holds else no
    raise AssertionError("the program has no end")


def refused(error: int) -> int:
    return 0x00050000 | error


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("call", REFUSED)
def test_listed_calls_are_refused(machine, call):
    number = architecture(machine).number(call)
    if number is not None:
        assert decide(machine, number) == refused(errno.EPERM)


@pytest.mark.parametrize("machine", ARCHITECTURES)
class TestSpecialCalls:
    def test_a_thread_may_be_made_and_a_process_may_not(self, machine):
        clone = architecture(machine).number("clone")
        thread = (
            0x00100 | 0x00200 | 0x00400 | 0x00800 | 0x10000 | 0x40000 | 0x80000
        )  # what pthread_create says
        assert decide(machine, clone, thread) == ALLOWED
        for flags in (0, 17, 0x4000 | 0x100 | 17):  # fork, fork with a signal, vfork
            assert decide(machine, clone, flags) == refused(errno.EPERM)
        for new in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
            assert decide(machine, clone, thread | new) == refused(errno.EPERM)

    def test_clone3_is_unknown_so_that_the_c_library_falls_back(self, machine):
        assert decide(machine, architecture(machine).number("clone3")) == refused(errno.ENOSYS)

    def test_socket_says_that_there_is_no_network(self, machine):
        assert decide(machine, architecture(machine).number("socket"), 2) == refused(errno.ENETUNREACH)

    def test_it_cannot_hide_or_outlive_the_grader_and_other_prctl_work(self, machine):
        prctl = architecture(machine).number("prctl")
        assert decide(machine, prctl, 1) == refused(errno.EPERM)
        assert decide(machine, prctl, 4) == refused(errno.EPERM)  # then nobody could count its files
        assert decide(machine, prctl, 15) == ALLOWED  # a thread's name

    def test_nobody_types_into_the_terminal(self, machine):
        ioctl = architecture(machine).number("ioctl")
        assert decide(machine, ioctl, 0, 0x5412) == refused(errno.EPERM)
        assert decide(machine, ioctl, 0, 0x541C) == refused(errno.EPERM)
        assert decide(machine, ioctl, 0, 0x5413) == ALLOWED  # the size of the window

    def test_everyday_calls_work(self, machine):
        everyday = {"x86_64": (0, 1, 9, 59, 202, 231), "aarch64": (63, 64, 222, 221, 98, 94)}[machine]
        for number in everyday:  # read, write, mmap, execve, futex, exit_group
            assert decide(machine, number) == ALLOWED

    def test_calls_of_another_table_end_the_process(self, machine):
        assert decide(machine, 0, audit=0x40000003) == KILLED  # 32-bit code on x86
        other = next(name for name in ARCHITECTURES if name != machine)
        assert decide(machine, 0, audit=ARCHITECTURES[other].audit) == KILLED


def test_second_table_of_x86_is_closed():
    assert decide("x86_64", 0x40000000 | 57) == KILLED
    assert decide("x86_64", -1) == KILLED


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_numbers_are_those_of_the_system(machine):
    header = next((path for path in HEADERS[machine] if path.is_file()), None)
    if header is None:
        pytest.skip("the kernel's headers are not installed")
    found = dict(re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    for call in (*REFUSED, *CALLS):
        number = architecture(machine).number(call)
        if call in found or number is None:  # older headers do not know the newest calls
            assert found.get(call) == (None if number is None else str(number)), call
    assert len(found) > 250


def test_other_machines_are_refused_with_words():
    with pytest.raises(NotImplementedError, match=r"this machine is riscv64.*no-isolation"):
        filter_program("riscv64")
