"""What is in the box, and what the teacher is told where no box can be made."""

import os
import sys
from pathlib import Path

import pytest

from swin_edu.classroom import sandbox, sandbox_files
from swin_edu.classroom.sandbox import NoSandbox, Sandbox, find_sandbox

PACKAGE = Path(sandbox.__file__).parents[1]


def mounts(box: Sandbox) -> list[tuple[str, ...]]:
    """The options of the command line, each with its arguments."""
    words, found = box.command(2**20, 8, 9, ["python"]), []
    for word in words[1 : words.index("--")]:
        if word.startswith("--"):
            found.append((word,))
        else:
            found[-1] += (word,)
    return found


@pytest.fixture
def options() -> list[tuple[str, ...]]:
    return mounts(Sandbox("/usr/bin/bwrap"))


class TestCommand:
    def test_everything_is_unshared_and_the_box_dies_with_the_grader(self, options):
        for what in ("user", "pid", "net", "ipc", "uts"):
            assert (f"--unshare-{what}",) in options
        for one in (("--die-with-parent",), ("--new-session",), ("--cap-drop", "ALL"), ("--clearenv",)):
            assert one in options

    def test_nothing_is_mounted_writable_but_one_small_folder(self, options):
        kinds = {option[0] for option in options}
        assert not kinds & {"--bind", "--bind-try", "--dev-bind", "--dev-bind-try", "--share-net"}
        assert ("--remount-ro", "/") in options
        assert ("--remount-ro", "/dev") in options
        assert ("--size", str(2**20)) == options[options.index(("--tmpfs", "/submission")) - 1]

    def test_only_named_parts_of_the_library_are_there(self, options):
        places = {option[2]: Path(option[1]) for option in options if option[0] == "--ro-bind"}
        inside = {place: part for place, part in places.items() if place.startswith("/course")}
        assert "/course/swin_edu/model" in inside
        assert inside["/course/swin_edu/exercises"] == PACKAGE / "classroom" / "exercises_inside"
        real = {part.relative_to(PACKAGE).parts[0] for part in inside.values()}
        assert not real & {"exercises", "commands", "cli.py"}
        classroom = {part.name for part in inside.values() if part.parent.name == "classroom"}
        assert classroom == {*sandbox_files.WORKER, "exercises_inside"}
        assert not classroom & {"session.py", "worker.py", "course.py", "given_functions.py", "sandbox.py"}

    def test_neither_checkout_nor_home_is_there(self, options):
        sources = [Path(option[1]) for option in options if option[0] == "--ro-bind"]
        for secret in (PACKAGE.parent, PACKAGE, Path.home(), Path("/"), Path("/etc"), Path("/tmp")):
            assert not any(secret == source or secret.is_relative_to(source) for source in sources), secret

    def test_more_can_be_made_readable(self):
        box = Sandbox("/usr/bin/bwrap", readable=(("/somewhere/data", "/data"),))
        assert ("--ro-bind", "/somewhere/data", "/data") in mounts(box)

    def test_worker_imports_nothing_that_is_not_there(self):
        """Else it would start on the machine where it was written, and nowhere else."""
        for name in sandbox_files.WORKER:
            for line in (PACKAGE / "classroom" / name).read_text().splitlines():
                if line.startswith(("from swin_edu", "import swin_edu")):
                    module = line.split()[1].split(".")
                    known = module[1] in sandbox_files.LIBRARY or f"{module[2]}.py" in sandbox_files.WORKER
                    assert known, line


def test_a_copy_that_pip_installed_is_covered(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    (installed / "swin_edu" / "exercises").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed), str(tmp_path)])
    options = mounts(Sandbox("/usr/bin/bwrap"))
    cover = options.index(("--tmpfs", f"{installed}/swin_edu"))
    assert options.index(("--ro-bind", str(installed), str(installed))) < cover
    assert not any(
        str(tmp_path) in option[1:] for option in options
    )  # a folder of the path that holds no packages


def test_environment_is_made_not_inherited(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "secret")
    assert "secret" not in str(sandbox_files.environment("/submission"))


class TestWithoutASandbox:
    @pytest.fixture(autouse=True)
    def fresh(self):
        sandbox._try_out.cache_clear()
        yield
        sandbox._try_out.cache_clear()

    def test_missing_bubblewrap_is_said_with_what_to_install(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(NoSandbox, match=r"not installed\. Install it .*bubblewrap.*--no-isolation"):
            find_sandbox()

    def test_without_isolation_only_when_asked_for(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nowhere")
        assert not find_sandbox(allow_none=True).isolated

    def test_bubblewrap_that_does_not_work_is_said_with_its_words(self, monkeypatch, tmp_path):
        broken = tmp_path / "bwrap"
        broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
        broken.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        with pytest.raises(NoSandbox, match=r"uid map: Permission denied.*user namespaces"):
            find_sandbox()

    def test_bubblewrap_without_a_new_proc_is_used_all_the_same(self, monkeypatch, tmp_path):
        partial = tmp_path / "bwrap"
        partial.write_text('#!/bin/sh\ncase "$*" in *--proc*) exit 1;; *) echo works;; esac\n')
        partial.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        assert find_sandbox() == Sandbox(str(partial), proc=False)

    @pytest.mark.parametrize(("what", "value"), [("platform", "darwin"), ("platform", "win32")])
    def test_other_systems_are_refused(self, monkeypatch, what, value):
        monkeypatch.setattr(sandbox.sys, what, value)
        with pytest.raises(NoSandbox, match="Linux only"):
            find_sandbox()

    def test_other_processors_are_refused(self, monkeypatch, tmp_path):
        import platform

        (tmp_path / "bwrap").write_text("#!/bin/sh\n")
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
        with pytest.raises(NoSandbox, match="riscv64"):
            find_sandbox()


def test_nothing_is_left_open():
    """200 submissions would use up the descriptors that a process may have."""
    box = find_sandbox(allow_none=True)
    if not box.isolated:
        pytest.skip("no bubblewrap here")
    before = os.listdir("/proc/self/fd")
    with box.start({"folder_bytes": 2**20, "no": "limits"}) as started:
        started.process.wait(60)  # it stops at the missing limits
    assert os.listdir("/proc/self/fd") == before
    assert started.process.returncode is not None
