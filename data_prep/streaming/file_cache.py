"""A folder of downloaded objects of bounded size, from which the least recently used ones are removed."""

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from platformdirs import user_cache_dir

from data_prep.errors import InputError
from data_prep.streaming.object_storage import StorageError, StoredObject
from data_prep.streaming.transfer import download
from data_prep.streaming.url import redact

log = logging.getLogger(__name__)

PARTIAL = ".part"
#: Age in seconds at which a partial download is taken for abandoned if room is needed.
ABANDONED_S = 3600.0
#: Longest wait in seconds for other processes to finish their downloads if there is no room for one more.
MAX_WAIT_S = 600.0
DEFAULT_MAX_BYTES = 20 * 10**9


class _Cached(NamedTuple):
    """A file of a cache: its path, the bytes that it takes or will take, and when it was last used, in seconds."""

    path: Path
    size: int
    used_s: float


class FileCache:
    """Objects of a storage, kept as files; several processes may use a cache at once.

    Files are found by the SHA-256 of their content if it is known, otherwise by URL and version. Complete files and
    those being downloaded together never take more than `max_bytes`. A download that was cut off is continued by the
    next one. A cache can be pickled.

    Args:
        folder: Folder of the cache; created when needed.
        max_bytes: Most bytes of the files.
    """

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def open(self, wanted: StoredObject, sha256: str | None = None) -> FileIO:
        """Open an object's file for reading, after downloading it if it is not there.

        The open file stays readable after it is removed from the cache, but takes room until it is closed.

        Raises:
            StorageError: It cannot be downloaded, or its content is not that of the hash.
            InputError: It is larger than the cache.
        """
        path = self._files / _name(wanted, sha256)
        while True:
            with contextlib.suppress(FileNotFoundError):
                file = FileIO(path)
                with contextlib.suppress(OSError):
                    os.utime(path)
                return file
            self._fetch(wanted, sha256, path)

    def holds(self, wanted: StoredObject, sha256: str | None = None) -> bool:
        """Whether an object is in the cache."""
        return (self._files / _name(wanted, sha256)).exists()

    @property
    def _files(self) -> Path:
        return self.folder / "files"

    def _fetch(self, wanted: StoredObject, sha256: str | None, path: Path) -> None:
        if wanted.size > self.max_bytes:
            raise InputError(
                f"{redact(wanted.url)}: has {wanted.size / 1e9:.3g} GB, but the cache {self.folder} may hold only "
                f"{self.max_bytes / 1e9:.3g} GB; raise cache.max_gb"
            )
        (self.folder / "locks").mkdir(parents=True, exist_ok=True)
        self._files.mkdir(exist_ok=True)
        with FileLock(self.folder / "locks" / path.name):  # one download of an object at a time
            if path.exists():
                return
            # The name tells the final size, which counts from the start.
            partial = path.with_name(f"{path.name}.{wanted.size}{PARTIAL}")
            self._make_room(partial, wanted.size)
            download(wanted.url, wanted.size, sha256, partial, path)

    def _make_room(self, partial: Path, size: int) -> None:
        """Reserve room for a download, after removing what was not used for longest."""
        deadline = time.monotonic() + MAX_WAIT_S
        while True:
            with FileLock(self.folder / "locks" / "room"):
                files = [each for each in self._list() if each.path != partial]
                excess = sum(each.size for each in files) + size - self.max_bytes
                for each in files:
                    if excess <= 0:
                        break
                    if _is_evictable(each):
                        with contextlib.suppress(OSError):  # another process has removed it, or Windows has it open
                            each.path.unlink()
                            excess -= each.size
                if excess <= 0:
                    partial.touch()
                    return
            if time.monotonic() > deadline:
                raise StorageError(
                    f"{self.folder}: other processes have filled the cache with downloads for {MAX_WAIT_S:.0f} s; "
                    "raise cache.max_gb, or lower num_workers"
                )
            time.sleep(0.1)

    def _list(self) -> list[_Cached]:
        """List the files, those first that were not used for longest."""
        found = []
        for entry in os.scandir(self._files):
            with contextlib.suppress(OSError):
                about = entry.stat()
                size = about.st_size
                if entry.name.endswith(PARTIAL):
                    size = max(size, int(entry.name.split(".")[-2]))
                found.append(_Cached(Path(entry.path), size, about.st_mtime))
        return sorted(found, key=lambda each: each.used_s)


@contextlib.contextmanager
def claimed_folder(parent: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Create a folder that belongs to this process while the block lasts.

    Yields:
        The folder, and those that processes which no longer run have left behind; they belong to this process too.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        left = []
        for lock_path in sorted(parent.glob("*.lock")):
            with contextlib.suppress(Timeout, OSError):
                stack.enter_context(FileLock(lock_path, timeout=0))
                left.append(lock_path.with_suffix(""))
        own = parent / f"{os.getpid()}-{time.time_ns():x}"
        stack.enter_context(FileLock(own.with_name(own.name + ".lock")))
        own.mkdir()
        yield own, [folder for folder in left if folder.is_dir()]
        for folder in (own, *left):
            with contextlib.suppress(OSError):  # it is not empty if an error kept its content from being used
                folder.rmdir()
                folder.with_name(folder.name + ".lock").unlink()


_default = FileCache(Path(user_cache_dir("utterance")) / "objects")


def default_cache() -> FileCache:
    """Return the cache of this process."""
    return _default


def set_default_cache(folder: Path | None, max_bytes: int) -> None:
    """Choose the cache of this process; None stands for the user's folder of caches."""
    global _default
    _default = FileCache(folder or Path(user_cache_dir("utterance")) / "objects", max_bytes)


def _name(wanted: StoredObject, sha256: str | None) -> str:
    """Return the name of an object's file, which never depends on what an object is called."""
    if sha256 is not None:
        return sha256
    return hashlib.sha256(f"{wanted.url}\n{wanted.size}\n{wanted.version}".encode()).hexdigest()


def _is_evictable(file: _Cached) -> bool:
    return not file.path.name.endswith(PARTIAL) or time.time() - file.used_s > ABANDONED_S
