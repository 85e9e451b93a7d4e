"""Results as JSON (everything that was measured) and as Markdown (the table of the README)."""

import json
from pathlib import Path

from benchmarks.contenders import OURS
from benchmarks.timing import KINDS, quartiles, times_as_fast

MARKS = ("<!-- benchmark -->", "<!-- /benchmark -->")


def markdown(results: dict) -> str:
    """The tables, what they were measured on, and how ours compares with the fastest other one.

    Args:
        results: as `benchmarks.__main__` gathers them; the JSON file holds the same.

    Returns:
        Markdown without a heading.
    """
    parts = [_speed_table(results, setting) for setting in results["speed"]]
    if "growth" in results:
        parts.append(_growth_line(results))
    parts.append(_conditions(results))
    return "\n\n".join(parts)


def _speed_table(results: dict, setting: str) -> str:
    speed, memory = results["speed"][setting], results["memory"].get(setting, {})
    batch = results["task"]["batch"]
    header = ["implementation", "inference, images/s", "training, images/s"]
    if memory:
        header += ["peak memory, inference", "peak memory, training"]
    rows = [header, ["---"] * len(header)]
    for name in speed[KINDS[0]]:
        row = [f"**{name}**" if name == OURS else name]
        row += [_images_per_second(speed[kind][name], batch) for kind in KINDS]
        row += [_memory(memory[kind][name]) for kind in KINDS if memory]
        rows.append(row)
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join(
        filter(None, [f"**{results['task']['name']}, {setting}**", table, _verdict(speed, memory)])
    )


def _images_per_second(seconds: list[float], batch: int) -> str:
    lower, median, upper = quartiles([batch / value for value in seconds])
    return f"{median:.2f} ({lower:.2f} to {upper:.2f})"


def _memory(found: dict[str, float]) -> str:
    return f"{found['peak_mib']:.0f} MiB ({found['added_mib']:.0f} by the steps)"


def _verdict(speed: dict, memory: dict) -> str:
    said = []
    for kind, times in speed.items():
        others = {name: times_as_fast(times[OURS], times[name]) for name in times if name != OURS}
        if others:
            fastest = min(others, key=others.get)
            said.append(f"{kind} {others[fastest]:.2f} times as fast as the fastest other one ({fastest})")
    for kind, peaks in memory.items():
        others = {name: found["added_mib"] for name, found in peaks.items() if name != OURS}
        if others:
            smallest = min(others, key=others.get)
            share = peaks[OURS]["added_mib"] / max(others[smallest], 1)
            said.append(
                f"{kind} adds {share:.2f} times the memory that the smallest other one adds ({smallest})"
            )
    return f"{OURS}: {'; '.join(said)}." if said else ""


def _growth_line(results: dict) -> str:
    growth = results["growth"]
    sizes = next(iter(growth.values()))["sizes"]
    exponents = ", ".join(f"{name} {found['exponent']:.2f}" for name, found in growth.items())
    return f"Time for one image from {sizes[0]} to {sizes[-1]} px grows as area to the power of: {exponents}."


def _conditions(results: dict) -> str:
    machine, task = results["machine"], results["task"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    hardware = f"{machine['processor']}, {machine['threads']} threads"
    if "gpu" in machine:
        hardware += f", {machine['gpu']}"
    text = (
        f"{machine['date']}; {hardware}, {machine['memory_gib']} GiB, {machine['system']}; "
        f"Python {machine['python']}, torch {machine['torch']}; {versions}. "
        f"Batch {task['batch']} at {task['size']} px; median of {task['rounds']} interleaved rounds, "
        f"quartiles in brackets; load {machine['load_before']} before and {machine['load_after']} after."
    )
    left_out = "; ".join(f"{name} ({reason})" for name, reason in results["left_out"].items())
    return text + (f" Left out, because they could not be built here: {left_out}." if left_out else "")


def save(results: dict, folder: Path) -> Path:
    """Write ``results.json`` and ``results.md``.

    Args:
        results: everything measured.
        folder: where to; made if it is missing.

    Returns:
        The path of the JSON file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(markdown(results) + "\n", encoding="utf-8")
    path = folder / "results.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return path


def write_between_marks(page: Path, text: str) -> None:
    """Replace what a page has between the benchmark marks.

    Args:
        page: a Markdown file with both marks, each once.
        text: what shall stand there.

    Raises:
        ValueError: if the page has not exactly one of each mark, in that order.
    """
    old = page.read_text(encoding="utf-8")
    start, end = MARKS
    if old.count(start) != 1 or old.count(end) != 1 or old.index(start) > old.index(end):
        raise ValueError(f"{page} needs one {start} and one {end} after it, around the place for the table")
    before, after = old.split(start)[0], old.split(end)[1]
    page.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
