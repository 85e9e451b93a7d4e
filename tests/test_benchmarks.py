"""The benchmarks measure what they say, with tiny networks; how fast anything is, no test asserts."""

import doctest
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks import __main__ as command
from benchmarks import contenders, growth, memory, report, timing
from benchmarks.contenders import CONTENDERS, OURS, Contender, build_network, build_networks
from benchmarks.timing import Setting
from swin_edu import SwinConfig, SwinTransformer

TINY = command.TINY
PEER = "transformers, sdpa"


@pytest.fixture(autouse=True)
def same_number_of_threads():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", ["contenders", "timing", "machine", "growth"])
def test_the_examples_in_the_docstrings_hold(name):
    failed, tried = doctest.testmod(importlib.import_module(f"benchmarks.{name}"))
    assert tried
    assert not failed


def test_the_command_measures_saves_draws_and_prints_a_table(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nbelow\n")
    out = tmp_path / "results"
    arguments = ["--quick", "--no-memory", "--only", PEER, "--out", str(out), "--into", str(page)]
    assert command.main(arguments) == 0
    results = json.loads((out / "results.json").read_text())
    for kind in timing.KINDS:
        speed = results["speed"]["cpu, fp32, eager"][kind]
        assert list(speed) == [OURS, PEER]
        assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in speed.values())
    assert results["growth"]["Swin-T"]["sizes"] == [32, 64]
    assert results["machine"]["torch"] == torch.__version__
    table = (out / "results.md").read_text()
    assert table == capsys.readouterr().out
    assert f"| **{OURS}** | " in table
    assert page.read_text() == f"above\n<!-- benchmark -->\n{table}<!-- /benchmark -->\nbelow\n"
    assert (out / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_all_contenders_share_weights_and_logits():
    networks, left_out = build_networks([OURS, PEER], TINY, 32)
    assert list(networks) == [OURS, PEER]
    assert not left_out
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        ours, theirs = (network.eval()(images) for network in networks.values())
    torch.testing.assert_close(ours, theirs)


def other(build, layout="transformers"):
    return Contender("other", "other", layout, build)


def test_a_contender_that_computes_something_else_is_refused(monkeypatch):
    def build(config, size):
        network = CONTENDERS[PEER].build(config, size)
        network.network.swin.layernorm.eps = 1.0
        return network

    monkeypatch.setitem(contenders.CONTENDERS, "other", other(build))
    with pytest.raises(ValueError, match="other gives other logits"):
        build_networks([OURS, "other"], TINY, 32)


def test_a_contender_with_weights_of_its_own_is_refused(monkeypatch):
    def build(config, size):
        network = CONTENDERS[PEER].build(config, size)
        network.network.extra = torch.nn.Parameter(torch.zeros(1))
        return network

    monkeypatch.setitem(contenders.CONTENDERS, "other", other(build))
    with pytest.raises(ValueError, match="first difference: extra"):
        build_network("other", TINY, 32)


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_a_contender_that_cannot_be_imported_is_left_out_and_named(monkeypatch, error):
    def build(config, size):
        raise error("operator torchvision::nms does not exist\nand more")

    monkeypatch.setitem(contenders.CONTENDERS, "other", other(build))
    networks, left_out = build_networks([OURS, "other"], TINY, 32)
    assert list(networks) == [OURS]
    assert left_out == {"other": f"{error.__name__}: operator torchvision::nms does not exist"}


def test_measuring_needs_none_of_the_packages_of_the_explorers():
    code = "import sys; sys.modules.update(anywidget=None, ipywidgets=None); import benchmarks.__main__"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=Path(__file__).parents[1])


def test_without_the_cpu_only_the_gpu_is_measured_where_there_is_one(monkeypatch):
    for there in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        devices = {setting.device for setting in command._settings(compiled_on_cpu=True, no_cpu=True)}
        assert devices == {"cuda" if there else "cpu"}


def test_what_was_measured_is_saved_before_what_fails(monkeypatch, tmp_path):
    def fail(*_):
        raise RuntimeError("a process for the memory died")

    monkeypatch.setattr(command, "_measure_memory", fail)
    with pytest.raises(RuntimeError, match="died"):
        command.main(["--quick", "--only", OURS, "--no-growth", "--out", str(tmp_path)])
    assert (
        OURS in json.loads((tmp_path / "results.json").read_text())["speed"]["cpu, fp32, eager"]["inference"]
    )


def test_rounds_are_interleaved_and_every_one_starts_with_another():
    order = []
    seconds = timing.race({name: lambda name=name: order.append(name) for name in "abc"}, rounds=3)
    assert "".join(order) == "abc" + "abc" + "bca" + "cab"  # the first three are not timed
    assert {name: len(found) for name, found in seconds.items()} == {"a": 3, "b": 3, "c": 3}


def test_a_sample_holds_the_time_of_the_step():
    seconds = timing.race({"slow": lambda: time.sleep(0.05), "fast": lambda: None}, rounds=2)
    assert min(seconds["slow"]) >= 0.05
    assert min(seconds["fast"]) < min(seconds["slow"])


def test_the_training_step_trains_and_the_inference_step_does_not():
    torch.manual_seed(0)
    network = SwinTransformer(TINY)
    before = [parameter.clone() for parameter in network.parameters()]
    images, labels = torch.randn(2, 3, 32, 32), torch.tensor([0, 1])
    timing.inference_step(network, images, Setting())()
    assert not network.training
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))
    timing.training_step(network, images, labels, Setting())()
    assert network.training
    assert any(not torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_bf16_is_autocast():
    network, seen = SwinTransformer(TINY), []
    network.head.register_forward_hook(lambda _, __, logits: seen.append(logits.dtype))
    timing.inference_step(network, torch.randn(2, 3, 32, 32), Setting(precision="bf16"))()
    assert seen == [torch.bfloat16]


def test_peak_memory_is_of_a_fresh_process_and_grows_with_the_batch():
    config = SwinConfig(embed_dim=16, depths=(1,), num_heads=(2,), window_size=4, num_classes=5)
    torch.set_num_threads(1)
    small, large = (
        memory.measure_memory(OURS, "inference", config, 128, batch, Setting()) for batch in (1, 64)
    )
    hidden_mib = 64 * 32 * 32 * 16 * 4 / 2**20  # one tensor of all tokens
    assert large["added_mib"] - small["added_mib"] > hidden_mib
    assert small["peak_mib"] > 50  # Python and torch are in it


def test_a_memory_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match="KeyError: 'nobody'"):
        memory.measure_memory("nobody", "inference", TINY, 32, 1, Setting())


def test_the_exponent_is_the_slope_between_logarithms():
    sizes = (112, 224, 448)
    assert growth.growth_exponent(sizes, [[float(s) ** 4] for s in sizes]) == 2.0
    assert growth.growth_exponent(sizes, [[1.0], [1.0], [1.0]]) == 0.0


def test_the_verdict_names_the_fastest_and_the_smallest_other_one():
    times = {OURS: [1.0, 1.0], "a": [2.0, 2.0], "b": [1.5, 1.5]}
    peaks = {name: {"peak_mib": 900, "added_mib": mib} for name, mib in [(OURS, 50), ("a", 100), ("b", 200)]}
    said = report._verdict({"inference": times}, {"inference": peaks})
    assert "inference 1.50 times as fast as the fastest other one (b)" in said
    assert "inference adds 0.50 times the memory that the smallest other one adds (a)" in said


@pytest.mark.parametrize("text", ["no marks", "<!-- /benchmark --> <!-- benchmark -->", "<!-- benchmark -->"])
def test_a_page_without_its_marks_is_refused_and_left_as_it_is(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(ValueError, match="needs one <!-- benchmark -->"):
        report.write_between_marks(page, "table")
    assert page.read_text() == text
