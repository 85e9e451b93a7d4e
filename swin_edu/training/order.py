"""In which order images come, and where all randomness of an epoch starts from.

The loop asks at the beginning of each epoch.
"""

import numpy as np
import torch
from torch import Tensor

from swin_edu.training import explanations
from swin_edu.training.errors import TrainingError
from swin_edu.training.processes import Processes
from swin_edu.training.settings import TrainingSettings


def seed_epoch(seed: int, epoch: int, rank: int, generator: torch.Generator) -> None:
    """Let all randomness of an epoch follow from seed and epoch alone.

    So a resumed run draws what the uninterrupted one would have drawn, and what a notebook draws between
    two epochs changes nothing. Stochastic depth uses PyTorch's own generators.

    Args:
        seed: of the run.
        epoch: counted from 1.
        rank: of the process; each drops other paths.
        generator: of order and augmentation, alike in all processes.

    Example:
        >>> generator = torch.Generator()
        >>> seed_epoch(0, 1, 0, generator); first = torch.rand(1, generator=generator)
        >>> seed_epoch(0, 1, 3, generator); first == torch.rand(1, generator=generator)
        tensor([True])
    """
    order, network = np.random.SeedSequence([seed, epoch]).generate_state(2).tolist()
    generator.manual_seed(order)
    torch.manual_seed(network + rank)


def shuffled_batches(
    count: int, settings: TrainingSettings, processes: Processes, generator: torch.Generator
) -> list[Tensor]:
    """The images of each step of an epoch, in a new order.

    Args:
        count: training images.
        settings: batch size; compiled code is made for one, so that a smaller last batch is left out then.
        processes: that share each batch.
        generator: the source of randomness.

    Returns:
        Numbers of images, int64, for each step.

    Raises:
        TrainingError: if the last batch has too few images to be shared.

    Example:
        >>> alone, generator = Processes(), torch.Generator()
        >>> [len(batch) for batch in shuffled_batches(10, TrainingSettings(batch_size=4), alone, generator)]
        [4, 4, 2]
    """
    batches = list(torch.randperm(count, generator=generator).split(settings.batch_size))
    if settings.compile and len(batches) > 1 and len(batches[-1]) < settings.batch_size:
        del batches[-1]
    if 1 < processes.count > len(batches[-1]) // 2:
        raise TrainingError(explanations.small_batch(len(batches[-1]), processes.count))
    return batches
