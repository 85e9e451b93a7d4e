"""Peak memory of one contender, measured in a process of its own that does nothing else.

`measure_memory` starts that process; `python -m benchmarks.memory` is what runs in it.
"""

import argparse
import ctypes
import gc
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks.contenders import build_network
from benchmarks.timing import KINDS, Setting, inference_step, training_step
from swin_edu import SwinConfig

STEPS = 3  # the peak is reached in the second step of training, when the optimizer has its state
MIB = 2**20


def measure_memory(
    name: str, kind: str, config: SwinConfig, size: int, batch: int, setting: Setting
) -> dict[str, float]:
    """Peak memory of a few steps in a fresh process.

    Args:
        name: a contender.
        kind: "inference" or "training".
        config: the network's settings.
        size: side of the images in pixels.
        batch: images a step.
        setting: how to run it.

    Returns:
        "peak_mib": the most that the process held, with its libraries and the network (on a GPU: that
        its tensors held); "added_mib": how much of it the steps added to what was there before them.

    Raises:
        RuntimeError: if the process fails; with the end of what it wrote.
    """
    order = {"name": name, "kind": kind, "config": asdict(config), "size": size, "batch": batch}
    order["setting"], order["threads"] = asdict(setting), torch.get_num_threads()
    command = [sys.executable, "-m", "benchmarks.memory", json.dumps(order)]
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"measuring the memory of {name} failed:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout.splitlines()[-1])


def _measure(order: dict) -> dict[str, float]:
    torch.set_num_threads(order["threads"])
    setting = Setting(**order["setting"])
    network = build_network(order["name"], SwinConfig(**order["config"]), order["size"])
    network = setting.prepare(network)
    images = torch.randn(order["batch"], 3, order["size"], order["size"], device=setting.device)
    labels = torch.zeros(order["batch"], dtype=torch.long, device=setting.device)
    step = (
        inference_step(network, images, setting)
        if order["kind"] == KINDS[0]
        else training_step(network, images, labels, setting)
    )
    before = _start_of_peak(setting.device)
    for _ in range(STEPS):
        step()
    peak = _peak(setting.device)
    return {"peak_mib": round(peak / MIB, 1), "added_mib": round((peak - before) / MIB, 1)}


def _start_of_peak(device: str) -> int:
    """Forget earlier peaks where that is possible; bytes held now."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # what building the network left behind must not be reused unseen
    forget = Path("/proc/self/clear_refs")
    if not forget.exists():
        return _peak(device)
    forget.write_text("5")  # Linux: the peak becomes what is resident now
    return _from_status("VmRSS")


def _peak(device: str) -> int:
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    if Path("/proc/self/status").exists():
        return _from_status("VmHWM")
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _from_status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure one contender; prints one line of JSON.")
    parser.add_argument("order", type=json.loads)
    print(json.dumps(_measure(parser.parse_args().order)))
