"""`swin-edu doctor` calls the good good, finds each thing that can be wrong, and says what to do about it."""

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from swin_edu.commands import checks
from swin_edu.commands import doctor as doctor_module
from swin_edu.commands.checks import CHECKS, Finding
from swin_edu.commands.doctor import doctor, examine
from swin_edu.data.hub import download_folder

GIGABYTE = 10**9
ROOT = Path(__file__).parents[2]


def run_doctor():
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, [], env={"COLUMNS": "200"})


def found(subject):
    """The one finding, and its words as the reader sees them in the table."""
    finding = CHECKS[subject]()
    assert bool(finding.remedy) == (finding.state != "good"), (
        "what is not good has a remedy, what is good has none"
    )
    return finding


def pretend_versions(monkeypatch, **versions):
    real = checks._version
    monkeypatch.setattr(checks, "_version", lambda name: versions.get(name.replace("-", "_"), real(name)))


def test_this_environment_has_everything_that_is_needed():
    result = run_doctor()
    assert result.exit_code == 0, result.output
    assert "Everything the lessons need is here." in result.output
    for subject in CHECKS:
        assert subject in result.output


def test_each_check_reports_under_the_subject_it_is_listed_with():
    assert [finding.subject for finding in examine()] == list(CHECKS)


def test_old_python_is_missing(monkeypatch):
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "10", "14"))
    assert found("Python").state == "missing"
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "14", "0rc1"))
    assert found("Python").state == "good"


def test_absent_torch_is_missing_and_the_exit_code_is_1(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert found("PyTorch").state == "missing"
    result = run_doctor()
    assert result.exit_code == 1
    assert "Needed and missing: PyTorch." in result.output, "what only follows from it is not listed"
    assert "make lab" in result.output
    assert "Jupyter" in result.output, "the other lines are still shown"


def test_old_torch_is_missing(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "2.5.1+cu124")
    assert found("PyTorch").state == "missing"
    monkeypatch.setattr(torch, "__version__", "2.10.0")
    assert found("PyTorch").state == "good"


def test_absent_package_is_missing_and_named(monkeypatch):
    pretend_versions(monkeypatch, einops=None)
    finding = found("packages")
    assert finding.state == "missing"
    assert finding.detail == "not installed: einops"


def test_package_at_another_version_than_the_pin_is_only_a_hint(monkeypatch, tmp_path):
    (tmp_path / "constraints.txt").write_text(
        "# pins\neinops==0.0.1\ntorch==2.13.0 ; python_version >= '3'\nnumpy==1.0 ; python_version < '3'\n"
    )
    monkeypatch.setattr(checks, "course_folder", lambda: tmp_path)
    pretend_versions(monkeypatch, torch="2.13.0+cpu")
    finding = found("packages")
    assert finding.state == "optional"
    assert "(pinned 0.0.1)" in finding.detail
    assert "torch" not in finding.detail, "a local build such as +cpu is the pinned version"
    assert "numpy" not in finding.detail, "a pin for another system does not count here"


def test_every_requirement_of_the_package_is_looked_at():
    required = " ".join(importlib.metadata.requires("swin-edu"))
    names = checks._requirements()
    assert {"torch", "anywidget", "scikit-image", "jupyterlab", "nbclient"} <= set(names)
    assert "pytest" in required
    assert "pytest" not in names, "the lessons do not need what only the tests need"


def test_gpu_is_named_and_its_absence_is_no_fault(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert found("GPU") == Finding("GPU", "good", "none; every lesson runs on the CPU")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "NVIDIA H100")
    properties = types.SimpleNamespace(total_memory=80 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    assert found("GPU") == Finding("GPU", "good", "NVIDIA H100, 80 GB")


def test_driver_without_a_fitting_torch_is_a_hint(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert found("GPU").state == "optional"


@pytest.mark.parametrize(
    ("threads", "variable", "state"),
    [(4, None, "good"), (8, None, "optional"), (1, "1", "optional"), (4, "4", "good")],
)
def test_threads_fit_the_cores(monkeypatch, threads, variable, state):
    monkeypatch.setattr(checks, "_cores", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if variable:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    assert found("threads").state == state


def test_absent_jupyter_is_missing(monkeypatch):
    pretend_versions(monkeypatch, jupyterlab=None)
    assert found("Jupyter").state == "missing"
    assert run_doctor().exit_code == 1


def test_kernel_of_another_python_is_missing(monkeypatch, tmp_path):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = ["/another/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = found("Jupyter")
    assert finding.state == "missing"
    assert "/another/bin/python" in finding.detail


def test_absent_widgets_are_missing(monkeypatch):
    pretend_versions(monkeypatch, anywidget=None)
    assert found("widgets").detail == "not installed: anywidget"


def test_widgets_without_their_jupyterlab_side_are_missing(monkeypatch, tmp_path):
    page = tmp_path / "labextensions" / "anywidget"
    page.mkdir(parents=True)
    (page / "package.json").write_text("{}")
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda name: [str(tmp_path / name)])
    finding = found("widgets")
    assert finding.state == "missing"
    assert finding.detail == "JupyterLab does not know: @jupyter-widgets/jupyterlab-manager"


@pytest.mark.parametrize(("free", "state"), [(0.1, "missing"), (1, "optional"), (50, "good")])
def test_disk_needs_room(monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=free * GIGABYTE))
    assert found("disk").state == state


def test_data_is_found_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setattr("swin_edu.data.places.course_folder", lambda: tmp_path / "course")
    monkeypatch.delenv("SWIN_EDU_DATA", raising=False)
    finding = found("data")
    assert finding.state == "optional"
    assert "swin-edu data get cifar10" in finding.remedy
    (tmp_path / "cifar10").mkdir()
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path))
    finding = found("data")
    assert finding.state == "good"
    assert str(tmp_path / "cifar10") in finding.detail


def test_half_a_download_is_not_called_good(monkeypatch, tmp_path):
    monkeypatch.setattr("swin_edu.data.places.course_folder", lambda: tmp_path)
    monkeypatch.delenv("SWIN_EDU_DATA", raising=False)
    download_folder("cifar10").mkdir(parents=True)
    finding = found("data")
    assert finding.state == "optional"
    assert "only partly" in finding.detail


def test_data_folder_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SWIN_EDU_DATA", str(tmp_path / "misspelt"))
    finding = found("data")
    assert finding.state == "optional"
    assert "misspelt" in finding.detail


def test_absent_chromium_says_how_to_get_it_and_stops_no_lesson(monkeypatch):
    which = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name: None if "chrom" in name else which(name) or "/usr/bin/node"
    )
    finding = found("for tests")
    assert finding.state == "optional"
    assert finding.detail == "not found: Chromium"
    assert "chromium" in finding.remedy


def test_without_nbgrader_a_teacher_hears_it_and_no_lesson_is_stopped(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "nbgrader" else real(name))
    finding = found("for teachers")
    assert finding.state == "optional"
    assert "swin-edu[classroom]" in finding.remedy


def test_without_bubblewrap_a_teacher_hears_what_to_install(monkeypatch):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *more: None if name == "bwrap" else which(name, *more))
    finding = found("for teachers")
    assert finding.state == "optional"
    assert "bubblewrap" in finding.remedy


def test_check_that_breaks_is_reported_and_hides_no_other_line(monkeypatch):
    def broken():
        raise OSError("libGL.so.1: cannot open shared object file")

    monkeypatch.setitem(doctor_module.CHECKS, "widgets", broken)
    result = run_doctor()
    assert result.exit_code == 1
    assert "libGL.so.1" in result.output
    assert "disk" in result.output


def test_the_command_itself_runs_where_torch_is_broken_and_says_so(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so: cannot open shared object file')")
    run = subprocess.run(
        [sys.executable, "-m", "swin_edu.cli", "doctor"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "Needed and missing: PyTorch." in run.stdout, run.stdout + run.stderr
    assert "libtorch.so: cannot open" in run.stdout
    assert "make lab" in run.stdout
