"""The setting of the C library's memory is made where there is one, and ignored elsewhere."""

import ctypes
import subprocess
import sys

import pytest

from pipelines.training.malloc import M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, reuse_freed_memory


class Libc:
    """A C library that records calls of mallopt."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def mallopt(self, parameter: int, value: int) -> int:
        self.calls.append((parameter, value))
        return 1


class Glibc(Libc):
    """The same with the function by which glibc is recognised."""

    def gnu_get_libc_version(self) -> bytes:
        return b"2.36"


@pytest.mark.parametrize(
    ("platform", "libc", "calls"),
    [
        ("linux", Glibc(), {M_MMAP_THRESHOLD: 2**30, M_TRIM_THRESHOLD: 2**31 - 1}),
        ("linux", Libc(), {}),  # musl
        ("darwin", Glibc(), {}),
        ("win32", Glibc(), {}),
    ],
    ids=["glibc", "musl", "macos", "windows"],
)
def test_only_glibc_is_set(platform: str, libc: Libc, calls: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: libc)
    reuse_freed_memory()
    assert dict(libc.calls) == calls


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="needs glibc"
)
def test_freed_memory_stays_with_the_process() -> None:
    """Touching a large array a second time costs no page faults, because its memory was kept."""
    code = (
        "import resource, sys\n"
        "import numpy as np\n"
        "from pipelines.training.malloc import reuse_freed_memory\n"
        "if sys.argv[1] == 'reuse': reuse_freed_memory()\n"
        "np.ones(1 << 23)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(3): np.ones(1 << 23)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )
    faults = {
        how: int(subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=True).stdout)
        for how in ("reuse", "default")
    }
    assert faults["reuse"] < 0.2 * faults["default"]
