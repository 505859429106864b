"""What is in media files, by hash: read once, and again only when a file has changed."""

import contextlib
import hashlib
import json
import logging
import os
import stat
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

#: Threads that read; hashing lets go of Python's lock, and more hide the delays of network disks.
THREADS = 8
#: Files a thread reads before it reports.
FILES_A_TASK = 32
#: A bar is shown when there is more to read than this.
SHOWN_FILES, SHOWN_BYTES = 5000, 500_000_000
#: A file changed so recently may change again without its time telling: its hash is not remembered.
SETTLED_S = 2.0

#: Size in bytes, and time of the last change in nanoseconds.
Stamp = tuple[int, int]


def content_hash(path: Path) -> str:
    """A hash of a file's content; of a folder of frames, of its pictures in their order.

    Raises:
        MediaError: The file cannot be read, or the folder holds no picture.
    """
    if path.is_dir():
        return hashlib.blake2b("".join(map(content_hash, frame_files(path))).encode(), digest_size=16).hexdigest()
    try:
        _stamp(path)
        with open(path, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror})") from None


def media_key(media: Media, content: str) -> str:
    """The name of a clip's signal in a store: a hash of its file's content and of the stretch that is meant."""
    about = json.dumps([content, media.start_s, media.end_s, media.encoding])
    return hashlib.blake2b(about.encode(), digest_size=16).hexdigest()


class ContentHashCache:
    """Hashes of files, remembered by absolute path, size and time of the last change.

    The memory is a file of JSON lines that is only ever added to, or replaced as a whole: two processes can use it at
    once, and the worst a crash can do is that some files are read again.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._messy = False  # damaged, or mostly about files as they were before
        self._load()

    def lookup(self, paths: Sequence[Path]) -> dict[Path, str | MediaError]:
        """The hash of each file, or why there is none."""
        results: dict[Path, str | MediaError] = {}
        unread: list[tuple[Path, Stamp]] = []
        for path in dict.fromkeys(paths):
            try:
                stamp = _stamp(path)
            except OSError as error:
                results[path] = MediaError(f"{path}: cannot be read ({error.strerror})")
                continue
            except MediaError as error:
                results[path] = error
                continue
            known = self._known.get(os.path.abspath(path))
            if known and known[0] == stamp:
                results[path] = known[1]
            else:
                unread.append((path, stamp))
        if unread:
            self._read(unread, results)
        return results

    def _read(self, unread: Sequence[tuple[Path, Stamp]], results: dict[Path, str | MediaError]) -> None:
        """Hash files in threads, add the results, and remember them as they come."""
        total = sum(size for _, (size, _) in unread)
        shown = len(unread) > SHOWN_FILES or total > SHOWN_BYTES
        tasks = [unread[start : start + FILES_A_TASK] for start in range(0, len(unread), FILES_A_TASK)]
        stopping: list[bool] = []
        with progress_bar(DownloadColumn(), TransferSpeedColumn()) if shown else contextlib.nullcontext() as progress:
            bar = progress.add_task("reading media", total=total) if progress else None
            with ThreadPoolExecutor(THREADS) as threads:
                futures: list[Future[list[str | MediaError]]] = []
                try:
                    futures += [threads.submit(_hash_all, [path for path, _ in task], stopping) for task in tasks]
                    task_of = dict(zip(futures, tasks, strict=True))
                    for future in as_completed(futures):
                        task = task_of[future]
                        found = list(zip(task, future.result(), strict=True))
                        results.update({path: result for (path, _), result in found})
                        self._remember([(path, stamp, name) for (path, stamp), name in found if isinstance(name, str)])
                        if progress and bar is not None:
                            progress.advance(bar, sum(size for _, (size, _) in task))
                finally:
                    stopping.append(True)
                    threads.shutdown(wait=False, cancel_futures=True)

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
                path, size, mtime_ns, name = json.loads(line)
                if not (isinstance(path, str) and isinstance(name, str) and len(name) == 32):
                    raise ValueError("not a path and a hash")
                self._known[path] = ((size, mtime_ns), name)
            except (ValueError, TypeError):
                damaged += 1
        if damaged:
            log.warning("%s: %d lines are damaged and left out; their files are read again", self._path, damaged)
        self._messy = damaged > 0 or rows > 2 * len(self._known) + 1000

    def _remember(self, found: Iterable[tuple[Path, Stamp, str]]) -> None:
        latest_ns = time.time_ns() - int(SETTLED_S * 1e9)
        new = {os.path.abspath(path): (stamp, name) for path, stamp, name in found if stamp[1] < latest_ns}
        if not new:
            return
        self._known |= new
        try:
            if self._messy:
                with atomic_write(self._path) as partial:
                    partial.write_bytes(_lines(self._known))
                self._messy = False
            else:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with open(self._path, "ab", buffering=0) as file:
                    file.write(_lines(new))  # in one piece, so that lines of two processes do not mix
        except OSError as error:
            log.debug("hashes are not remembered: %s", error)


def _stamp(path: Path) -> Stamp:
    """Of a folder of frames: the size of its pictures together, and the time of the last change to any or to itself."""
    about = os.stat(path)
    if stat.S_ISREG(about.st_mode):
        return about.st_size, about.st_mtime_ns
    if not stat.S_ISDIR(about.st_mode):  # to open a pipe is to wait for someone who writes to it
        raise MediaError(f"{path}: {NOT_A_FILE}")
    frames = [os.stat(frame) for frame in frame_files(path)]
    return sum(frame.st_size for frame in frames), max(each.st_mtime_ns for each in (about, *frames))


def _lines(rows: dict[str, tuple[Stamp, str]]) -> bytes:
    return "".join(json.dumps([path, *stamp, name]) + "\n" for path, (stamp, name) in rows.items()).encode()


def _hash_all(paths: Sequence[Path], stopping: Sequence[bool]) -> list[str | MediaError]:
    """The hash of each file, or why there is none; stops early when told to."""
    results: list[str | MediaError] = []
    for path in paths:
        if stopping:
            break
        try:
            results.append(content_hash(path))
        except MediaError as error:
            results.append(error)
    return results
