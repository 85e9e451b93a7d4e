"""Atomic files: the old content or the new one, never a mixture, and no rubbish left behind."""

import os
import time

import pytest

from swin_edu.data.atomic_files import atomic_write, sha256_of


def test_the_new_content_takes_the_place_of_the_old_in_one_step(tmp_path):
    file = tmp_path / "deep" / "file.txt"
    with atomic_write(file) as temporary:
        temporary.write_text("old")
    with atomic_write(file) as temporary:
        temporary.write_text("new")
        assert file.read_text() == "old", "until the new one is whole"
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "file.txt"
    file.write_text("old")

    def write_and_stop():
        with atomic_write(file) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_stop()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_killed_processes_left_is_cleared_away_but_not_what_others_are_writing(tmp_path):
    file, abandoned, active = (tmp_path / name for name in ("a[1].txt", ".a[1].txt.1.tmp", ".a[1].txt.2.tmp"))
    abandoned.write_text("half")
    os.utime(abandoned, (time.time() - 7200,) * 2)
    active.write_text("half")
    with atomic_write(file) as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([file, active])


def test_the_digest_is_that_of_the_whole_content(tmp_path):
    file = tmp_path / "file.txt"
    file.write_bytes(b"abc")
    assert sha256_of(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
