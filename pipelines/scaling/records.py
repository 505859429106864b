"""What shards tell each other through files in the output folder: who works, who is done, and what came of it all."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from data_prep.atomic import write_text
from data_prep.errors import InputError
from pipelines.scaling.shard import LOCK_NAME, RECORDS_NAME, Shard

#: Longest time to wait for the lock, in seconds; shards hold it for moments, except to merge.
WAIT_S = 60.0
MERGED_NAME = f"{RECORDS_NAME}/merged.json"


@dataclass(frozen=True)
class Record:
    """What came of a shard, or of all of them together.

    Attributes:
        key: Hash of the inputs and settings. Only records with the same key belong together.
        result: The command's JSON line.
        failed: Number of inputs that failed.
    """

    key: str
    result: dict[str, Any]
    failed: int


class ShardRecords:
    """The records of the shards that share an output folder.

    Args:
        folder: The output folder.
        count: Number of shards.
        key: Key of the records that count; None for the most frequent one among those of shards.
    """

    def __init__(self, folder: Path, count: int, key: str | None) -> None:
        self.folder = folder
        self.shards = [Shard(index, count) for index in range(count)]
        self._key = key

    def forget(self, shard: Shard) -> None:
        """Remove the record of a shard that starts, and with it that of all shards together."""
        for path in (self._path(shard), self.folder / MERGED_NAME):
            path.unlink(missing_ok=True)

    def add(self, shard: Shard, record: Record) -> None:
        """Write the record of a shard that is done."""
        _write(self._path(shard), record)

    def done(self) -> dict[int, Record]:
        """Return the records of the shards that are done, by their numbers."""
        found = {shard.index: record for shard in self.shards if (record := _read(self._path(shard))) is not None}
        keys = [record.key for record in found.values()]
        key = max(keys, key=keys.count, default=None) if self._key is None else self._key
        return {index: record for index, record in found.items() if record.key == key}

    def unfinished(self) -> list[int]:
        """Return the numbers of the shards that are not done, or were done with other inputs or settings."""
        done = self.done()
        return [shard.index for shard in self.shards if shard.index not in done]

    def running(self) -> list[int]:
        """Return the numbers of the shards that are at work."""
        return [shard.index for shard in self.shards if is_locked(self.folder / shard.lock_name)]

    def add_merged(self, record: Record) -> None:
        """Write what came of all shards."""
        _write(self.folder / MERGED_NAME, record)

    def merged(self) -> Record | None:
        """Return what came of all shards; None before they were merged."""
        record = _read(self.folder / MERGED_NAME)
        return record if record is not None and self._key in (None, record.key) else None

    def _path(self, shard: Shard) -> Path:
        return self.folder / RECORDS_NAME / f"{shard.suffix}.json"


@contextlib.contextmanager
def locked(path: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Lock a file against other processes inside the context, as `acquire` does.

    Yields:
        False if the file system has no locks, or the file cannot be written.

    Raises:
        Timeout: Another process holds the lock.
    """
    lock = FileLock(path, fallback_to_soft=False)
    is_locked = acquire(lock, wait_s)
    try:
        yield is_locked
    finally:
        if is_locked:
            lock.release()


def acquire(lock: FileLock, wait_s: float = 0.0) -> bool:
    """Lock a file against other processes, until the lock is released or garbage collected, or this process ends.

    The operating system releases the lock of a process that is killed; the file remains, without effect.

    Returns:
        False if the file system has no locks, or the file cannot be written.

    Raises:
        Timeout: Another process holds the lock.
    """
    try:
        lock.acquire(timeout=wait_s, poll_interval=0.05)
    except Timeout:  # which is an OSError
        raise
    except (OSError, NotImplementedError):
        return False
    return True


def is_locked(path: Path) -> bool:
    """Return whether another process holds the lock of a file."""
    if not path.exists():
        return False
    try:
        with locked(path):
            return False
    except Timeout:
        return True


@contextlib.contextmanager
def at_work(records: ShardRecords, shard: Shard) -> Iterator[None]:
    """Mark a shard as one that works, inside the context; its earlier record is removed.

    Raises:
        InputError: Another process does the work of this shard, or of all shards at once.
    """
    folder = records.folder
    (folder / RECORDS_NAME).mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            with locked(folder / LOCK_NAME, WAIT_S):
                try:
                    stack.enter_context(locked(folder / shard.lock_name))
                except Timeout:
                    raise InputError(
                        f"output_dir={folder}: another process does the work of {shard} there; wait for it, or start "
                        "another shard"
                    ) from None
                records.forget(shard)
        except Timeout:
            raise busy_error(folder) from None
        yield


def busy_error(folder: Path) -> InputError:
    """Return the error of a call that finds an output folder locked."""
    return InputError(
        f"output_dir={folder}: another process is writing its results there; wait for it, or give another output_dir"
    )


def check_no_shard_works(folder: Path) -> None:
    """Check that no shard is writing to an output folder.

    Raises:
        InputError: One is.
    """
    for path in sorted((folder / RECORDS_NAME).glob("*-of-*.lock")):
        if is_locked(path):
            raise InputError(
                f"output_dir={folder}: shard {path.stem} is writing its results there; wait for it, or give another "
                "output_dir"
            )


def _write(path: Path, record: Record) -> None:
    write_text(path, json.dumps(asdict(record), ensure_ascii=False) + "\n", errors="backslashreplace")


def _read(path: Path) -> Record | None:
    """Read a record; None if there is none, or if it is damaged."""
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    is_sound = isinstance(record.key, str) and isinstance(record.result, dict) and isinstance(record.failed, int)
    return record if is_sound else None
