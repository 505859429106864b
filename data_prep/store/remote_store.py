"""Reading signals from shards in object storage, and adding shards to it.

Beside each shard, ``NAME.safetensors``, there is a record, ``NAME.json``: the size and the SHA-256 of the shard, and
where its signals are. The record is written last, so that a shard without one is not there yet. Both never change.
"""

import hashlib
import json
import logging
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.atomic import atomic_write
from data_prep.features.extractor import Signal
from data_prep.store.shard import DTYPES, SHARD_SUFFIX, Entry, ShardError, read_header
from data_prep.store.signal_index import Place, SignalIndex
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import (
    StorageError,
    StoredObject,
    list_objects,
    read_range,
    upload,
    write_bytes,
)
from data_prep.streaming.url import redact

log = logging.getLogger(__name__)

RECORD_SUFFIX = ".json"
RECORD_VERSION = 1
#: Largest record that is read, in bytes; one of 1024 signals has about 100,000.
MAX_RECORD_BYTES = 64 << 20


class RemoteStore:
    """The signals in a folder of shards at a URL, by key; its shards are read through a cache on disk.

    A store can be pickled; processes on a machine share the cache.

    Args:
        folder: URL of the folder; need not exist yet.
        cache: Keeps the shards that are in use.

    Raises:
        StorageError: The storage cannot be listed, or a record cannot be read.
    """

    def __init__(self, folder: str, cache: FileCache) -> None:
        self.folder = folder
        self.cache = cache
        #: Local folder of what belongs to this store: its records, and signals on their way.
        self.local_folder = cache.folder / "stores" / hashlib.sha256(folder.encode()).hexdigest()[:16]
        self._shards: list[tuple[StoredObject, str]] = []  # each shard with its SHA-256
        self._names: set[str] = set()
        self._index = SignalIndex()
        self.refresh()

    def refresh(self) -> None:
        """Find shards that have been added."""
        for record in list_objects(self.folder, RECORD_SUFFIX):
            name = record.url.rpartition("/")[2]
            if name in self._names:
                continue
            try:
                self._add_record(name, _read_record(record, self.local_folder / "records" / name))
            except ShardError as error:
                log.warning("%s: %s; its clips are prepared again", redact(record.url), error)

    def __contains__(self, key: str) -> bool:
        return self._index.find(key) is not None

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, key: str) -> Signal:
        """Read a signal; its whole shard is fetched if the cache lacks it.

        Raises:
            KeyError: There is no such signal.
            StorageError: The shard cannot be fetched, or its content is not what was written.
        """
        place = self._find(key)
        with self.cache.open(*self._shards[place.shard]) as file:
            return Signal(place.entry.read(file.fileno()), place.entry.rate_hz)

    def read_alone(self, key: str) -> Signal:
        """Read a signal whose neighbours are not needed: its shard is not fetched, if the cache lacks it.

        Raises:
            KeyError: There is no such signal.
            StorageError: It cannot be read, or is not what was written.
        """
        place = self._find(key)
        shard, sha256 = self._shards[place.shard]
        if self.cache.holds(shard, sha256):
            return self[key]
        entry = place.entry
        content = read_range(shard.url, entry.offset, entry.offset + entry.num_bytes) if entry.num_bytes else b""
        if len(content) != entry.num_bytes or zlib.crc32(content) != place.crc32:
            raise StorageError(f"{redact(shard.url)}: the signal {key} is not what was written; upload the shard again")
        return Signal(np.frombuffer(content, entry.dtype).reshape(entry.shape).copy(), entry.rate_hz)

    def duration_s(self, key: str) -> float:
        """Return the duration of a signal in seconds, without reading it."""
        entry = self._find(key).entry
        return entry.shape[0] / entry.rate_hz

    def shard_numbers(self, keys: Iterable[str]) -> np.ndarray:
        """Return the number of the shard of each signal, (keys,); the numbers are those of the shards' sorted names."""
        names = [shard.url for shard, _ in self._shards]
        rank = np.argsort(np.argsort(names)) if names else np.empty(0, np.int64)
        return np.array([rank[self._find(key).shard] for key in keys], np.int64)

    def publish(self, path: Path) -> None:
        """Upload a shard and then its record."""
        record = describe_shard(path)
        upload(path, f"{self.folder}/{path.name}")
        name = path.with_suffix(RECORD_SUFFIX).name
        write_bytes(f"{self.folder}/{name}", json.dumps(record).encode())
        self._add_record(name, record)

    def _find(self, key: str) -> Place:
        place = self._index.find(key)
        if place is None:
            raise KeyError(key)
        return place

    def _add_record(self, name: str, record: Any) -> None:
        try:
            if record["version"] != RECORD_VERSION:
                raise ShardError(f"its version is {record['version']!r}, expected {RECORD_VERSION}")
            size, sha256, signals = record["bytes"], record["sha256"], record["signals"]
            int(sha256, 16)
            if not isinstance(size, int) or len(sha256) != 64 or not isinstance(signals, dict):
                raise ValueError("size, hash or signals are of the wrong type")
        except (KeyError, TypeError, ValueError) as error:
            raise error if isinstance(error, ShardError) else ShardError(f"is no record of a shard ({error})") from None
        self._index.add(len(self._shards), signals, size)
        shard = StoredObject(f"{self.folder}/{name.removesuffix(RECORD_SUFFIX)}{SHARD_SUFFIX}", size, sha256)
        self._shards.append((shard, sha256.lower()))
        self._names.add(name)


def describe_shard(path: Path) -> dict[str, Any]:
    """Return the record of a shard: its size and hash, and type, shape, offset, rate and checksum of its signals."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    with open(path, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        signals = {
            key: [names[entry.dtype], list(entry.shape), entry.offset, entry.rate_hz, _crc32(file.fileno(), entry)]
            for key, entry in read_header(path).items()
        }
    return {"version": RECORD_VERSION, "bytes": path.stat().st_size, "sha256": sha256, "signals": signals}


def _crc32(file: int, entry: Entry) -> int:
    return zlib.crc32(entry.read(file).tobytes())


def _read_record(record: StoredObject, kept: Path) -> Any:
    """Read a record, from the local copy if there is one, because records never change."""
    if record.size > MAX_RECORD_BYTES:
        raise ShardError(f"has {record.size} bytes, at most {MAX_RECORD_BYTES} are read")
    content = kept.read_bytes() if kept.is_file() and kept.stat().st_size == record.size else None
    if content is None:
        content = read_range(record.url, 0, record.size)
        with atomic_write(kept) as partial:
            partial.write_bytes(content)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ShardError(f"is not valid JSON ({error})") from None
