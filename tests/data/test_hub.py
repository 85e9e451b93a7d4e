"""Downloads, against a small server that speaks the hub's protocol: whole, resumed, verified, explained."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants
import huggingface_hub.file_download
import pytest

from swin_edu.data import HUB_DATASETS, BrokenDataError, MissingDataError, load_dataset
from swin_edu.data.hub import HubDataset, HubFile, download, is_downloaded
from swin_edu.data.shards import SPLIT_WORDS


class Hub:
    """The server's content and faults, and what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, str | None]] = []  # method, path, Range
        self.cut_after: int | None = None  # close the connection after so many bytes
        self.ignore_range = False
        self.etag: str | None = None  # instead of the content's SHA-256


def use_endpoint(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """What the environment variable HF_ENDPOINT does when the client is imported."""
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(monkeypatch):
    state = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append((self.command, self.path, wanted))
            content = state.files.get(self.path)
            if content is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = (
                0 if state.ignore_range or not wanted else int(wanted.removeprefix("bytes=").split("-")[0])
            )
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", state.etag or f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "c" * 40)
            self.end_headers()
            if self.command == "GET":
                body = content[start:]
                self.wfile.write(body[: state.cut_after])
                if state.cut_after is not None and len(body) > state.cut_after:
                    self.close_connection = True

        do_GET = do_HEAD = answer

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    use_endpoint(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    # The client writes 10 MB at a time; the files here are smaller.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr(huggingface_hub.file_download.time, "sleep", lambda seconds: None)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pets(hub, tmp_path, write_parquet, monkeypatch) -> dict[str, bytes]:
    """A small data set on the server under the name cifar10; split -> content of its file."""
    contents, files = {}, {}
    for split, count in (("train", 200), ("test", 3)):
        name = f"plain_text/{split}-00000-of-00001.parquet"
        contents[split] = write_parquet(tmp_path / "server" / f"{split}.parquet", count).read_bytes()
        hub.files[f"/datasets/owner/pets/resolve/{'a' * 40}/{name}"] = contents[split]
        files[split] = HubFile(name, len(contents[split]), hashlib.sha256(contents[split]).hexdigest())
    monkeypatch.setitem(HUB_DATASETS, "cifar10", HubDataset("owner/pets", "a" * 40, files, "pets"))
    return contents


def part_of(cache: Path, split: str = "train") -> Path:
    return cache / "downloads" / "cifar10" / f"{split}-00000-of-00001.parquet.part"


def test_a_name_is_downloaded_once_and_then_loaded_without_the_hub(hub, pets, tmp_path):
    assert not is_downloaded("cifar10", "train", tmp_path)
    assert len(load_dataset("cifar10", "train", cache_dir=tmp_path)) == 200
    assert len(load_dataset("cifar10", "test", cache_dir=tmp_path)) == 3
    assert is_downloaded("cifar10", "train", tmp_path)
    fetched = [
        path.rsplit("/", 1)[1] for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path
    ]
    assert fetched == ["train-00000-of-00001.parquet", "test-00000-of-00001.parquet"], "each split once"
    hub.asked.clear()
    assert len(load_dataset("cifar10", "train", cache_dir=tmp_path)) == 200
    assert hub.asked == []


def test_what_was_downloaded_is_what_the_server_has_and_nothing_else_is_left(pets, tmp_path):
    folder = download("cifar10", tmp_path)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {
        f"{split}-00000-of-00001.parquet": content for split, content in pets.items()
    }


def test_a_stopped_download_goes_on_where_it_stopped(hub, pets, tmp_path):
    part_of(tmp_path).parent.mkdir(parents=True)
    half = len(pets["train"]) // 2
    part_of(tmp_path).write_bytes(pets["train"][:half])
    download("cifar10", tmp_path, ("train",))
    assert [asked for method, path, asked in hub.asked if method == "GET" and "/resolve/" in path] == [
        f"bytes={half}-"
    ]
    assert part_of(tmp_path).with_suffix("").read_bytes() == pets["train"]


def test_a_connection_that_breaks_again_and_again_still_brings_the_file(hub, pets, tmp_path):
    hub.cut_after = len(pets["train"]) // 3
    download("cifar10", tmp_path, ("train",))
    starts = [asked for method, path, asked in hub.asked if method == "GET" and "/resolve/" in path]
    assert len(starts) >= 3
    assert starts[0] is None
    assert 0 < hub.cut_after - int(starts[1].strip("bytes=-")) < 1000
    assert part_of(tmp_path).with_suffix("").read_bytes() == pets["train"]


def test_a_broken_off_download_keeps_its_part_and_is_not_taken_for_the_file(hub, pets, tmp_path, monkeypatch):
    part_of(tmp_path).parent.mkdir(parents=True)
    part_of(tmp_path).write_bytes(pets["train"][:100])
    hub.cut_after = 0  # nothing comes any more
    with pytest.raises(MissingDataError, match="could not be downloaded"):
        load_dataset("cifar10", cache_dir=tmp_path)
    assert part_of(tmp_path).read_bytes() == pets["train"][:100]
    assert not is_downloaded("cifar10", "train", tmp_path)


def test_a_server_that_knows_no_ranges_gives_the_whole_file(hub, pets, tmp_path):
    part_of(tmp_path).parent.mkdir(parents=True)
    part_of(tmp_path).write_bytes(pets["train"][:100])
    hub.ignore_range = True
    download("cifar10", tmp_path, ("train",))
    assert part_of(tmp_path).with_suffix("").read_bytes() == pets["train"]


@pytest.mark.parametrize("where", ["part", "server"])
def test_content_that_is_not_the_expected_one_is_thrown_away(hub, pets, tmp_path, where):
    if where == "part":  # the part of another file
        part_of(tmp_path).parent.mkdir(parents=True)
        part_of(tmp_path).write_bytes(bytes(100))
    else:
        (path,) = (path for path in hub.files if "train" in path)
        hub.files[path] = bytes(len(pets["train"]))
    with pytest.raises(BrokenDataError, match=r"SHA-256 differs.*swin-edu data get cifar10"):
        download("cifar10", tmp_path, ("train",))
    assert list(part_of(tmp_path).parent.iterdir()) == []


def test_a_downloaded_file_that_was_damaged_later_is_named(pets, tmp_path):
    file = download("cifar10", tmp_path) / "train-00000-of-00001.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BrokenDataError, match=r"train-00000-of-00001\.parquet is damaged.*SHA-256.*data get"):
        load_dataset("cifar10", cache_dir=tmp_path)


def test_without_a_network_the_message_says_which_command_to_run_where(monkeypatch, tmp_path):
    # Port 9 of this machine: nobody listens there.
    use_endpoint(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(MissingDataError) as error:
        load_dataset("cifar10", cache_dir=tmp_path)
    for expected in (
        "cifar10 is not on this machine",
        "swin-edu data get cifar10",
        "on a machine with one",
        str(tmp_path / "downloads" / "cifar10"),
        "SWIN_EDU_DATA=../shared/data",
    ):
        assert expected in str(error.value)


def test_the_pinned_files_are_those_of_the_hub():
    # The numbers of images are known; a wrong digest here would refuse every true download.
    assert list(HUB_DATASETS) == ["cifar10", "cifar100", "tiny-imagenet", "imagenette"]
    for hub_dataset in HUB_DATASETS.values():
        assert len(hub_dataset.revision) == 40
        assert set(hub_dataset.files) == {"train", "test"}
        for split, file in hub_dataset.files.items():
            word = file.name.split("-")[0]
            assert word in SPLIT_WORDS[split], "else the downloaded file would not be found"
            assert (file.size is None) == (file.sha256 is None)
    for name in ("cifar10", "cifar100"):
        assert HUB_DATASETS[name].repository == f"uoft-cs/{name}"
        assert all(len(file.sha256) == 64 for file in HUB_DATASETS[name].files.values())


@pytest.fixture
def unpinned(pets, monkeypatch) -> None:
    """The same data set, as one whose digests nobody could look up when its entry was written."""
    old = HUB_DATASETS["cifar10"]
    files = {split: HubFile(file.path) for split, file in old.files.items()}
    monkeypatch.setitem(HUB_DATASETS, "cifar10", replace(old, files=files))


def test_a_file_without_a_pinned_digest_must_have_the_one_that_the_hub_gives(hub, pets, unpinned, tmp_path):
    assert not is_downloaded("cifar10", "train", tmp_path)
    assert len(load_dataset("cifar10", cache_dir=tmp_path)) == 200
    assert is_downloaded("cifar10", "train", tmp_path)
    file = part_of(tmp_path).with_suffix("")
    note = file.with_name(f"{file.name}.sha256")
    assert note.read_text() == f"{hashlib.sha256(pets['train']).hexdigest()}  {file.name}\n"
    hub.asked.clear()
    assert len(load_dataset("cifar10", cache_dir=tmp_path)) == 200
    assert hub.asked == []


def test_a_file_without_a_pinned_digest_that_arrives_damaged_is_thrown_away(hub, unpinned, tmp_path):
    part_of(tmp_path).parent.mkdir(parents=True)
    part_of(tmp_path).write_bytes(bytes(100))  # the beginning of another file
    with pytest.raises(BrokenDataError, match="SHA-256 differs"):
        download("cifar10", tmp_path, ("train",))
    assert list(part_of(tmp_path).parent.iterdir()) == []


def test_a_file_without_a_pinned_digest_that_was_damaged_later_is_named(unpinned, tmp_path):
    file = download("cifar10", tmp_path) / "train-00000-of-00001.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BrokenDataError, match=r"train-00000-of-00001\.parquet is damaged.*SHA-256"):
        load_dataset("cifar10", cache_dir=tmp_path)


def test_a_mirror_that_gives_no_digest_is_not_trusted_with_unpinned_files(hub, unpinned, tmp_path):
    hub.etag = '"5f8-abc"'
    with pytest.raises(BrokenDataError, match="came without a SHA-256"):
        download("cifar10", tmp_path, ("train",))
    assert not is_downloaded("cifar10", "train", tmp_path)


@pytest.mark.parametrize(("counts", "classes"), [({"train": 201, "test": 3}, 3), ({"train": 200}, 4)])
def test_a_download_with_other_numbers_than_the_data_set_is_known_to_have_is_refused(
    pets, tmp_path, monkeypatch, counts, classes
):
    known = replace(HUB_DATASETS["cifar10"], counts=counts, num_classes=classes)
    monkeypatch.setitem(HUB_DATASETS, "cifar10", known)
    with pytest.raises(BrokenDataError, match=r"should have 20[01] images in [34] .* has 200 in 3"):
        load_dataset("cifar10", cache_dir=tmp_path)
    part = load_dataset("cifar10", classes=["dog"], cache_dir=tmp_path)
    assert set(part.class_names) == {"dog"}, "a part of the classes is not compared with the whole"


def test_a_data_set_of_images_of_all_sizes_has_a_size_of_its_own(pets, tmp_path, monkeypatch):
    monkeypatch.setitem(HUB_DATASETS, "cifar10", replace(HUB_DATASETS["cifar10"], image_size=5))
    assert load_dataset("cifar10", "test", cache_dir=tmp_path).images.shape == (3, 3, 5, 5)
    assert load_dataset("cifar10", "test", image_size=4, cache_dir=tmp_path).images.shape == (3, 3, 4, 4)
