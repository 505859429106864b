"""Reading and writing signals in a folder of shards.

Processes that prepare the same clips at once may each store the same signal. Both copies are equal, so it does not
matter which one is read, and `compact_shards` removes one later.
"""

import contextlib
import errno
import logging
import os
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.store.shard import SHARD_SUFFIX, Entry, ShardError, read_header, write_shard

log = logging.getLogger(__name__)

#: Size at which a shard is written, in bytes and in clips.
SHARD_BYTES = 64 << 20
SHARD_CLIPS = 1024
#: Longest time in seconds that a signal waits for its shard to be written, so that a crash loses little of slow work.
SHARD_SECONDS = 10.0
#: Most shards that a process keeps open.
MAX_OPEN = 128


class SignalStore:
    """The signals in a folder of shards, by key.

    A store can be pickled; each process then opens the shards it reads for itself.

    Args:
        folder: Folder of the shards; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shards: dict[str, Mapping[str, Entry]] = {}
        self._shard_of: dict[str, str] = {}  # file name of the shard that contains a key
        self._open: OrderedDict[str, FileIO] = OrderedDict()
        self.refresh()

    def refresh(self) -> None:
        """Find shards that other processes have added, and forget those that they have merged into others."""
        found = {path.name: path for path in sorted(self.folder.glob(f"*{SHARD_SUFFIX}"))}
        gone = self._shards.keys() - found.keys()
        if gone:
            for name in gone:
                del self._shards[name]
                self._open.pop(name, None)
            self._shard_of = {key: name for name, entries in self._shards.items() for key in entries}
        for name, path in found.items():
            if name not in self._shards:
                self.add_shard(path)

    def add_shard(self, path: Path) -> None:
        """Add a shard to the index; rename it if it is damaged, so that its clips are prepared again."""
        try:
            entries = read_header(path)
        except FileNotFoundError:  # another process has merged it into another shard
            return
        except ShardError as error:
            log.warning("%s is damaged (%s); it is renamed to *.damaged and its clips are prepared again", path, error)
            with contextlib.suppress(FileNotFoundError):  # another process has already renamed it
                os.replace(path, path.with_suffix(".damaged"))
            return
        self._shards[path.name] = entries
        self._shard_of |= dict.fromkeys(entries, path.name)

    @property
    def shards(self) -> Mapping[str, Mapping[str, Entry]]:
        """Entries of each shard, by file name and key."""
        return self._shards

    def __contains__(self, key: str) -> bool:
        return key in self._shard_of

    def __len__(self) -> int:
        return len(self._shard_of)

    def __getitem__(self, key: str) -> Signal:
        try:
            return self.read(self._shard_of[key], key)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ESTALE):
                raise
        self.refresh()  # another process has merged the shard into another
        return self.read(self._shard_of[key], key)

    def read(self, name: str, key: str) -> Signal:
        """Read a signal from a given shard.

        Raises:
            FileNotFoundError: Another process has merged the shard into another.
            ShardError: The shard was truncated after it was opened.
        """
        entry = self._shards[name][key]
        return Signal(entry.read(self._file(name).fileno()), entry.rate_hz)

    def duration_s(self, key: str) -> float:
        """Return the duration of a signal in seconds, without reading it."""
        entry = self._shards[self._shard_of[key]][key]
        return entry.shape[0] / entry.rate_hz

    def shard_numbers(self, keys: Iterable[str]) -> np.ndarray:
        """Return the number of the shard of each signal, (keys,); the numbers are those of the shards' sorted names."""
        numbers = {name: number for number, name in enumerate(sorted(self._shards))}
        return np.array([numbers[self._shard_of[key]] for key in keys], np.int64)

    def remove_shard(self, name: str) -> None:
        """Delete a shard's file; close it first, because Windows does not delete open files."""
        if name in self._open:
            self._open.pop(name).close()
        (self.folder / name).unlink(missing_ok=True)

    def _file(self, name: str) -> FileIO:
        if name in self._open:
            self._open.move_to_end(name)
        else:
            if len(self._open) >= MAX_OPEN:
                self._open.popitem(last=False)[1].close()
            self._open[name] = FileIO(self.folder / name)
        return self._open[name]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_open": OrderedDict()}

    def __del__(self) -> None:
        for file in self.__dict__.get("_open", {}).values():
            file.close()


class SignalWriter:
    """A context manager that adds signals to a store; all are on disk when it exits, even through an exception."""

    def __init__(self, store: SignalStore) -> None:
        self._store = store
        self._clear()

    def add(self, key: str, signal: Signal) -> None:
        """Add a signal to the current shard, which is written when it is full or old enough, at the latest on exit."""
        self._values[key] = np.ascontiguousarray(signal.values)
        self._rates_hz[key] = signal.rate_hz
        self._bytes += signal.values.nbytes
        full = self._bytes >= SHARD_BYTES or len(self._values) >= SHARD_CLIPS
        if full or time.monotonic() - self._opened > SHARD_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the signals added since the last shard as a new shard."""
        if self._values:
            path = new_shard_path(self._store.folder)
            write_shard(path, self._values, self._rates_hz)
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


def new_shard_path(folder: Path) -> Path:
    """Return a path for a new shard that no other process chooses."""
    return folder / f"{uuid.uuid4().hex}{SHARD_SUFFIX}"
