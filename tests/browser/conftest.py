"""A real JupyterLab and a real Chromium for the browser tests; where Chromium is missing, how to get it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from swin_edu.visuals import Explorer

sys.path.insert(0, str(Path(__file__).parent))  # for the modules that stand beside the tests

from explorers import ROOT
from static_page import write_page

REPOSITORY = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_CHROMIUM = (
    "no Chromium found: install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask "
    "chromium; anywhere: python -m playwright install chromium), or name it in SWIN_EDU_CHROMIUM"
)
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"


def find_chromium() -> str | None:
    """The browser to drive: SWIN_EDU_CHROMIUM, else one on the path, else Playwright's own."""
    named = os.environ.get("SWIN_EDU_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip(HOW_TO_GET_CHROMIUM)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture
def patience() -> float:
    """1 on a machine that has nothing else to do; more where others are waiting for its processors too.

    Times are measured against limits that hold on a quiet machine, multiplied by this.
    """
    waiting = os.getloadavg()[0] if hasattr(os, "getloadavg") else 1
    return max(1.0, waiting / (os.cpu_count() or 1))


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """show(explorer, width, ...) -> a page with it, as a view without a kernel; no script may fail there."""
    pages, errors = [], []

    def open_page(explorer: Explorer, width: int = 1000, **options: Any) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        page.goto(write_page(explorer, tmp_path / f"{len(pages)}.html"))
        page.wait_for_selector(ROOT)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


@dataclass
class Lab:
    """A running JupyterLab whose files lie in `folder`."""

    address: str
    token: str
    folder: Path

    def write(self, name: str, cells: list[str]) -> None:
        """Put a notebook with these code cells where the lab finds it."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        }
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, self.folder / name)

    def open(self, page: Page, name: str) -> None:
        """Open a notebook and wait for its kernel."""
        page.goto(f"{self.address}/lab/tree/{name}?token={self.token}&reset")
        idle = f'{PANEL} .jp-Notebook-ExecutionIndicator[data-status="idle"]'
        page.wait_for_selector(idle, state="attached", timeout=90_000)
        end = time.monotonic() + 60
        while not self._connected(name):  # the page may say "idle" before it has the kernel
            assert time.monotonic() < end, f"{name} got no kernel"
            page.wait_for_timeout(100)

    def _connected(self, name: str) -> bool:
        with urllib.request.urlopen(f"{self.address}/api/sessions?token={self.token}") as answer:
            kernels = [session["kernel"] for session in json.load(answer) if session["path"] == name]
        return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)

    def run_all(self, page: Page) -> None:
        """Run every cell, by the menu, and wait until none is running."""
        page.click('.lm-MenuBar-itemLabel:text-is("Run")')
        page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
        self._wait_until_run(page)

    def run_cell(self, page: Page, number: int) -> str:
        """Run one cell, counted from 0, and return the text that it printed."""
        cell = page.locator(f"{PANEL} .jp-CodeCell").nth(number)
        cell.locator(".cm-content").click()
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        page.keyboard.press("Control+Enter")
        page.wait_for_function(
            "([panel, number, before]) => { const text = document.querySelectorAll(`${panel} .jp-CodeCell`)"
            "[number].querySelector('.jp-InputPrompt').textContent;"
            " return text !== before && /\\d/.test(text); }",
            arg=[PANEL, number, before],
            timeout=60_000,
        )
        return "".join(cell.locator(".jp-OutputArea-output").all_text_contents()).strip()

    def _wait_until_run(self, page: Page) -> None:
        page.wait_for_function(
            "panel => { const prompts = [...document.querySelectorAll(`${panel} .jp-CodeCell`)]"
            ".map(cell => cell.querySelector('.jp-InputPrompt').textContent);"
            " return prompts.some(text => /\\d/.test(text)) && !prompts.some(text => text.includes('*')); }",
            arg=PANEL,
            timeout=120_000,
        )


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    folder, own = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(12)
    settings = {f"JUPYTER_{name}_DIR": str(own / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--allow-root"]
    environment = {**os.environ, **settings, "JUPYTER_CONFIG_PATH": str(REPOSITORY / ".jupyter")}
    with (own / "log.txt").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server, own / "log.txt")
        yield Lab(f"http://127.0.0.1:{port}", token, folder)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(address: str, server: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
