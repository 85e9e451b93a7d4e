"""A batch on its way through the network: forward and back for training, forward alone for testing.

The loop of notebook 08 in its smallest parts; all else in `Training` prepares them or writes them down.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from swin_edu.training.loop import Training
    from swin_edu.training.preparation import Draws

_TEST_BATCH = 500


def autocast(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """Matrix products in bfloat16, where that is the precision of a run; weights stay in float32.

    Args:
        device: of the run.
        precision: float32 or bfloat16.

    Example:
        >>> with autocast(torch.device("cpu"), torch.bfloat16):
        ...     print((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
        torch.bfloat16
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision is torch.bfloat16)


def sum_gradients(
    training: "Training", network: nn.Module, images: Tensor, labels: Tensor, draws: "Draws", batch: int
) -> Tensor:
    """Forward and back with this process's share of a batch, in as many parts as the settings say.

    Args:
        training: the run; its gradients are zero.
        network: its network, wrapped for several processes or compiled.
        images: (B, 3, H, W), uint8, of the share.
        labels: (B,), int64.
        draws: what is random in preparing them, a row an image.
        batch: images in the whole batch.

    Returns:
        (3,), float32: loss, right answers and images, each summed over the share.
    """
    settings, processes = training.settings, training.processes
    images, targets = training.prepare(images, labels, draws)
    sums = torch.zeros(3, device=training.device)
    parts = torch.arange(len(images), device=training.device).chunk(settings.accumulate)
    for number, part in enumerate(parts, start=1):
        with processes.apart(network, last=number == len(parts)):
            with autocast(training.device, training.precision):
                logits = network(images[part]).float()
            loss = F.cross_entropy(
                logits, targets[part], label_smoothing=settings.label_smoothing, reduction="sum"
            )
            # The mean over the whole batch; DDP will divide by the number of processes.
            (loss * processes.count / batch).backward()
        right = (logits.argmax(dim=1) == labels[part]).sum()
        sums += torch.stack([loss.detach(), right, torch.full_like(right, len(part))])
    return sums


def loss_and_accuracy(training: "Training") -> tuple[float, float]:
    """Test the network on all test images, each process on its share.

    Args:
        training: the run.

    Returns:
        Mean cross-entropy without label smoothing, and the part of images named correctly, 0..1.
    """
    settings, device = training.settings, training.device
    mine = training.processes.share(len(training.test_set))
    images, labels = training.test_set.images[mine], training.test_set.labels[mine]
    # What fits in training fits in testing.
    part = -(-settings.batch_size // settings.accumulate)
    at_once = _TEST_BATCH if device.type == "cpu" else min(_TEST_BATCH, part)
    # Apple's GPUs know no float64.
    sums = torch.zeros(2, dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)
    for some, right in zip(images.split(at_once), labels.split(at_once), strict=True):
        logits, right = training.predict(some.to(device)), right.to(device)
        loss = F.cross_entropy(logits, right, reduction="sum")
        sums += torch.stack([loss, (logits.argmax(dim=1) == right).sum()])
    loss, correct = (training.processes.total(sums) / len(training.test_set)).tolist()
    return loss, correct
