"""Workers: whatever becomes of one thing, the others get their answers, and no process is left behind."""

import multiprocessing
import os
import time

from swin_edu.classroom.workers import Failed, in_processes


def task(thing: str) -> str:
    match thing:
        case "raises":
            raise RuntimeError("of its own")
        case "exits":
            raise SystemExit(3)
        case "dies":
            os._exit(1)
        case "hangs":
            time.sleep(60)
    return thing.upper()


def test_what_raises_exits_dies_or_hangs_stops_nobody_else():
    things = ["a", "raises", "dies", "exits", "hangs", "b", "c"]
    assert dict(in_processes(task, things, 2, seconds=3)) == {
        "a": "A",
        "raises": Failed("RuntimeError: of its own"),
        "exits": Failed("SystemExit: 3"),
        "dies": Failed("its process ended, twice"),
        "hangs": Failed("took longer than 3 s"),
        "b": "B",
        "c": "C",
    }
    assert not multiprocessing.active_children()


def test_leaving_early_ends_the_processes():
    answers = in_processes(task, ["a", "hangs", "hangs"], 2, seconds=60)
    begun = time.monotonic()
    assert next(answers) == ("a", "A")
    answers.close()
    assert not multiprocessing.active_children()
    assert time.monotonic() - begun < 30
