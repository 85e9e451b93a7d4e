#!/usr/bin/env bash
# All that a GPU decides, in one command: the recipes for GPUs, each with several seeds, and the speed of a
# training step beside other implementations. Meant to end within ten minutes a run on an H200-class card; not
# measured yet.
#
#   benchmarks/gpu.sh [FOLDER]            the real thing; in runs/gpu unless a folder is given
#   QUICK=1 benchmarks/gpu.sh [FOLDER]    a few images on whatever device is there: shows that it works, no more
#   SEEDS="0 1 2" RECIPES="cifar10-fast"  choose; RECIPES=none for the speed alone, SPEED=0 without it
#
# A run that is there already is resumed or, if it is finished, left alone: start it again after a stop.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-runs/gpu${QUICK:+-quick}}
python=${PYTHON:-.venv/bin/python}
seeds=${SEEDS:-0 1 2}
recipes=${RECIPES:-cifar10-fast cifar10-best cifar100-best tiny-imagenet}
small=()
if [ -n "${QUICK:-}" ]; then
    small=(--epochs 1 --limit-train 64 --limit-test 32 --batch-size 32 --no-compile --record-every 1)
    small+=(--set embed_dim=16 --set "num_heads=(1, 1, 1)" --set "depths=(1, 1, 1)")
fi
mkdir -p "$out"
failed=()

train() { # NAME OPTION...
    local run=$out/$1
    shift
    if [ -e "$run/results.json" ]; then
        echo "$run: finished before"
    elif [ -e "$run/settings.json" ]; then
        "$python" -m swin_edu.cli train --resume --out "$run" || failed+=("$run")
    else
        "$python" -m swin_edu.cli train "$@" ${small[@]+"${small[@]}"} --out "$run" || failed+=("$run")
    fi
}

[ "$recipes" = none ] && recipes=
for recipe in $recipes; do
    for seed in $seeds; do
        train "$recipe-$seed" --recipe "$recipe" --seed "$seed"
    done
done
if [ -z "${QUICK:-}" ] && [ "${SPEED:-1}" != 0 ]; then
    "$python" -m benchmarks --batch 64 --no-cpu --no-growth --out "$out/speed" || failed+=("speed beside others")
fi
"$python" - "$out" << 'PYTHON' || failed+=("the table")
"""The table: for each recipe the mean over its seeds."""
import json
import statistics
import sys
from pathlib import Path

runs: dict[str, list[dict]] = {}
for file in sorted(Path(sys.argv[1]).glob("*/results.json")):
    result = json.loads(file.read_text())
    if "test_accuracy" in result:  # not the speed beside others
        runs.setdefault(file.parent.name.rpartition("-")[0], []).append(result)
print("| recipe | seeds | test accuracy, mean (lowest to highest) | seconds of training | images/s | on |")
print("|---|--:|--:|--:|--:|---|")
for name, results in runs.items():
    accuracy = [100 * result["test_accuracy"] for result in results]
    seconds, rate = (
        statistics.mean(result[key] for result in results) for key in ("training_seconds", "images_per_second")
    )
    hardware = results[0]["hardware"]
    print(
        f"| {name} | {len(results)} | {statistics.mean(accuracy):.2f} % ({min(accuracy):.2f} to "
        f"{max(accuracy):.2f}) | {seconds:.0f} | {rate:.0f} | {hardware['gpu'] or hardware['processor']} |"
    )
PYTHON
if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]}" >&2
    exit 1
fi
