"""`python -m benchmarks`: measure speed, memory and growth, save the results, print the table."""

import argparse
import sys
from pathlib import Path

import torch

from benchmarks.contenders import CONTENDERS, OURS, build_networks
from benchmarks.growth import SIZES, draw_growth, measure_growth, networks_to_grow
from benchmarks.machine import describe_machine, load
from benchmarks.memory import measure_memory
from benchmarks.report import markdown, save, write_between_marks
from benchmarks.timing import KINDS, Setting, inference_step, quartiles, race, training_step
from swin_edu import SwinConfig

FOLDER = Path(__file__).parent / "results"
SWIN_T = SwinConfig(drop_path_rate=0.2)
TINY = SwinConfig(embed_dim=16, depths=(2, 2), num_heads=(2, 4), window_size=4, num_classes=5)


def main(arguments: list[str] | None = None) -> int:
    """Run what the arguments ask for.

    Args:
        arguments: as on the command line, without the program's name; by default those.

    Returns:
        0 when everything was measured.
    """
    options = _options().parse_args(arguments)
    if options.threads or options.quick:
        torch.set_num_threads(options.threads or 1)
    config, size, batch = (TINY, 32, 2) if options.quick else (SWIN_T, 224, options.batch)
    rounds = 2 if options.quick else options.rounds
    names = [OURS, *(name for name in options.only or CONTENDERS if name != OURS)]
    task = {"name": "tiny network" if options.quick else "Swin-T", "size": size, "batch": batch}
    results: dict = {"task": {**task, "rounds": rounds}, "machine": describe_machine(), "left_out": {}}
    results["machine"]["load_before"] = load()
    results["speed"], results["memory"] = {}, {}
    for setting in _settings(options.compiled, options.no_cpu):
        speed, left_out = _measure_speed(names, config, size, batch, rounds, setting)
        results["speed"][setting.name] = speed
        results["left_out"].update(left_out)
        _save(results, options.out)  # what comes next may not come to its end
        if not options.no_memory:
            found = list(speed[KINDS[0]])
            results["memory"][setting.name] = _measure_memory(found, config, size, batch, setting)
            _save(results, options.out)
    if not options.no_growth:
        setting = Setting("cuda" if torch.cuda.is_available() else "cpu")
        sizes = (32, 64) if options.quick else SIZES
        _say(f"growth with the image, {sizes[0]} to {sizes[-1]} px")
        results["growth"] = measure_growth(networks_to_grow(options.quick), sizes, rounds, setting)
    saved = _save(results, options.out)
    if "growth" in results:
        draw_growth(results["growth"], options.out / "growth.png")
    if options.into:
        write_between_marks(options.into, markdown(results))
    print(markdown(results))
    _say(f"saved {saved}")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each thing is measured")
    parser.add_argument("--batch", type=int, default=8, help="images a step")
    parser.add_argument("--threads", type=int, help="CPU threads (by default PyTorch's choice: all cores)")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, help="compare ours with these only")
    parser.add_argument("--compiled", action="store_true", help="on the CPU, measure torch.compile as well")
    parser.add_argument("--no-cpu", action="store_true", help="measure on the GPU only, where there is one")
    parser.add_argument("--no-memory", action="store_true", help="leave the memory out")
    parser.add_argument("--no-growth", action="store_true", help="leave the growth with the image out")
    parser.add_argument("--quick", action="store_true", help="tiny networks: shows that it works, no more")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for results.json, .md, growth.png")
    parser.add_argument("--into", type=Path, help="a page with benchmark marks that gets the table")
    return parser


def _save(results: dict, folder: Path) -> Path:
    results["machine"]["load_after"] = load()
    return save(results, folder)


def _settings(compiled_on_cpu: bool, no_cpu: bool) -> list[Setting]:
    settings = [Setting("cpu")] + [Setting("cpu", compiled=True)] * compiled_on_cpu
    if torch.cuda.is_available():
        settings = [] if no_cpu else settings
        settings += [Setting("cuda"), Setting("cuda", "bf16"), Setting("cuda", "bf16", compiled=True)]
    return settings


def _measure_speed(
    names: list[str], config: SwinConfig, size: int, batch: int, rounds: int, setting: Setting
) -> tuple[dict[str, dict[str, list[float]]], dict[str, str]]:
    networks, left_out = build_networks(names, config, size)
    networks = {name: setting.prepare(network) for name, network in networks.items()}
    images = torch.randn(batch, config.in_channels, size, size, device=setting.device)
    labels = torch.randint(config.num_classes, (batch,), device=setting.device)
    speed = {}
    for kind in KINDS:
        _say(f"{kind}, {setting.name}: {', '.join(networks)}")
        if kind == KINDS[0]:
            steps = {name: inference_step(n, images, setting) for name, n in networks.items()}
        else:
            steps = {name: training_step(n, images, labels, setting) for name, n in networks.items()}
        speed[kind] = race(steps, rounds, setting.device)
        for name, seconds in speed[kind].items():
            _say(f"  {name}: {batch / quartiles(seconds)[1]:.2f} images/s")
    return speed, left_out


def _measure_memory(
    names: list[str], config: SwinConfig, size: int, batch: int, setting: Setting
) -> dict[str, dict[str, dict[str, float]]]:
    _say(f"memory, {setting.name}: a process for each")
    return {
        kind: {name: measure_memory(name, kind, config, size, batch, setting) for name in names}
        for kind in KINDS
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
