import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.streaming import file_cache, transfer
from data_prep.streaming.file_cache import FileCache, claimed_folder
from data_prep.streaming.object_storage import (
    StorageError,
    StoredObject,
    find_object,
    list_objects,
    read_range,
    write_bytes,
)


def put(bucket: str, name: str, content: bytes) -> StoredObject:
    write_bytes(f"{bucket}/{name}", content)
    found = find_object(f"{bucket}/{name}")
    assert found is not None
    return found


def names(cache: FileCache) -> set[str]:
    return {path.read_bytes()[:1].decode() for path in (cache.folder / "files").iterdir()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def used(cache: FileCache, wanted: StoredObject, age_s: float) -> None:
    """Read a file, and pretend that this was some time ago."""
    with cache.open(wanted) as file:
        os.utime(file.name, (time.time() - age_s,) * 2)


def test_objects_are_listed_and_read_in_ranges(bucket: str) -> None:
    put(bucket, "b.bin", b"0123456789")
    put(bucket, "a.bin", b"x")
    put(bucket, "sub/c.bin", b"y")
    assert [(each.url, each.size) for each in list_objects(bucket, ".bin")] == [
        (f"{bucket}/a.bin", 1),
        (f"{bucket}/b.bin", 10),
    ]
    assert read_range(f"{bucket}/b.bin", 3, 6) == b"345"
    assert list_objects(f"{bucket}/none", "") == []
    assert find_object(f"{bucket}/none") is None
    assert find_object(f"{bucket}/sub") is None


def test_files_used_least_recently_are_removed(bucket: str, tmp_path: Path) -> None:
    cache = FileCache(tmp_path, 25)
    objects = {name: put(bucket, name, name.encode() * 10) for name in "abcd"}
    used(cache, objects["a"], 30)
    used(cache, objects["b"], 20)
    cache.open(objects["a"]).close()  # now b was not used for longest
    cache.open(objects["c"]).close()
    assert names(cache) == {"a", "c"}
    assert cache.holds(objects["a"])
    assert not cache.holds(objects["b"])
    with cache.open(objects["b"]) as file:
        assert file.read() == b"b" * 10


def test_an_object_larger_than_the_cache_is_refused(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/a: has 3e-08 GB, but the cache .* only 2e-08 GB; raise cache.max_gb"):
        FileCache(tmp_path, 20).open(put(bucket, "a", b"x" * 30))


def test_downloads_count_with_their_final_size(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = FileCache(tmp_path, 25)
    used(cache, put(bucket, "a", b"a" * 10), 30)
    partial = tmp_path / "files/other.10.part"
    partial.write_bytes(b"o")  # another process has downloaded one byte
    cache.open(put(bucket, "b", b"b" * 10)).close()
    assert names(cache) == {"o", "b"}
    monkeypatch.setattr(file_cache, "MAX_WAIT_S", 0.2)
    with pytest.raises(StorageError, match="other processes have filled the cache"):
        cache.open(put(bucket, "c", b"c" * 20))
    os.utime(partial, (0, 0))  # abandoned
    cache.open(put(bucket, "c", b"c" * 20)).close()
    assert names(cache) == {"c"}


def test_a_changed_object_is_fetched_again(bucket: str, cache: FileCache) -> None:
    with cache.open(put(bucket, "a", b"old")) as file:
        assert file.read() == b"old"
    time.sleep(0.01)
    with cache.open(put(bucket, "a", b"new")) as file:
        assert file.read() == b"new"


def test_threads_share_one_download(bucket: str, cache: FileCache, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = put(bucket, "a", b"x" * 1000)
    calls: list[int] = []

    def slow(url: str, start: int, stop: int) -> bytes:
        calls.append(start)
        time.sleep(0.05)
        return read_range(url, start, stop)

    monkeypatch.setattr(transfer, "read_range", slow)
    threads = [threading.Thread(target=lambda: cache.open(wanted).close()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [0]


def test_a_cut_transfer_continues_where_it_stopped(
    bucket: str, cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(256)) * 4
    wanted = put(bucket, "a", content)
    monkeypatch.setattr(transfer, "CHUNK_BYTES", 100)
    starts: list[int] = []

    def cut(url: str, start: int, stop: int) -> bytes:
        starts.append(start)
        if start == 500:
            raise StorageError("the connection was cut")
        return read_range(url, start, stop)

    monkeypatch.setattr(transfer, "read_range", cut)
    with pytest.raises(StorageError, match="the connection was cut"):
        cache.open(wanted, sha256(content))
    assert starts == [0, 100, 200, 300, 400] + [500] * transfer.ATTEMPTS
    starts.clear()
    monkeypatch.setattr(transfer, "read_range", lambda *args: starts.append(args[1]) or read_range(*args))
    with cache.open(wanted, sha256(content)) as file:
        assert file.read() == content
    assert starts == [500, 600, 700, 800, 900, 1000]


def test_content_that_differs_from_its_hash_is_never_used(bucket: str, cache: FileCache) -> None:
    wanted = put(bucket, "a", b"damaged")
    with pytest.raises(StorageError, match=r"/a: its content differs from the SHA-256 recorded for it; upload"):
        cache.open(wanted, sha256(b"what it was"))
    assert list((cache.folder / "files").iterdir()) == []


def test_a_damaged_partial_file_is_fetched_anew(bucket: str, cache: FileCache) -> None:
    content = b"0123456789"
    partial = cache.folder / "files" / f"{sha256(content)}.10.part"
    partial.parent.mkdir(parents=True)
    for damaged in (b"01x", b"much too long for it"):
        partial.write_bytes(damaged)
        with cache.open(put(bucket, "a", content), sha256(content)) as file:
            assert file.read() == content
            Path(file.name).unlink()


def test_an_object_that_became_shorter_is_an_error(bucket: str, cache: FileCache) -> None:
    wanted = put(bucket, "a", b"0123456789")
    put(bucket, "a", b"0123")
    with pytest.raises(StorageError, match=r"/a: ends after 4 of 10 bytes; it was changed or cut short"):
        cache.open(wanted)


def test_folders_of_processes_that_ended_are_found(tmp_path: Path) -> None:
    with claimed_folder(tmp_path) as (first, left):
        assert left == []
        (first / "x").touch()
        with claimed_folder(tmp_path) as (_, others):
            assert others == []  # the first one is in use
    with claimed_folder(tmp_path) as (_, left):
        assert left == [first]
        (first / "x").unlink()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
