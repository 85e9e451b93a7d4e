"""How the time for one image grows with its area: Swin beside plain Vision Transformers, with a figure.

A power law, seconds = a * area ** b, is a straight line between logarithms; b is its slope. Windows should
give 1, attention over the whole image 2 in the end.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from benchmarks.timing import Setting, inference_step, quartiles, race
from swin_edu import SwinConfig, SwinTransformer
from swin_edu.baselines import VisionTransformer, vit_small

SIZES = (112, 168, 224, 336, 448, 672, 896)
SLOW_SECONDS = 8.0  # a point that takes longer is measured twice only; noise is small beside it


def networks_to_grow(quick: bool = False) -> dict[str, nn.Module]:
    """Swin-T, and ViT-S with patches of 16 (as costly as Swin-T at 224 px) and of 8 (as fine as its stage 2).

    Args:
        quick: tiny networks that show nothing, but quickly.

    Returns:
        name -> network in evaluation mode.
    """
    torch.manual_seed(0)
    if quick:
        tiny = SwinConfig(embed_dim=8, depths=(2, 2), num_heads=(1, 2), num_classes=5)
        vit = VisionTransformer(patch_size=8, num_classes=5, channels=24, depth=2, num_heads=3)
        return {"Swin-T": SwinTransformer(tiny).eval(), "ViT-S/8": vit.eval()}
    return {
        "Swin-T": SwinTransformer(SwinConfig()).eval(),
        "ViT-S/16": vit_small(patch_size=16).eval(),
        "ViT-S/8": vit_small(patch_size=8).eval(),
    }


def measure_growth(
    networks: dict[str, nn.Module], sizes: tuple[int, ...], rounds: int, setting: Setting
) -> dict[str, dict]:
    """Time one image of every size.

    Args:
        networks: name -> network; they take any size.
        sizes: sides in pixels.
        rounds: how often each point is measured.
        setting: how to run them.

    Returns:
        name -> {"sizes", "seconds" (one list a size), "exponent"}.
    """
    prepared = {name: setting.prepare(network) for name, network in networks.items()}
    seconds: dict[str, list[list[float]]] = {name: [] for name in networks}
    for size in sizes:
        image = torch.randn(1, 3, size, size, device=setting.device)
        steps = {name: inference_step(network, image, setting) for name, network in prepared.items()}
        found = race(steps, 2, setting.device)
        quick_enough = [name for name in steps if min(found[name]) < SLOW_SECONDS]
        more = race({name: steps[name] for name in quick_enough}, max(rounds - 2, 0), setting.device)
        for name in networks:
            seconds[name].append(found[name] + more.get(name, []))
    return {
        name: {"sizes": list(sizes), "seconds": values, "exponent": growth_exponent(sizes, values)}
        for name, values in seconds.items()
    }


def growth_exponent(sizes: tuple[int, ...], seconds: list[list[float]]) -> float:
    """The b of seconds = a * area ** b that fits the medians best (least squares of logarithms).

    Args:
        sizes: sides in pixels, at least two.
        seconds: the measured times of each size.

    Returns:
        b, rounded to three places.

    Example:
        >>> growth_exponent((100, 200, 400), [[1.0], [4.0], [16.0]])
        1.0
    """
    medians = [quartiles(values)[1] for values in seconds]
    slope, _ = np.polyfit(np.log(np.square(sizes)), np.log(medians), deg=1)
    return round(float(slope), 3)


def draw_growth(growth: dict[str, dict], path: Path) -> None:
    """Write the figure: milliseconds over side length, both axes logarithmic, one line a network.

    Args:
        growth: as from `measure_growth`.
        path: a .png file; its folder exists.
    """
    styles = [("query", "o", "-"), ("key", "s", "--"), ("muted_ink", "^", ":")]
    # Only here: it brings the explorers' packages along, which measuring does not need.
    from swin_edu.visuals.palette import colour

    figure, axes = plt.subplots(figsize=(6.4, 4.2), dpi=160, facecolor=colour("surface"))
    for (name, found), (meaning, marker, line) in zip(growth.items(), styles, strict=False):
        low, middle, high = (
            1000 * np.array(values)
            for values in zip(*(quartiles(samples) for samples in found["seconds"]), strict=True)
        )
        axes.fill_between(found["sizes"], low, high, color=colour(meaning), alpha=0.2, lw=0)
        axes.plot(found["sizes"], middle, line, marker=marker, color=colour(meaning), lw=1.8)
        text = f"{name}\narea$^{{{found['exponent']:.2f}}}$"
        end = (found["sizes"][-1], middle[-1])
        axes.annotate(
            text, end, (8, 0), textcoords="offset points", va="center", size=9, color=colour(meaning)
        )
    sizes = next(iter(growth.values()))["sizes"]
    axes.set(xscale="log", yscale="log", xlabel="side of the image in pixels", ylabel="milliseconds an image")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] * 0.93, sizes[-1] * 1.35)
    axes.grid(color=colour("line"), lw=0.6)
    axes.set_title("Time for one image, by its size", size=11, color=colour("ink"), loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
