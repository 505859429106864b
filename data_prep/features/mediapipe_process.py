"""What MediaPipe does to the process it runs in, kept from doing harm."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TextIO

SIG_DFL, SIG_IGN = 0, 1  # as C has them, on Linux and macOS


@contextmanager
def mediapipe_at_work() -> Iterator[None]:
    """While MediaPipe looks through the pictures of a clip: its messages are dropped and its timers kill nobody."""
    ignore_profiling_timers()
    with native_chatter_dropped():
        yield


def ignore_profiling_timers() -> None:
    """Ignore SIGPROF, unless somebody listens to it; from any thread.

    MediaPipe's threads start timers that send it, and have it ignored, but only once in a process. A Lightning trainer
    puts back, at its end, what Python knew of all signals, and Python does not know that this one was to be ignored:
    the next clip would end the process with "Profiling timer expired".
    """
    if not hasattr(signal, "SIGPROF"):
        return
    current = ctypes.pythonapi.PyOS_getsig
    current.restype = ctypes.c_void_p
    if (current(signal.SIGPROF) or SIG_DFL) == SIG_DFL:
        ctypes.pythonapi.PyOS_setsig(signal.SIGPROF, ctypes.c_void_p(SIG_IGN))


@contextmanager
def native_chatter_dropped() -> Iterator[None]:
    """Drop what native code writes to stderr, which MediaPipe does for every clip and no setting of it stops.

    What Python writes to ``sys.stderr`` meanwhile (a progress bar, say) still arrives.
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
    """Where stderr goes; one for the whole process and never closed, for other threads may be writing to it."""
    return os.fdopen(os.dup(2), "w", buffering=1)
