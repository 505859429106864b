"""Keeps MediaPipe's side effects from disturbing the process it runs in."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TextIO

SIG_DFL, SIG_IGN = 0, 1  # their values in C on Linux and macOS


@contextmanager
def mediapipe_at_work() -> Iterator[None]:
    """Drop MediaPipe's messages and ignore its timer signals while it tracks a clip."""
    ignore_profiling_timers()
    with native_chatter_dropped():
        yield


def ignore_profiling_timers() -> None:
    """Ignore SIGPROF unless it has a handler; works from any thread.

    MediaPipe starts timers that send SIGPROF, and ignores the signal once per process. When a Lightning trainer ends,
    it restores all signal handlers that Python knows of; Python does not know of MediaPipe's, so the next clip would
    end the process with "Profiling timer expired".
    """
    if not hasattr(signal, "SIGPROF"):
        return
    current = ctypes.pythonapi.PyOS_getsig
    current.restype = ctypes.c_void_p
    if (current(signal.SIGPROF) or SIG_DFL) == SIG_DFL:
        ctypes.pythonapi.PyOS_setsig(signal.SIGPROF, ctypes.c_void_p(SIG_IGN))


@contextmanager
def native_chatter_dropped() -> Iterator[None]:
    """Drop what native code writes to stderr: MediaPipe writes for every clip, and no setting stops it.

    What Python writes to ``sys.stderr`` in the meantime, such as a progress bar, is still shown.
    """
    stderr = sys.stderr
    sys.stderr = _terminal()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(_terminal().fileno(), 2)
        os.close(nowhere)
        sys.stderr = stderr


@lru_cache(maxsize=1)
def _terminal() -> TextIO:
    """Open a copy of stderr, once per process; it is never closed because other threads may be writing to it."""
    return os.fdopen(os.dup(2), "w", buffering=1)
