"""Fallbacks are tested by hiding the functions that this system has."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_prep.operating_system import (
    flush_to_disk,
    ignore_interrupts,
    native_path,
    read_at,
    relative_path,
    start_uninterruptible,
    usable_cores,
)


@pytest.fixture(params=["with preadv", "without preadv"])
def open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    """A file of the bytes 0 to 99, opened for reading."""
    if request.param == "without preadv":
        monkeypatch.delattr(os, "preadv", raising=False)
    elif not hasattr(os, "preadv"):
        pytest.skip("this system has no preadv")
    path = tmp_path / "numbers"
    path.write_bytes(bytes(range(100)))
    with open(path, "rb", buffering=0) as file:
        yield file.fileno()


def test_read_at_fills_the_buffer_from_an_offset(open_file: int) -> None:
    buffer = bytearray(5)
    assert read_at(open_file, memoryview(buffer), 40) == 5
    assert list(buffer) == [40, 41, 42, 43, 44]


def test_read_at_stops_at_the_end_of_the_file(open_file: int) -> None:
    buffer = bytearray(5)
    assert read_at(open_file, memoryview(buffer), 98) == 2
    assert list(buffer) == [98, 99, 0, 0, 0]
    assert read_at(open_file, memoryview(buffer), 100) == 0


def test_threads_can_read_the_same_file_at_once(open_file: int) -> None:
    wrong: list[int] = []

    def read_many_times(offset: int) -> None:
        buffer = bytearray(1)
        for _ in range(300):
            read_at(open_file, memoryview(buffer), offset)
            if buffer[0] != offset:
                wrong.append(offset)

    threads = [threading.Thread(target=read_many_times, args=(offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _interrupt_self(connection: "multiprocessing.connection.Connection") -> None:
    ignore_interrupts()
    os.kill(os.getpid(), signal.SIGINT)
    connection.send("alive")


@pytest.mark.parametrize("masks", [True, False])
def test_an_interrupt_does_not_reach_a_worker_process(monkeypatch: pytest.MonkeyPatch, masks: bool) -> None:
    if not masks:
        monkeypatch.delattr(signal, "pthread_sigmask", raising=False)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_interrupt_self, args=(theirs,))
    start_uninterruptible(process)
    theirs.close()
    assert ours.recv() == "alive"
    process.join()
    assert process.exitcode == 0


def test_usable_cores_fall_back_to_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cores() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_flushing_keeps_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    flush_to_disk(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"content"


def test_a_path_on_another_drive_stays_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, start: Path) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    assert relative_path(tmp_path / "a" / "b.wav", tmp_path / "c") == Path("..", "a", "b.wav")
    monkeypatch.setattr(os.path, "relpath", fail)
    assert relative_path(tmp_path / "a.wav", tmp_path) == tmp_path / "a.wav"


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX systems alone")
def test_a_name_that_is_not_utf8_reaches_c_libraries_unchanged() -> None:
    assert native_path(Path(os.fsdecode(b"caf\xe9.wav"))) == b"caf\xe9.wav"


WITHOUT_POSIX = """
import os, signal, sys
from pathlib import Path

sys.modules["fcntl"] = sys.modules["resource"] = None
for module, name in [(os, "preadv"), (os, "pread"), (os, "sched_getaffinity"), (signal, "pthread_sigmask")]:
    if hasattr(module, name):
        delattr(module, name)
sys.path.append(sys.argv[2])

import byte_corpus
from data_prep.prepare import prepare

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    clips = byte_corpus.corpus(folder, 20)
    prepared = prepare(clips, byte_corpus.Bytes(), folder / "store", num_workers=2)
    print(byte_corpus.wrong(prepared, clips), prepared.failures)
"""


def test_clips_are_prepared_on_a_system_without_posix_functions(tmp_path: Path) -> None:
    script = tmp_path / "prepare.py"
    script.write_text(WITHOUT_POSIX)
    command = [sys.executable, str(script), str(tmp_path), str(Path(__file__).parent / "store")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "[] []\n", ran.stderr
