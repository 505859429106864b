"""Signals on disk: safetensors shards, memory-mapped, one commit a rename.

Safetensors because it is a plain, documented layout (JSON header, then the arrays as they lie in memory), is mapped
rather than read, cannot carry code, and any language opens it. A shard is written under a temporary name and renamed
when it is whole, so a store never holds half a clip, whatever kills the process; the headers are the only index, so
there is none to fall out of step.
"""

import contextlib
import hashlib
import json
import logging
import os
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from data_prep.features.extractor import Signal
from data_prep.media import Media, MediaError
from data_prep.media.frame_folder import frame_files

log = logging.getLogger(__name__)

SHARD_BYTES = 64 << 20
SHARD_CLIPS = 1024
#: A shard is closed at the latest after this long, so that a crash costs little of slow work.
SHARD_SECONDS = 30.0


def content_hash(path: Path) -> str:
    """A hash of a file's content; of a folder of frames, of its pictures in their order.

    Raises:
        MediaError: The file cannot be read, or the folder holds no picture.
    """
    if path.is_dir():
        return hashlib.blake2b("".join(map(content_hash, frame_files(path))).encode(), digest_size=16).hexdigest()
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from None


def media_key(media: Media, content: str) -> str:
    """The name of a clip's signal in a store: a hash of its file's content and of the stretch that is meant."""
    about = json.dumps([content, media.start_s, media.end_s, media.encoding])
    return hashlib.blake2b(about.encode(), digest_size=16).hexdigest()


class SignalStore:
    """The signals in a folder of shards, by key.

    Picklable: each process opens the shards it reads by itself.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, tuple[str, int, float]] = {}  # key -> shard, length, rate_hz
        self._shards: dict[str, Any] = {}
        for path in sorted(folder.glob("*.safetensors")):
            self.add_shard(path)

    def add_shard(self, path: Path) -> None:
        """Read a shard's header; one that is damaged is set aside, so its clips are prepared again."""
        try:
            with safe_open(path, framework="np") as shard:
                rates_hz = json.loads(shard.metadata()["rates_hz"])
                lengths = {key: shard.get_slice(key).get_shape()[0] for key in shard.keys()}  # noqa: SIM118
                self._entries |= {key: (path.name, length, rates_hz[key]) for key, length in lengths.items()}
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            log.warning("%s is damaged (%s); set aside, its clips are prepared again", path, error)
            with contextlib.suppress(FileNotFoundError):  # another process may have been first
                os.replace(path, path.with_suffix(".damaged"))

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, key: str) -> Signal:
        name, _, rate_hz = self._entries[key]
        if name not in self._shards:
            self._shards[name] = safe_open(self.folder / name, framework="np")
        return Signal(self._shards[name].get_tensor(key), rate_hz)

    def duration_s(self, key: str) -> float:
        """How long a signal lasts, without reading it."""
        _, length, rate_hz = self._entries[key]
        return length / rate_hz

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_shards": {}}


class SignalWriter:
    """Adds signals to a store's folder; a context manager, so that what was added is kept however it ends."""

    def __init__(self, store: SignalStore) -> None:
        self._store = store
        self._clear()

    def add(self, key: str, signal: Signal) -> None:
        """Keep a signal; it is on disk at the latest when the writer closes."""
        self._values[key] = np.ascontiguousarray(signal.values)
        self._rates_hz[key] = signal.rate_hz
        self._bytes += signal.values.nbytes
        full = self._bytes >= SHARD_BYTES or len(self._values) >= SHARD_CLIPS
        if full or time.monotonic() - self._opened > SHARD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what has been added as one shard."""
        if self._values:
            self._store.folder.mkdir(parents=True, exist_ok=True)
            path = self._store.folder / f"{uuid.uuid4().hex}.safetensors"
            partial = path.with_suffix(".partial")
            save_file(self._values, partial, metadata={"rates_hz": json.dumps(self._rates_hz)})
            os.replace(partial, path)
            self._store.add_shard(path)
        self._clear()

    def _clear(self) -> None:
        self._values: dict[str, np.ndarray] = {}
        self._rates_hz: dict[str, float] = {}
        self._bytes = 0
        self._opened = time.monotonic()

    def __enter__(self) -> "SignalWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
