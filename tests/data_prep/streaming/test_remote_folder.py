"""A working copy and a URL are kept alike, whoever wrote last, and however a transfer ended."""

import json
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.streaming import transfer
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.linked_copy import linked_copy
from data_prep.streaming.object_storage import StorageError, find_object, list_tree, read_range, write_bytes
from data_prep.streaming.remote_folder import RECORD_NAME, RemoteFolder, read_record
from tests.data_prep.streaming.cutting_proxy import CuttingProxy


def copy_of(url: str, folder: Path) -> RemoteFolder:
    folder.mkdir(exist_ok=True)
    return RemoteFolder(url, folder, folder.with_name(folder.name + ".record"), "output_dir")


def write(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def there(url: str) -> dict[str, str]:
    return {
        name: read_range(found.url, 0, found.size).decode()
        for name, found in list_tree(url).items()
        if name != RECORD_NAME
    }


@pytest.mark.parametrize("in_memory_bytes", [0, 1 << 20])
def test_only_what_changed_is_sent_and_what_is_gone_is_removed(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory_bytes: int
) -> None:
    monkeypatch.setattr("data_prep.streaming.remote_folder.IN_MEMORY_BYTES", in_memory_bytes)
    remote = copy_of(bucket, tmp_path / "a")
    assert remote.fetch() == remote.upload() == 0
    assert list_tree(bucket) == {}
    write(tmp_path / "a", x="1", sub__y="2", z="3")
    (tmp_path / "a" / ".lock").touch()
    assert remote.upload() == 3
    assert there(bucket) == {"x": "1", "sub/y": "2", "z": "3"}
    (tmp_path / "a" / "z").unlink()
    write(tmp_path / "a", x="11")
    assert (remote.upload(), remote.upload()) == (2, 0)
    assert there(bucket) == {"x": "11", "sub/y": "2"}
    other = copy_of(bucket, tmp_path / "b")
    assert (other.fetch(), other.upload()) == (2, 0)
    assert contents(tmp_path / "b") == there(bucket)


def test_what_another_machine_wrote_is_fetched_and_what_is_newer_here_is_kept(bucket: str, tmp_path: Path) -> None:
    here, elsewhere = copy_of(bucket, tmp_path / "a"), copy_of(bucket, tmp_path / "b")
    write(tmp_path / "a", x="1", y="1", gone="1")
    here.fetch()
    here.upload()
    elsewhere.fetch()
    write(tmp_path / "b", x="2")
    (tmp_path / "b" / "gone").unlink()
    elsewhere.upload()
    write(tmp_path / "a", y="newer")  # as if this process was killed before an upload
    again = copy_of(bucket, tmp_path / "a")
    assert again.fetch() == 1
    assert contents(tmp_path / "a") == {"x": "2", "y": "newer"}
    assert again.upload() == 1
    assert there(bucket) == {"x": "2", "y": "newer"}


def test_objects_of_others_are_neither_read_nor_replaced(bucket: str, tmp_path: Path) -> None:
    write_bytes(f"{bucket}/mine", b"mine")
    with pytest.raises(InputError, match=rf"^output_dir={bucket}: holds 'mine', which no command wrote; give another"):
        copy_of(bucket, tmp_path / "a").fetch()
    remote = copy_of(f"{bucket}/sub", tmp_path / "b")
    remote.fetch()
    write(tmp_path / "b", x="1")
    remote.upload()
    write_bytes(f"{bucket}/sub/y", b"mine")
    remote.fetch()
    write(tmp_path / "b", y="2")
    with pytest.raises(InputError, match="'y' exists there and was written by no command"):
        remote.upload()
    assert there(f"{bucket}/sub") == {"x": "1", "y": "mine"}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"{", "damaged"),
        (b"[]", "expected an object with 'files'"),
        (b'{"files": {"a": "x"}}', "expected SHA-256 hashes, found 'x'"),
        (json.dumps({"files": {"a": "0" * 64}}).encode(), "differs from the SHA-256 recorded"),
    ],
)
def test_a_damaged_record_or_object_is_an_error(
    bucket: str, cache: FileCache, tmp_path: Path, record: bytes, message: str
) -> None:
    write_bytes(f"{bucket}/a", b"content")
    write_bytes(f"{bucket}/{RECORD_NAME}", record)
    with pytest.raises(InputError, match=message):
        copy_of(bucket, tmp_path / "a").fetch()
    with pytest.raises(InputError, match=message), linked_copy(bucket, cache, "model", lambda name: True):
        pass


def test_names_that_lead_elsewhere_are_refused(bucket: str, cache: FileCache, tmp_path: Path) -> None:
    name = "up/../../../outside"
    write_bytes(f"{bucket}/{name}", b"content")
    write_bytes(f"{bucket}/{RECORD_NAME}", json.dumps({"files": {name: None}}).encode())
    with pytest.raises(InputError, match=r"without '\.\.'"):
        copy_of(bucket, tmp_path / "a").fetch()
    with pytest.raises(InputError, match=r"without '\.\.'"), linked_copy(bucket, cache, "model", lambda name: True):
        pass


def test_an_upload_over_a_cut_connection_is_continued(
    s3: str, proxy: CuttingProxy, cache: FileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = copy_of(f"{s3}/out", tmp_path / "a")
    remote.fetch()
    write(tmp_path / "a", **{f"f{number}": str(number) * 50_000 for number in range(4)})
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    monkeypatch.setattr("data_prep.streaming.remote_folder.RECORD_EVERY_BYTES", 1)
    proxy.budget, proxy.stays_down = 2500, True  # bytes of the answers, after some of the files
    with pytest.raises(StorageError, match="cannot be written"):
        remote.upload()
    proxy.is_down = False
    done = [name for name, sha256 in read_record(f"{s3}/out").items() if sha256 is not None]
    assert 0 < len(done) < 4
    stamps = {name: find_object(f"{s3}/out/{name}") for name in done}
    assert copy_of(f"{s3}/out", tmp_path / "c").fetch() >= len(done)  # what is complete can be read
    again = copy_of(f"{s3}/out", tmp_path / "a")
    again.fetch()
    assert again.upload() == 4 - len(done)
    assert there(f"{s3}/out") == contents(tmp_path / "a")
    assert {name: find_object(f"{s3}/out/{name}") for name in done} == stamps
    proxy.budget, proxy.stays_down = 60_000, False
    assert copy_of(f"{s3}/out", tmp_path / "b").fetch() == 4
    assert proxy.cuts == 2
    assert contents(tmp_path / "b") == contents(tmp_path / "a")


def test_a_linked_copy_needs_no_second_download(bucket: str, cache: FileCache, tmp_path: Path) -> None:
    remote = copy_of(f"{bucket}/run", tmp_path / "a")
    remote.fetch()
    write(tmp_path / "a", report="1", bundle__weights="2", checkpoints__last="3")
    remote.upload()
    for _ in range(2):
        with linked_copy(f"{bucket}/run", cache, "model", lambda name: "checkpoints" not in name) as folder:
            assert folder.name == "run"
            assert contents(folder) == {"report": "1", "bundle/weights": "2"}
        assert not folder.exists()
    assert len(list((cache.folder / "files").iterdir())) == 2
    with (
        pytest.raises(InputError, match=rf"^model={bucket}/none: there is no such folder"),
        linked_copy(f"{bucket}/none", cache, "model", lambda name: True),
    ):
        pass
