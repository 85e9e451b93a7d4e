"""Time several steps against each other: interleaved rounds, so that a slow minute slows them all alike."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[], None]
KINDS = ("inference", "training")
GPU_SAMPLE_SECONDS = 0.2  # a GPU step takes milliseconds; one sample is as many steps as fill this time


@dataclass(frozen=True)
class Setting:
    """How a network is run.

    Attributes:
        device: "cpu" or "cuda".
        precision: "fp32", or "bf16" by autocast.
        compiled: whether `torch.compile` comes first.

    Example:
        >>> Setting("cuda", "bf16", compiled=True).name
        'cuda, bf16, compiled'
    """

    device: str = "cpu"
    precision: str = "fp32"
    compiled: bool = False

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.device}, {self.precision}, {'compiled' if self.compiled else 'eager'}"

    def prepare(self, network: nn.Module) -> nn.Module:
        """Bring the network to the device, compiled if asked."""
        network = network.to(self.device)
        return torch.compile(network, dynamic=False) if self.compiled else network

    def autocast(self) -> torch.autocast:
        """The context that sets the precision."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16")


def inference_step(network: nn.Module, images: Tensor, setting: Setting) -> Step:
    """One forward pass in evaluation mode, without gradients.

    Args:
        network: gives logits; already prepared.
        images: (B, 3, S, S).
        setting: how to run it.

    Returns:
        A function that does the step once.
    """

    def step() -> None:
        network.eval()
        with torch.inference_mode(), setting.autocast():
            network(images)

    return step


def training_step(network: nn.Module, images: Tensor, labels: Tensor, setting: Setting) -> Step:
    """One whole step of training: forward, cross-entropy, backward, AdamW (fused).

    Args:
        network: gives logits; already prepared.
        images: (B, 3, S, S).
        labels: (B,) int64.
        setting: how to run it.

    Returns:
        A function that does the step once.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-5, fused=True)

    def step() -> None:
        network.train()
        with setting.autocast():
            loss = F.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def race(steps: dict[str, Step], rounds: int, device: str = "cpu") -> dict[str, list[float]]:
    """Time every step once a round; each round starts with another one.

    Args:
        steps: name -> function that does the work once.
        rounds: how many times each is measured, after one untimed round.
        device: "cuda" waits for the device at both ends of a sample, which then holds many steps.

    Returns:
        name -> seconds a step, one number a round.

    Example:
        >>> {name: len(seconds) for name, seconds in race({"a": lambda: None, "b": lambda: None}, 3).items()}
        {'a': 3, 'b': 3}
    """
    names = list(steps)
    repeats = {name: _repeats(steps[name], device) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(_sample(steps[name], repeats[name], device))
    return seconds


def _repeats(step: Step, device: str) -> int:
    _sample(step, 1, device)  # the untimed round: memory is fetched, kernels are chosen or compiled
    if device == "cpu":
        return 1
    return max(1, math.ceil(GPU_SAMPLE_SECONDS / _sample(step, 3, device)))


def _sample(step: Step, repeats: int, device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / repeats


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile.

    Args:
        values: at least one number.

    Example:
        >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
        (2.0, 3.0, 4.0)
    """
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, median, upper


def times_as_fast(ours: list[float], theirs: list[float]) -> float:
    """How many times as fast ours is: the median of the ratios of each round.

    The times of a round were measured close together, so a busy machine disturbs their ratio less than it
    disturbs the times.

    Args:
        ours, theirs: seconds a step, one number a round, of the same rounds.

    Example:
        >>> times_as_fast([1.0, 2.0, 1.0], [1.5, 3.0, 9.0])
        1.5
    """
    return statistics.median(other / own for own, other in zip(ours, theirs, strict=True))
