"""Several processes that train one network, each on its share of every batch: PyTorch's own DDP.

``torchrun --nproc-per-node 2 -m swin_edu.cli train ...`` starts them; started alone, a run is the only
process and nothing here does anything. The batch size is that of all processes together, so a run gives
the same with any number of them, and may be resumed with another number. Only stochastic depth is drawn by
each process for itself.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from swin_edu.training.errors import TrainingError

# For a download by the first process; where one dies, torchrun ends the others at once.
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this one is.

    Args:
        rank: 0 to count - 1.
        count: processes on all machines together.
        local_rank: among those on this machine; the number of its GPU.

    Example:
        >>> Processes().first, Processes(rank=1, count=2).first
        (True, False)
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and prints."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """This process's part of a batch.

        Pairs of neighbours stay together, because Mixup and CutMix mix them.

        Args:
            batch: images in the whole batch.

        Returns:
            Where its images lie; empty for the last ones where there are too few.

        Example:
            >>> [Processes(rank, 2).share(10) for rank in (0, 1)]
            [slice(0, 6, None), slice(6, 10, None)]
        """
        pairs = -(-batch // 2)
        ends = [min(2 * -(-pairs * rank // self.count), batch) for rank in (self.rank, self.rank + 1)]
        return slice(*ends)

    def on_device(self, device: torch.device) -> torch.device:
        """The GPU that belongs to this process; without GPUs the device itself.

        Args:
            device: that the settings name.

        Raises:
            TrainingError: if this machine has fewer GPUs than processes.
        """
        if self.count == 1 or device.type != "cuda":
            return device
        if self.local_rank >= torch.cuda.device_count():
            raise TrainingError(
                f"process {self.local_rank} of this machine has no GPU of its own: there are "
                f"{torch.cuda.device_count()}. Start as many with --nproc-per-node."
            )
        return torch.device("cuda", self.local_rank)

    def join(self, device: torch.device) -> None:
        """Meet the others; before the network is wrapped.

        Args:
            device: decides how they talk to each other, NCCL for GPUs and Gloo for everything else.
        """
        if self.count > 1 and not distributed.is_initialized():
            if device.type == "cuda":
                torch.cuda.set_device(device)
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)

    def wrap(self, model: nn.Module) -> nn.Module:
        """A network whose gradients are the mean over all processes; alone, the network itself.

        Args:
            model: the same in all processes.
        """
        # No buffer of ours changes, so that none has to be sent.
        return DistributedDataParallel(model, broadcast_buffers=False) if self.count > 1 else model

    def apart(self, network: nn.Module, last: bool) -> AbstractContextManager:
        """Where a batch goes through the network in parts, gradients meet those of the others only once.

        Processes may even have different numbers of parts.

        Args:
            network: of `wrap`, compiled or not.
            last: whether this is the last part.
        """
        return nullcontext() if last or self.count == 1 else network.no_sync()

    def total(self, numbers: Tensor) -> Tensor:
        """The sum over all processes.

        Args:
            numbers: float64 or float32, on this process's device; changed in place.
        """
        if self.count > 1:
            distributed.all_reduce(numbers)
        return numbers

    @contextmanager
    def first_goes_ahead(self) -> Iterator[None]:
        """What stands inside is done by the first process, and only then by the others."""
        if not self.first:
            distributed.barrier()
        yield
        if self.first and self.count > 1:
            distributed.barrier()

    def leave(self) -> None:
        """Say goodbye, so that nobody waits for this process."""
        if self.count > 1 and distributed.is_initialized():
            distributed.destroy_process_group()


def this_process() -> Processes:
    """Which process this is, from what torchrun says in the environment.

    Raises:
        TrainingError: if the environment contradicts itself.

    Example:
        >>> this_process()
        Processes(rank=0, count=1, local_rank=0)
    """
    try:
        rank, count, local = (
            int(os.environ.get(name, default))
            for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
        )
    except ValueError as error:
        raise TrainingError(f"RANK, WORLD_SIZE and LOCAL_RANK must be whole numbers: {error}") from error
    if count > 1 and "MASTER_ADDR" not in os.environ:
        raise TrainingError("WORLD_SIZE is set but MASTER_ADDR is not: start several processes with torchrun")
    if not 0 <= rank < count:
        raise TrainingError(f"RANK must lie in 0..{count - 1} for WORLD_SIZE={count}, got {rank}")
    return Processes(rank, count, local)
