"""CIFAR-10 and CIFAR-100 from the public hub: downloads that continue where they stopped and are verified.

Used by `swin-edu data get` and by notebooks 08 and 09 the first time they need the images.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from swin_edu.data.atomic_files import flush_to_disk, sha256_of
from swin_edu.data.errors import BrokenDataError, MissingDataError
from swin_edu.data.places import cache_folder


@dataclass(frozen=True)
class HubFile:
    """One file of a hub repository, known by its content.

    Args:
        path: inside the repository.
        size: bytes.
        sha256: of the content; the hub addresses its files by it.

    Example:
        >>> HUB_DATASETS["cifar10"].files["test"].name
        'test-00000-of-00001.parquet'
    """

    path: str
    size: int
    sha256: str

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

    Example:
        >>> HUB_DATASETS["cifar100"].repository
        'uoft-cs/cifar100'
    """

    repository: str
    revision: str
    files: dict[str, HubFile]
    about: str


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
    ),
}


def download_folder(name: str, cache_dir: str | Path | None = None) -> Path:
    """Where the downloaded files of a hub data set lie.

    Args:
        name: a key of `HUB_DATASETS`.
        cache_dir: as in `cache_folder`.

    Example:
        >>> download_folder("cifar10", "cache").as_posix()
        'cache/downloads/cifar10'
    """
    return cache_folder(cache_dir) / "downloads" / name


def is_downloaded(name: str, split: str, cache_dir: str | Path | None = None) -> bool:
    """Whether the file of one split is here in full length (its content is verified when it is read).

    Args:
        name: a key of `HUB_DATASETS`.
        split: "train" or "test".
        cache_dir: as in `cache_folder`.

    Example:
        >>> is_downloaded("cifar10", "train", "/nowhere")
        False
    """
    file = HUB_DATASETS[name].files[split]
    path = download_folder(name, cache_dir) / file.name
    return path.is_file() and path.stat().st_size == file.size


def download(
    name: str, cache_dir: str | Path | None = None, splits: tuple[str, ...] = ("train", "test")
) -> Path:
    """Bring a hub data set to this machine; what is here already is not fetched again.

    A stopped download leaves ``NAME.parquet.part`` and continues there. A file gets its name only after
    its SHA-256 was found right.

    Args:
        name: a key of `HUB_DATASETS`.
        cache_dir: as in `cache_folder`.
        splits: which files.

    Returns:
        The folder that holds the files.

    Raises:
        MissingDataError: if the hub cannot be reached; says which command to run where.
        BrokenDataError: if what came is not what was expected.

    Example:
        >>> download("cifar10", splits=()).name
        'cifar10'
    """
    folder = download_folder(name, cache_dir)
    for split in splits:
        if not is_downloaded(name, split, cache_dir):
            _download_file(name, HUB_DATASETS[name].files[split], folder)
    return folder


def check_content(name: str, path: Path) -> None:
    """Compare a downloaded file with the SHA-256 that the hub gives for it.

    Args:
        name: a key of `HUB_DATASETS`.
        path: a file of `download_folder`.

    Raises:
        BrokenDataError: names the file and the command that fetches it again.

    Example:
        >>> check_content("cifar10", Path("unknown.parquet"))  # not a file of the hub: nothing to compare
    """
    for file in HUB_DATASETS[name].files.values():
        if file.name == path.name and sha256_of(path) != file.sha256:
            raise BrokenDataError(
                f"{path} is damaged: its SHA-256 is not the one of {HUB_DATASETS[name].repository}. "
                f"Delete it and run `swin-edu data get {name}`."
            )


def _download_file(name: str, file: HubFile, folder: Path) -> None:
    # Imported here, because it takes a moment and most runs need no network.
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    hub = HUB_DATASETS[name]
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{file.name}.part"
    url = hf_hub_url(hub.repository, file.path, repo_type="dataset", revision=hub.revision)
    quiet = logging.getLogger("huggingface_hub.file_download")
    try:
        # One quick question first, so that a machine without a network is told so at once. Its answer is
        # not needed: size and digest are known, and a mirror that gives no metadata would still do.
        get_hf_file_metadata(url, timeout=10)
        if part.exists() and part.stat().st_size > file.size:
            part.unlink()
        with open(part, "ab") as partial:
            # hf_hub_download deletes what it has when it is killed; http_get continues.
            http_get(url, partial, resume_size=partial.tell(), expected_size=file.size)
    except Exception as error:
        # The client raises errors of four libraries, other ones in other versions: to the reader all of
        # them mean that the file did not come.
        quiet.debug("download of %s failed", url, exc_info=True)
        raise MissingDataError(missing_message(name, folder, error)) from error
    if sha256_of(part) != file.sha256:
        part.unlink()
        raise BrokenDataError(
            f"{url} did not give the expected content (SHA-256 differs); the download was thrown away. "
            f"Run `swin-edu data get {name}` again."
        )
    flush_to_disk(part)
    part.replace(folder / file.name)


def missing_message(name: str, folder: Path, error: BaseException | None = None) -> str:
    """What to tell someone who has neither the data nor a network.

    Args:
        name: a key of `HUB_DATASETS`.
        folder: where the download would lie.
        error: why the download failed.

    Example:
        >>> "swin-edu data get cifar10" in missing_message("cifar10", Path("data/cache/downloads/cifar10"))
        True
    """
    reason = f" and could not be downloaded ({_first_line(error)})" if error else ""
    return (
        f"{name} is not on this machine{reason}. Either run `swin-edu data get {name}` here when there is a "
        f"network; or run it on a machine with one and copy its folder to {folder}; or, if you have a copy "
        f"already, set SWIN_EDU_DATA to the folder that holds a folder {name} with train.parquet and "
        f"test.parquet (for example SWIN_EDU_DATA=../shared/data). Without any of it, `swin-edu train` "
        f"trains on the built-in shapes."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
