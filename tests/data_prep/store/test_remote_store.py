import json
import pickle
import uuid
from pathlib import Path

import fsspec
import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.store import remote_writer
from data_prep.store.remote_store import RemoteStore
from data_prep.store.remote_writer import RemoteWriter
from data_prep.streaming import transfer
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import StorageError, list_objects, write_bytes


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileCache:
    monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.0)
    return FileCache(tmp_path / "cache", 10_000_000)


@pytest.fixture
def url() -> str:
    return f"memory://{uuid.uuid4().hex}/store/audio-1"


def key(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"


def signal(number: int) -> Signal:
    shape = (number % 5 + 1, 2, 3) if number % 2 else (number % 7,)
    dtype = np.float32 if number % 2 else np.int16
    return Signal(np.arange(np.prod(shape)).reshape(shape).astype(dtype) + number, 10.0 + number % 2)


def fill(store: RemoteStore, numbers: range) -> None:
    with RemoteWriter(store) as writer:
        for number in numbers:
            writer.add(key(number), signal(number))


def fill_until_error(writer: RemoteWriter) -> None:
    for number in range(5):
        writer.add(key(number), signal(number))
    raise KeyError


def assert_holds(store: RemoteStore, numbers: range) -> None:
    assert len(store) == len(numbers)
    for number in numbers:
        for found in (store.read_alone(key(number)), store[key(number)]):
            assert found.values.dtype == signal(number).values.dtype
            np.testing.assert_array_equal(found.values, signal(number).values)
            assert found.rate_hz == signal(number).rate_hz
        assert store.duration_s(key(number)) == signal(number).duration_s


def test_signals_are_read_as_they_were_written(
    url: str, cache: FileCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_writer, "SHARD_CLIPS", 8)
    store = RemoteStore(url, cache)
    assert len(store) == 0
    assert key(0) not in store
    fill(store, range(20))
    assert_holds(store, range(20))
    elsewhere = RemoteStore(url, FileCache(tmp_path / "elsewhere", 10_000_000))
    assert_holds(pickle.loads(pickle.dumps(elsewhere)), range(20))
    assert len(list_objects(url, ".safetensors")) == len(list_objects(url, ".json")) == 3
    assert list((store.local_folder / "waiting").iterdir()) == []
    numbers = elsewhere.shard_numbers(map(key, range(20)))
    assert sorted(np.bincount(numbers).tolist()) == [4, 8, 8]
    np.testing.assert_array_equal(numbers, store.shard_numbers(map(key, range(20))))


@pytest.mark.parametrize("wanted", ["f" * 32, "no key", "00", ""])
def test_unknown_keys(url: str, cache: FileCache, wanted: str) -> None:
    store = RemoteStore(url, cache)
    fill(store, range(3))
    assert wanted not in store
    with pytest.raises(KeyError):
        store[wanted]


def test_shards_of_others_are_found(url: str, cache: FileCache, tmp_path: Path) -> None:
    first = RemoteStore(url, cache)
    second = RemoteStore(url, FileCache(tmp_path / "second", 10_000_000))
    fill(first, range(5))
    fill(second, range(3, 9))  # two signals are stored twice
    first.refresh()
    assert_holds(first, range(9))


def test_signals_of_a_process_that_died_are_uploaded_by_the_next(url: str, cache: FileCache) -> None:
    store = RemoteStore(url, cache)
    with pytest.raises(KeyError), RemoteWriter(store) as writer:
        fill_until_error(writer)
    assert len(RemoteStore(url, cache)) == 0
    with RemoteWriter(store):
        assert_holds(store, range(5))
    assert list((store.local_folder / "waiting").iterdir()) == []


def test_a_failed_upload_is_repeated(url: str, cache: FileCache, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RemoteStore(url, cache)
    with monkeypatch.context() as patched:
        patched.setattr(store, "publish", lambda path: (_ for _ in ()).throw(StorageError("the network is down")))
        with pytest.raises(StorageError, match="the network is down"):
            fill(store, range(5))
    fill(store, range(5, 6))
    assert_holds(RemoteStore(url, cache), range(6))


def test_a_damaged_shard_is_never_used(url: str, cache: FileCache) -> None:
    store = RemoteStore(url, cache)
    fill(store, range(5))
    (shard,) = list_objects(url, ".safetensors")
    system = fsspec.filesystem("memory")
    content = bytearray(system.cat_file(shard.url))
    content[-3] ^= 1
    write_bytes(shard.url, bytes(content))
    with pytest.raises(StorageError, match="its content differs from the SHA-256 recorded for it"):
        store[key(1)]
    damaged = max(range(5), key=lambda number: store._find(key(number)).entry.offset)
    with pytest.raises(StorageError, match=f"the signal {key(damaged)} is not what was written"):
        store.read_alone(key(damaged))


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: "no object",
        lambda record: record | {"version": 2},
        lambda record: record | {"sha256": "x" * 64},
        lambda record: record | {"bytes": 10},
        lambda record: record | {"signals": {"../x": ["I16", [1], 0, 1.0, 0]}},
        lambda record: record | {"signals": {key(1): ["O", [1], 0, 1.0, 0]}},
        lambda record: record | {"signals": {key(1): ["I16", [1 << 70], 0, 1.0, 0]}},
        lambda record: record | {"signals": {key(1): ["I16", [-1], 0, 1.0, 0]}},
        lambda record: record | {"signals": {key(1): ["I16", [], 0, 1.0, 0]}},
        lambda record: record | {"signals": {key(1): ["I16", [1], 0, 0, 0]}},
        lambda record: record | {"signals": [1]},
    ],
)
def test_damaged_records_are_left_out(
    damage: object, url: str, cache: FileCache, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(RemoteStore(url, cache), range(3))
    (about,) = list_objects(url, ".json")
    record = json.loads(fsspec.filesystem("memory").cat_file(about.url))
    write_bytes(f"{url}/b.json", json.dumps(damage(record)).encode())  # type: ignore[operator]
    write_bytes(f"{url}/c.json", b"{" * 100)
    store = RemoteStore(url, FileCache(tmp_path / "elsewhere", 10_000_000))
    assert_holds(store, range(3))
    assert "b.json" in caplog.text
    assert "c.json: is not valid JSON" in caplog.text
