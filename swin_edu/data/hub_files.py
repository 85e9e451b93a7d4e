"""Which files of the public hub make up each data set, at which revision, and what is known of their content.

`swin_edu/data/hub.py` downloads them; `swin-edu data list` shows them.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class HubFile:
    """One file of a hub repository, known by its content.

    Args:
        path: inside the repository.
        size: bytes. None where it was not known when this was written.
        sha256: of the content; the hub addresses its files by it. None where it was not known; then the
            digest that the hub itself gives for the file at this revision is demanded and kept beside it.

    Example:
        >>> HUB_DATASETS["cifar10"].files["test"].name
        'test-00000-of-00001.parquet'
    """

    path: str
    size: int | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class HubDataset:
    """A data set on the hub at one fixed revision, so that everybody trains on the same bytes.

    Args:
        repository: "owner/name".
        revision: commit; later changes on the hub do not reach us unnoticed.
        files: one a split.
        about: one line for lists.
        counts: images in each split; a download with another number is refused. Empty: not looked at.
        num_classes: 0: not looked at.
        image_size: what `load_dataset` scales to where no size is asked for; for sets whose images have
            several sizes.
        folders: other names that a folder with this data set usually has.

    Example:
        >>> HUB_DATASETS["cifar100"].repository
        'uoft-cs/cifar100'
    """

    repository: str
    revision: str
    files: dict[str, HubFile]
    about: str
    counts: dict[str, int] = field(default_factory=dict)
    num_classes: int = 0
    image_size: int | None = None
    folders: tuple[str, ...] = ()


HUB_DATASETS = {
    "cifar10": HubDataset(
        "uoft-cs/cifar10",
        "0b2714987fa478483af9968de7c934580d0bb9a2",
        {
            "train": HubFile(
                "plain_text/train-00000-of-00001.parquet",
                119_705_255,
                "8428b53a88a11ac374111006708df51469e315a22ac6d66470afd9c78d2ae883",
            ),
            "test": HubFile(
                "plain_text/test-00000-of-00001.parquet",
                23_940_850,
                "841389e6f2d64f28bf17310e430aebac20ec3ba611a3c5e231dc93c645ce84de",
            ),
        },
        "60,000 photographs of 32 x 32 pixels in 10 classes",
        {"train": 50_000, "test": 10_000},
        10,
    ),
    "cifar100": HubDataset(
        "uoft-cs/cifar100",
        "aadb3af77e9048adbea6b47c21a81e47dd092ae5",
        {
            "train": HubFile(
                "cifar100/train-00000-of-00001.parquet",
                118_518_617,
                "694865d6b990e234804f01268586c41e88bcbbb75e20858432c05ad4081aca23",
            ),
            "test": HubFile(
                "cifar100/test-00000-of-00001.parquet",
                23_772_751,
                "98776c529bb146a9c791229df74a5cf076be9b43d82dbbd334b6a7788d73dc68",
            ),
        },
        "60,000 photographs of 32 x 32 pixels in 100 classes",
        {"train": 50_000, "test": 10_000},
        100,
    ),
    # Of the next two, repository, revision, file names and numbers of images and classes are known from
    # public sources, but the digests could not be looked up on the hub: see `HubFile.sha256`.
    "tiny-imagenet": HubDataset(
        "zh-plus/tiny-imagenet",
        "5a77092c28e51558c5586e9c5eb71a7e17a5e43f",
        {
            "train": HubFile("data/train-00000-of-00001-1359597a978bc4fa.parquet"),
            "test": HubFile("data/valid-00000-of-00001-70d52db3c749a935.parquet"),
        },
        "110,000 photographs of 64 x 64 pixels in 200 classes of ImageNet",
        {"train": 100_000, "test": 10_000},
        200,
        folders=("tiny-imagenet-200",),
    ),
    "imagenette": HubDataset(
        "frgfm/imagenette",
        "4b23ffb92a8029db9958bdfdbd6978427d09b1a0",
        {
            "train": HubFile("160px/train-00000-of-00001.parquet"),
            "test": HubFile("160px/validation-00000-of-00001.parquet"),
        },
        "13,394 photographs of all shapes in 10 classes of ImageNet",
        {"train": 9_469, "test": 3_925},
        10,
        image_size=160,
        folders=("imagenette2-160", "imagenette2-320", "imagenette2"),
    ),
}
