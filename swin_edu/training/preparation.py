"""What happens to a batch of images before the network sees it, in one place and in order.

Crop and mirror, change, normalise, erase, mix: each is a function of `swin_edu.data`, on the whole batch at
once, on the device where the images are. Notebook 08 shows each step.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from swin_edu.data import ImageDataset, normalise
from swin_edu.data.augmentation import crop_and_flip, draw_crops
from swin_edu.data.mixing import draw_erasing, draw_mixing, erase, mix_with_neighbour
from swin_edu.data.trivial_augment import draw_changes, trivial_augment
from swin_edu.model import CheckpointError
from swin_edu.training.errors import TrainingError
from swin_edu.training.pretrained import normalisation_of
from swin_edu.training.settings import TrainingSettings

Draws = dict[str, Tensor]


@dataclass(frozen=True)
class Preparation:
    """From uint8 images and labels to what the network and the loss are given.

    What is random is drawn for the whole batch, on the CPU; a process that trains on a share of the batch
    takes the same share of the draws.

    Args:
        settings: what is done, and how much.
        num_classes: length of a target.
        size: (H, W) of the images.
        mirror: whether half of the images are mirrored.
        mean, deviation: of each colour channel, on the scale 0..1.

    Example:
        >>> prepare = Preparation(TrainingSettings(), 10, (32, 32), True, [0.5] * 3, [0.25] * 3)
        >>> draws = prepare.draw(2, torch.Generator().manual_seed(0))
        >>> images = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
        >>> images, targets = prepare(images, torch.tensor([3, 4]), draws)
        >>> images.dtype, targets.argmax(dim=1).tolist()
        (torch.float32, [3, 4])
    """

    settings: TrainingSettings
    num_classes: int
    size: tuple[int, int]
    mirror: bool
    mean: list[float]
    deviation: list[float]

    @classmethod
    def of(cls, settings: TrainingSettings, train_set: ImageDataset) -> "Preparation":
        """What the settings say, for the images of a data set.

        Images get the mean and deviation that the network was trained with, where its weights tell them.

        Args:
            settings: of the run.
            train_set: gives size, classes, statistics, and whether a mirrored image keeps its class.

        Raises:
            TrainingError: if the weights cannot be read.
        """
        try:
            known = normalisation_of(settings.weights) if settings.weights else None
        except CheckpointError as error:
            raise TrainingError(str(error)) from error
        mean, deviation = known or train_set.channel_statistics()
        mirror = train_set.mirror_keeps_label if settings.flip is None else settings.flip
        # Images of a single brightness would be divided by zero.
        deviation = [max(value, 1e-3) for value in deviation]
        return cls(
            settings, train_set.num_classes, tuple(train_set.images.shape[2:]), mirror, mean, deviation
        )

    @property
    def padding(self) -> int:
        """The largest shift in pixels."""
        chosen = self.settings.crop_padding
        return self.size[1] // 8 if chosen is None else chosen

    def draw(self, count: int, generator: torch.Generator) -> Draws:
        """All random decisions for a batch.

        Args:
            count: images in it.
            generator: on the CPU; the same state gives the same draws.

        Returns:
            Tensors with a row an image.
        """
        settings = self.settings
        top, left, mirrored = draw_crops(count, self.padding, self.mirror, generator)
        draws = {"top": top, "left": left, "mirrored": mirrored}
        if settings.trivial_augment:
            draws["change"], draws["strength"] = draw_changes(count, generator)
        if settings.erasing_probability:
            draws["erased"] = draw_erasing(count, self.size, settings.erasing_probability, generator)
        if settings.mixup_alpha or settings.cutmix_alpha:
            how = settings.mixup_alpha, settings.cutmix_alpha, settings.mix_probability
            draws["share"], draws["box"] = draw_mixing(count, self.size, *how, generator)
        return draws

    def __call__(self, images: Tensor, labels: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Prepare the images of a batch, or of a process's share of it.

        Args:
            images: (B, 3, H, W), uint8.
            labels: (B,), int64.
            draws: of `draw`, with as many rows.

        Returns:
            images: (B, 3, H, W), float32.
            targets: (B, num_classes), float32, rows that sum to 1.
        """
        images = crop_and_flip(images, draws["top"], draws["left"], draws["mirrored"], padding=self.padding)
        if "change" in draws:
            images = trivial_augment(images, draws["change"], draws["strength"])
        images, targets = self.normalise(images), F.one_hot(labels, self.num_classes).float()
        if "erased" in draws:
            images = erase(images, draws["erased"])
        if "share" in draws:
            images, targets = mix_with_neighbour(images, targets, draws["share"], draws["box"])
        return images, targets

    def normalise(self, images: Tensor) -> Tensor:
        """The part that test images get, too.

        Args:
            images: (B, 3, H, W), uint8.

        Returns:
            (B, 3, H, W), float32.
        """
        return normalise(images, self.mean, self.deviation)
