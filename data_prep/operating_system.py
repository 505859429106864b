"""Calls that not every operating system has, each with a fallback.

Linux has all of them. macOS before version 11 lacks `os.preadv`; Windows lacks it too, and also signal masks, CPU
affinity and paths from one drive to another. The rest of the code calls these functions and never asks which system it
runs on.
"""

import os
import signal
import threading
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path

_seek_lock = threading.Lock()


def read_at(file: int, buffer: memoryview, offset: int) -> int:
    """Read from a position in an open file into a buffer.

    With `os.preadv` the file's own position is neither used nor moved, so forked processes can share the descriptor.
    The fallback seeks and reads under a lock, which is safe between threads; systems without `os.preadv` start
    processes afresh, so no two of them share a descriptor.

    Args:
        file: File descriptor.
        buffer: Receives at most its own length in bytes.
        offset: Position in the file, in bytes.

    Returns:
        The number of bytes read; 0 at the end of the file.
    """
    if hasattr(os, "preadv"):
        return os.preadv(file, [buffer], offset)
    with _seek_lock:
        os.lseek(file, offset, os.SEEK_SET)
        content = os.read(file, len(buffer))
    buffer[: len(content)] = content
    return len(content)


def expand_home(path: str | Path) -> Path:
    """Replace a leading ``~`` by the user's home folder, unless a file really has such a name, as ``~notes.wav``."""
    if os.path.lexists(path):
        return Path(path)
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no user of that name
        return Path(path)


def start_uninterruptible(process: BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach, so that its parent alone decides what an interrupt means.

    The process inherits a signal mask that blocks SIGINT. Without signal masks it starts unprotected, and an interrupt
    in its first moments ends it; so it must also call `ignore_interrupts` first.
    """
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    resource_tracker.ensure_running()  # if started by process.start(), it would unblock SIGINT again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_interrupts() -> None:
    """Make this process ignore Ctrl-C; call it from the main thread of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def flush_to_disk(path: Path) -> None:
    """Make sure a file's content survives a power cut; otherwise a rename can outlive the content it points to."""
    with open(path, "rb+") as file:  # Windows flushes only files that are open for writing
        os.fsync(file.fileno())


def usable_cores() -> int:
    """Count the CPU cores this process may use; all cores of the machine where the system cannot tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def relative_path(path: Path, folder: Path) -> Path:
    """Return the path relative to a folder; on Windows, a path on another drive is returned unchanged."""
    try:
        return Path(os.path.relpath(path, folder))
    except ValueError:
        return path


def native_path(path: Path) -> str | bytes:
    """Return a path in the form that C libraries accept for any file name.

    POSIX names are bytes that need not be valid UTF-8; Windows names are Unicode.
    """
    return os.fsencode(path) if os.name == "posix" else str(path)
