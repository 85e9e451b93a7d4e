"""The learner's copies are safe, and JupyterLab comes up at the right page without a word too many."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import typer
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect

from swin_edu.commands import course_folder
from swin_edu.commands import lab as lab_module
from swin_edu.commands.copies import COPIES, RECORD, copy_notebooks, trust_untouched_copies
from swin_edu.commands.lab import lab, lab_arguments, lab_environment
from swin_edu.commands.teacher_lab import open_pages

ROOT = Path(__file__).parents[2]
EMPTY_NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def originals(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start_here", "03_shifted_windows"):
        (folder / f"{name}.ipynb").write_text(EMPTY_NOTEBOOK)
    (folder / "build.py").write_text("")
    return folder


@pytest.fixture
def copies(originals, tmp_path):
    folder = tmp_path / COPIES
    assert copy_notebooks(originals, folder) == []
    return folder


def written(folder):
    return {path.name: path.read_text() for path in folder.glob("*.ipynb")}


def test_every_notebook_is_copied_and_nothing_else(originals, copies):
    assert written(copies) == written(originals)
    assert not (copies / "build.py").exists()


def test_untouched_copy_follows_the_course(originals, copies):
    (originals / "03_shifted_windows.ipynb").write_text("second version")
    assert copy_notebooks(originals, copies) == []
    assert (copies / "03_shifted_windows.ipynb").read_text() == "second version"
    assert len(written(copies)) == 2


def test_changed_copy_is_kept_and_the_new_version_laid_beside_once(originals, copies):
    mine = copies / "03_shifted_windows.ipynb"
    mine.write_text("my work")
    assert copy_notebooks(originals, copies) == []
    (originals / "03_shifted_windows.ipynb").write_text("second version")
    messages = copy_notebooks(originals, copies)
    assert len(messages) == 1
    assert "03_shifted_windows_new.ipynb" in messages[0]
    assert mine.read_text() == "my work"
    assert (copies / "03_shifted_windows_new.ipynb").read_text() == "second version"
    assert copy_notebooks(originals, copies) == []


def test_work_in_the_copy_laid_beside_is_kept_too(originals, copies):
    original = originals / "03_shifted_windows.ipynb"
    (copies / original.name).write_text("my work")
    original.write_text("second version")
    copy_notebooks(originals, copies)
    original.write_text("third version")
    copy_notebooks(originals, copies)
    assert (copies / "03_shifted_windows_new.ipynb").read_text() == "third version"
    (copies / "03_shifted_windows_new.ipynb").write_text("more of my work")
    original.write_text("fourth version")
    copy_notebooks(originals, copies)
    assert {text for name, text in written(copies).items() if name.startswith("03")} == {
        "my work",
        "more of my work",
        "fourth version",
    }


@pytest.mark.parametrize("record", [None, "", "[]", "{broken"])
def test_without_a_readable_record_nothing_of_the_learner_is_lost(originals, copies, record):
    (copies / "03_shifted_windows.ipynb").write_text("my work")
    if record is None:
        (copies / RECORD).unlink()
    else:
        (copies / RECORD).write_text(record)
    copy_notebooks(originals, copies)
    assert (copies / "03_shifted_windows.ipynb").read_text() == "my work"


def test_deleted_copy_comes_back_fresh(originals, copies):
    (copies / "03_shifted_windows.ipynb").write_text("my work")
    (copies / "03_shifted_windows.ipynb").unlink()
    copy_notebooks(originals, copies)
    assert written(copies) == written(originals)


def test_only_untouched_copies_are_trusted(monkeypatch, tmp_path, originals, copies):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    changed = {
        "cell_type": "code",
        "id": "a",
        "source": "1",
        "outputs": [],
        "execution_count": 1,
        "metadata": {},
    }
    mine = json.loads(EMPTY_NOTEBOOK) | {"cells": [changed]}
    (copies / "03_shifted_windows.ipynb").write_text(json.dumps(mine))
    assert trust_untouched_copies(originals, copies) == 1
    assert trust_untouched_copies(originals, copies) == 0
    from nbformat import read
    from nbformat.sign import NotebookNotary

    trusted = [NotebookNotary().check_signature(read(path, 4)) for path in sorted(copies.glob("*.ipynb"))]
    assert trusted == [True, False]


def test_copies_and_open_tabs_are_ignored_by_git():
    paths = [f"{COPIES}/00_start_here.ipynb", ".jupyter/lab/workspaces/default.jupyterlab-workspace"]
    ignored = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True)
    if ignored.returncode == 128:
        pytest.skip("not a git checkout")
    assert ignored.stdout.split() == paths


def test_unknown_notebook_names_those_that_exist(monkeypatch, originals):
    monkeypatch.setattr(lab_module, "course_folder", lambda: originals.parent)
    with pytest.raises(typer.BadParameter, match=r"no notebook begins with '99'.*03_shifted_windows"):
        lab("99")


def test_without_the_repository_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(lab_module, "course_folder", lambda: None)
    with pytest.raises(typer.Exit) as stop:
        lab()
    assert stop.value.exit_code == 1
    assert "Clone it" in capsys.readouterr().err


def test_course_folder_is_found_from_inside_and_not_elsewhere(tmp_path, originals):
    assert course_folder(originals) == originals.parent
    assert course_folder(tmp_path.parent) is None


def test_own_jupyter_settings_of_the_reader_still_count(monkeypatch, tmp_path):
    mine = tmp_path / "mine" / "labconfig"
    mine.mkdir(parents=True)
    theme = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}
    (mine / "default_setting_overrides.json").write_text(json.dumps(theme))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(mine.parent))
    for name, value in lab_environment(ROOT).items():
        monkeypatch.setenv(name, value)
    from jupyterlab_server.settings_utils import _get_overrides

    overrides, error = _get_overrides(str(tmp_path))
    assert not error
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert overrides["@jupyterlab/apputils-extension:themes"]["theme"] == "JupyterLab Dark"
    assert lab_environment(ROOT)["JUPYTER_CONFIG_PATH"] == os.environ["JUPYTER_CONFIG_PATH"]


def test_no_browser_is_opened_when_none_is_wanted():
    assert "--no-browser" in lab_arguments(ROOT, "my_notebooks", browser=False)
    assert "--no-browser" not in lab_arguments(ROOT, "my_notebooks", browser=True)


NBGRADER = "nbgrader.server_extensions."


@pytest.fixture
def jupyter_with(monkeypatch, tmp_path):
    """jupyter_with(teacher) -> which parts of nbgrader's server are on, which of its pages are off."""
    mine = tmp_path / "mine" / "labconfig"
    mine.mkdir(parents=True)
    (mine / "page_config.json").write_text('{"disabledExtensions": {"my-own": true}}')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(mine.parent))

    def settings(teacher):
        for name, value in lab_environment(ROOT, teacher).items():
            monkeypatch.setenv(name, value)
        from jupyter_core.paths import jupyter_config_path, jupyter_path
        from jupyter_server.extension.config import ExtensionConfigManager
        from jupyterlab_server.config import get_page_config

        server = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
        disabled = get_page_config(jupyter_path("labextensions"))["disabledExtensions"]
        assert "my-own" in disabled, "the reader's own settings still count"
        pages = {name.removeprefix("@jupyter/nbgrader") for name in disabled if "nbgrader" in name}
        return {name.removeprefix(NBGRADER) for name, on in server.items() if on and NBGRADER in name}, pages

    return settings


def test_learners_see_nothing_of_nbgrader(jupyter_with):
    on, disabled = jupyter_with(teacher=False)
    assert on == set()
    assert disabled == {""}, "all of it"


def test_teachers_have_the_pages_that_work_on_one_machine(jupyter_with):
    on, disabled = jupyter_with(teacher=True)
    assert on == {"formgrader", "validate_assignment"}
    assert disabled == {":assignment-list", ":course-list"}


def test_nbgrader_is_installed_here_so_that_the_tests_above_say_something():
    from jupyter_core.paths import ENV_CONFIG_PATH

    found = [path for place in ENV_CONFIG_PATH for path in Path(place).glob("*server_config.d/nbgrader.json")]
    assert found
    names = json.loads(found[0].read_text())["ServerApp"]["jpserver_extensions"]
    ours = json.loads((ROOT / ".jupyter/jupyter_server_config.d/nbgrader.json").read_text())
    assert set(names) == set(ours["ServerApp"]["jpserver_extensions"]), "a new one would be seen by learners"


def test_a_teacher_s_own_tabs_are_not_closed(tmp_path):
    (tmp_path / "mine.jupyterlab-workspace").write_text("{}")
    assert not open_pages(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jupyterlab-workspace"]


@pytest.fixture
def running_lab(originals, tmp_path):
    """JupyterLab as `swin-edu lab` starts it, on a terminal; gives its port, token, and a way to stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / ".jupyter").symlink_to(ROOT / ".jupyter")
    code = (
        "import pathlib, sys, swin_edu.commands.lab as module\n"
        "module.course_folder = lambda: pathlib.Path(sys.argv[1])\n"
        "module.lab(browser=False, port=int(sys.argv[2]))"
    )
    own_settings = {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
    }
    terminal, keyboard = pty.openpty()  # JupyterLab stops in an orderly way only where it has a terminal
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(port)],
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | own_settings,
    )
    lines = []
    while not lines or "http://127.0.0.1" not in lines[-1]:
        lines.append(server.stdout.readline())
        assert lines[-1], "".join(lines)
    page = rf"http://127.0.0.1:{port}/lab/tree/{COPIES}/00_start_here.ipynb\?token=(\w+)"
    token = re.search(page, lines[-1])

    def stop():
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=60)
        return "".join(lines) + rest

    yield port, token and token[1], stop
    if server.poll() is None:
        server.kill()
        server.wait()
    os.close(terminal)
    os.close(keyboard)


async def run_in_kernel(port, token, code):
    """What a notebook page does: start a kernel, send it a cell, read what it prints."""
    client = AsyncHTTPClient()
    url = f"127.0.0.1:{port}/api/kernels"
    while True:
        try:
            reply = await client.fetch(
                f"http://{url}?token={token}", method="POST", body="{}", request_timeout=60
            )
            break
        except ConnectionRefusedError:  # the address is printed a moment before the server listens
            await asyncio.sleep(0.1)
    kernel = json.loads(reply.body)["id"]
    page = await websocket_connect(f"ws://{url}/{kernel}/channels?session_id=page&token={token}")
    header = {
        "msg_id": "1",
        "msg_type": "execute_request",
        "username": "",
        "session": "page",
        "version": "5.3",
    }
    content = {"code": code, "silent": False}
    cell = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await page.write_message(json.dumps(cell))
    while True:
        message = json.loads(await asyncio.wait_for(page.read_message(), 60))
        if message["msg_type"] == "stream":
            return message["content"]["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal and SIGINT")
def test_lab_comes_up_at_the_notebook_runs_a_cell_and_stops_without_a_warning(running_lab):
    port, token, stop = running_lab
    assert token, f"JupyterLab is not at the notebook: {stop()}"
    assert asyncio.run(run_in_kernel(port, token, "print(6 * 7)")) == "42\n"

    def read(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}?token={token}", timeout=30) as reply:
            return reply.read()

    assert b"JupyterLab" in read(f"/lab/tree/{COPIES}/00_start_here.ipynb")
    assert json.loads(read(f"/api/contents/{COPIES}/00_start_here.ipynb"))["type"] == "notebook"
    served = json.loads(read("/lab/api/settings/@jupyterlab/apputils-extension:notification"))
    assert served["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert "@jupyter/nbgrader" in read("/lab").decode().split('"disabledExtensions"')[1].split("]")[0]
    output = stop()
    assert "Shutting down" in output
    assert "y/[n]" not in output, "Ctrl+C asks nothing"
    assert not re.search(r"\[[WE] |warning|Traceback", output, re.IGNORECASE), output


def test_a_copy_that_was_cut_short_is_never_taken_for_the_learners_own(tmp_path, monkeypatch):
    originals, copies = tmp_path / "notebooks", tmp_path / "mine"
    originals.mkdir()
    (originals / "03_x.ipynb").write_text("whole")

    def cut_short(original, copy):
        Path(copy).write_text("who")
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("shutil.copyfile", cut_short)
        with pytest.raises(OSError, match="no space"):
            copy_notebooks(originals, copies)
    assert copy_notebooks(originals, copies) == []
    assert (copies / "03_x.ipynb").read_text() == "whole"
