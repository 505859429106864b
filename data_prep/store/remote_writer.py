"""Adding signals to a store in object storage: they wait on disk until they fill a shard, which is then uploaded."""

import contextlib
import logging
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.store.remote_store import RemoteStore
from data_prep.store.shard import write_shard
from data_prep.store.signal_store import SHARD_BYTES, SHARD_CLIPS, SignalStore, SignalWriter, new_shard_path
from data_prep.streaming.file_cache import claimed_folder

log = logging.getLogger(__name__)


class RemoteWriter:
    """A context manager that adds signals to a remote store; all are uploaded when it exits without an exception.

    Signals wait in a local store, which the next writer uploads if this process dies or the upload fails. At most one
    shard of them waits.
    """

    def __init__(self, store: RemoteStore) -> None:
        self._store = store
        self._stack = contextlib.ExitStack()

    def add(self, key: str, signal: Signal) -> None:
        """Add a signal; once there are enough for a shard, upload them."""
        self._writer.add(key, signal)
        self._bytes += signal.values.nbytes
        self._clips += 1
        if self._bytes >= SHARD_BYTES or self._clips >= SHARD_CLIPS:
            self._publish()

    def __enter__(self) -> "RemoteWriter":
        parent = self._store.local_folder / "waiting"
        self._folder, left = self._stack.enter_context(claimed_folder(parent))
        self._start()
        for folder in left:
            if publish_waiting(self._store, folder):
                log.info("uploaded signals that an earlier process had left in %s", folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            self._writer.flush()
            if error is None:
                self._publish()

    def _start(self) -> None:
        self._writer = SignalWriter(SignalStore(self._folder))
        self._bytes = self._clips = 0

    def _publish(self) -> None:
        self._writer.flush()
        publish_waiting(self._store, self._folder)
        self._start()


def publish_waiting(store: RemoteStore, folder: Path) -> int:
    """Upload the signals of a local store as one shard, unless the remote one has them, and remove them there.

    Returns:
        The number of signals that were uploaded.
    """
    waiting = SignalStore(folder)
    keys = [key for entries in waiting.shards.values() for key in entries if key not in store]
    if keys:
        merged = _merge(waiting, keys)
        store.publish(merged)
        waiting.remove_shard(merged.name)
    for name in list(waiting.shards):
        waiting.remove_shard(name)
    return len(keys)


def _merge(waiting: SignalStore, keys: Iterable[str]) -> Path:
    """Return the path of a shard with these signals, in their order."""
    signals = {key: waiting[key] for key in dict.fromkeys(keys)}
    values: dict[str, np.ndarray] = {key: signal.values for key, signal in signals.items()}
    path = new_shard_path(waiting.folder)
    write_shard(path, values, {key: signal.rate_hz for key, signal in signals.items()})
    return path
