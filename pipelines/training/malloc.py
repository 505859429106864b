"""A setting of the C library that makes training on the CPU faster."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # constants of malloc.h


def reuse_freed_memory() -> None:
    """Let glibc keep freed memory for the next training step instead of returning it to the system.

    By default glibc maps every large tensor afresh, and the system fills it with zeros page by page before it can be
    written: about a sixth of a training step on a CPU. Without glibc this does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return
    libc.mallopt(M_MMAP_THRESHOLD, 2**30)
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
