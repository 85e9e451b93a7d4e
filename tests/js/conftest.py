"""Runs an explorer's JavaScript in Node, exactly as it is put together for the browser."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from swin_edu.visuals.explorer import assemble_module

HOW_TO_GET_NODE = (
    "no Node found: install it (Debian, Ubuntu: apt-get install nodejs; macOS: brew install node; "
    "Windows: winget install OpenJS.NodeJS), or name it in SWIN_EDU_NODE"
)


@pytest.fixture(scope="session")
def run_javascript() -> Callable[[str, str, Any], Any]:
    """run_javascript(file, expression, cases) -> [expression for each `c` of cases], computed by Node."""
    node = os.environ.get("SWIN_EDU_NODE") or shutil.which("node")
    if node is None:
        pytest.skip(HOW_TO_GET_NODE)

    def run(file_name: str, expression: str, cases: Any) -> Any:
        # The test's lines come after the module's own, so they see all of its functions.
        module = f"""{assemble_module(file_name)}
            const cases = {json.dumps(cases)};
            console.log(JSON.stringify(cases.map((c) => ({expression}))));"""
        command = [node, "--input-type=module", "-"]
        done = subprocess.run(command, input=module, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    return run
