"""Hashes of media files' content, each remembered until its file changes."""

import contextlib
import hashlib
import json
import logging
import os
import stat
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.progress import DownloadColumn, TransferSpeedColumn

from data_prep.atomic import atomic_write
from data_prep.media import Media, MediaError
from data_prep.media.file import NOT_A_FILE
from data_prep.media.frame_folder import frame_files
from data_prep.workers.progress import progress_bar

log = logging.getLogger(__name__)

#: Threads that hash files. Hashing releases Python's lock, and more threads hide the delays of network disks.
THREADS = 8
#: Files that a thread hashes before it reports.
FILES_PER_TASK = 32
#: A progress bar is shown if there are more files or bytes to read than this.
PROGRESS_FILES, PROGRESS_BYTES = 5000, 500_000_000
#: The hash of a file modified this recently, in seconds, is not remembered, because another change could leave its
#: modification time the same.
SETTLED_S = 2.0

#: Size in bytes and modification time in nanoseconds, which tell whether a file has changed.
Stamp = tuple[int, int]


def content_hash(path: Path) -> str:
    """Hash the content of a file, or the pictures of a folder of frames in their order.

    Raises:
        MediaError: The file cannot be read, or the folder contains no picture.
    """
    if path.is_dir():
        return hashlib.blake2b("".join(map(content_hash, frame_files(path))).encode(), digest_size=16).hexdigest()
    _read_stamp(path)  # raises for pipes and devices, which must not be opened
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def media_key(media: Media, content: str) -> str:
    """Return the key of a clip's signal in a store: a hash of its file's content and of what is read of it."""
    about: list[str | float | None] = [content, media.start_s, media.end_s, media.encoding]
    if (media.channel, media.audio_stream) != (None, None):  # keys from before these fields existed stay valid
        about += [media.channel, media.audio_stream]
    return hashlib.blake2b(json.dumps(about).encode(), digest_size=16).hexdigest()


class ContentHashCache:
    """Hashes of files, remembered by absolute path, size and modification time.

    They are kept in a file of JSON lines, which is only ever appended to or replaced as a whole. So several processes
    can use it at once, and after a crash at worst some files are hashed again.

    Args:
        path: File of remembered hashes; created when there is a hash to remember.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[Stamp, str]] = {}  # stamp and hash by absolute path
        self._rewrite = False  # whether the file has damaged or mostly outdated lines, and should be replaced
        self._load()

    def lookup(self, paths: Sequence[Path]) -> dict[Path, str | MediaError]:
        """Return the hash of each file, or the error for a file that cannot be read."""
        results: dict[Path, str | MediaError] = {}
        unread: list[tuple[Path, Stamp]] = []
        for path in dict.fromkeys(paths):
            try:
                stamp = _read_stamp(path)
            except MediaError as error:
                results[path] = error
                continue
            known = self._known.get(os.path.abspath(path))
            if known and known[0] == stamp:
                results[path] = known[1]
            else:
                unread.append((path, stamp))
        if unread:
            results |= self._hash_files(unread)
        return results

    def _hash_files(self, unread: Sequence[tuple[Path, Stamp]]) -> dict[Path, str | MediaError]:
        """Hash files in threads, and remember the hashes as they are computed."""
        results: dict[Path, str | MediaError] = {}
        total = sum(size for _, (size, _) in unread)
        show_progress = len(unread) > PROGRESS_FILES or total > PROGRESS_BYTES
        tasks = [unread[start : start + FILES_PER_TASK] for start in range(0, len(unread), FILES_PER_TASK)]
        stopping = threading.Event()
        columns = (DownloadColumn(), TransferSpeedColumn())
        with progress_bar(*columns) if show_progress else contextlib.nullcontext() as progress:
            bar = progress.add_task("reading media", total=total) if progress else None
            with ThreadPoolExecutor(THREADS) as threads:
                futures: list[Future[list[str | MediaError]]] = []
                try:
                    futures += [threads.submit(_hash_each, [path for path, _ in task], stopping) for task in tasks]
                    task_of = dict(zip(futures, tasks, strict=True))
                    for future in as_completed(futures):
                        task = task_of[future]
                        found = list(zip(task, future.result(), strict=True))
                        results.update((path, result) for (path, _), result in found)
                        self._remember([(*file, digest) for file, digest in found if isinstance(digest, str)])
                        if progress and bar is not None:
                            progress.advance(bar, sum(size for _, (size, _) in task))
                finally:
                    stopping.set()
                    threads.shutdown(wait=False, cancel_futures=True)
        return results

    def _load(self) -> None:
        rows = damaged = 0
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return
        for line in lines:
            if not line:
                continue
            rows += 1
            try:
                path, size, mtime_ns, digest = json.loads(line)
                if not (isinstance(path, str) and isinstance(digest, str) and len(digest) == 32):
                    raise ValueError("not a path and a hash")
                self._known[path] = ((size, mtime_ns), digest)
            except (ValueError, TypeError):
                damaged += 1
        if damaged:
            log.warning("%s: %d lines are damaged; the files they named are read again", self._path, damaged)
        self._rewrite = damaged > 0 or rows > 2 * len(self._known) + 1000

    def _remember(self, found: Iterable[tuple[Path, Stamp, str]]) -> None:
        latest_ns = time.time_ns() - int(SETTLED_S * 1e9)
        new = {os.path.abspath(path): (stamp, digest) for path, stamp, digest in found if stamp[1] < latest_ns}
        if not new:
            return
        self._known |= new
        try:
            if self._rewrite:
                with atomic_write(self._path) as partial:
                    partial.write_bytes(_to_lines(self._known))
                self._rewrite = False
            else:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with open(self._path, "ab", buffering=0) as file:
                    file.write(_to_lines(new))  # one write call, so that lines of two processes do not mix
        except OSError as error:
            log.debug("hashes are not remembered: %s", error)


def _read_stamp(path: Path) -> Stamp:
    """Return the stamp of a file, or that of a folder of frames: their total size and the latest change of any.

    Raises:
        MediaError: The path is neither a file nor a folder of frames, or cannot be read.
    """
    try:
        about = os.stat(path)
        if stat.S_ISREG(about.st_mode):
            return about.st_size, about.st_mtime_ns
        if not stat.S_ISDIR(about.st_mode):  # opening a pipe would wait for a writer
            raise MediaError(f"{path}: {NOT_A_FILE}")
        frames = [os.stat(frame) for frame in frame_files(path)]
    except OSError as error:
        raise _unreadable(path, error) from None
    return sum(frame.st_size for frame in frames), max(each.st_mtime_ns for each in (about, *frames))


def _unreadable(path: Path, error: OSError) -> MediaError:
    return MediaError(f"{path}: cannot be read ({error.strerror})")


def _to_lines(hashes: dict[str, tuple[Stamp, str]]) -> bytes:
    return "".join(json.dumps([path, *stamp, digest]) + "\n" for path, (stamp, digest) in hashes.items()).encode()


def _hash_each(paths: Sequence[Path], stopping: threading.Event) -> list[str | MediaError]:
    """Return the hash or the error of each file; stop early when `stopping` is set."""
    results: list[str | MediaError] = []
    for path in paths:
        if stopping.is_set():
            break
        try:
            results.append(content_hash(path))
        except MediaError as error:
            results.append(error)
    return results
