"""Preparations that are killed or interrupted, or run at the same time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.prepare import prepare
from data_prep.store.signal_store import SignalStore

SCRIPT = Path(__file__).with_name("byte_corpus.py")
sys.path.append(str(SCRIPT.parent))  # worker processes import it as well

import byte_corpus  # noqa: E402


def start(folder: Path, how: str) -> subprocess.Popen[str]:
    byte_corpus.corpus(folder)
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_until(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, failure
        time.sleep(0.01)


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def shards(folder: Path) -> list[Path]:
    return list((folder / "store" / "audio-bytes").glob("*.safetensors"))


def test_a_preparation_killed_at_any_moment_can_be_continued(tmp_path: Path) -> None:
    out, error = start(tmp_path, "every-moment").communicate(timeout=120)
    assert out.split() == ["18", "moments"], out + error  # for 4 shards, of which 3 are merged and deleted


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="child processes are found through /proc")
def test_a_killed_preparation_leaves_its_shards_and_no_processes(tmp_path: Path) -> None:
    process = start(tmp_path, "2")
    wait_until(lambda: len(shards(tmp_path)) >= 2, "no shards")
    workers = children(process.pid)
    process.kill()
    process.communicate()
    stored = len(SignalStore(tmp_path / "store" / "audio-bytes"))
    assert 8 <= stored < byte_corpus.CLIPS
    assert len(workers) >= 2
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), "processes are left")
    clips = byte_corpus.corpus(tmp_path)
    prepared = prepare(clips, byte_corpus.Bytes(), tmp_path / "store", 0)
    assert byte_corpus.wrong(prepared, clips) == []


def test_ctrl_c_keeps_finished_signals_and_is_reported_once(tmp_path: Path) -> None:
    process = start(tmp_path, "2")
    wait_until(lambda: len(shards(tmp_path)) >= 1, "no shards")
    workers = children(process.pid)
    for each in (*workers, process.pid):  # as a terminal does
        os.kill(each, signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode != 0
    assert error.count("KeyboardInterrupt\n") == 1, error
    assert 4 <= len(SignalStore(tmp_path / "store" / "audio-bytes")) < byte_corpus.CLIPS
    clips = byte_corpus.corpus(tmp_path)
    prepared = prepare(clips, byte_corpus.Bytes(), tmp_path / "store", 0)
    assert byte_corpus.wrong(prepared, clips) == []


def test_two_preparations_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    for process in [start(tmp_path, "0"), start(tmp_path, "0")]:
        _, error = process.communicate(timeout=60)
        assert process.returncode == 0, error
    clips = byte_corpus.corpus(tmp_path)
    store = SignalStore(tmp_path / "store" / "audio-bytes")
    prepared = prepare(clips, byte_corpus.Bytes(), tmp_path / "store", 0)
    assert len(store) == len(prepared.clips) == len(clips)
    for clip in clips:
        assert bytes(store[prepared.keys[clip.id]].values.astype("u1")) == clip.path.read_bytes()


def test_a_file_that_kills_its_process_costs_one_clip(tmp_path: Path) -> None:
    clips = byte_corpus.corpus(tmp_path)
    for number in (3, 20):
        clips[number].path.write_bytes(byte_corpus.DEADLY)
    prepared = prepare(clips, byte_corpus.Bytes(), tmp_path / "store", 2)
    assert [failure.id for failure in prepared.failures] == ["clip3", "clip20"]
    for failure, number in zip(prepared.failures, (3, 20), strict=True):
        assert failure.reason == (
            f"{clips[number].path}: the process decoding it died (signal 9); the file may be corrupt or too large "
            "for memory"
        )
    assert byte_corpus.wrong(prepared, [clip for clip in clips if clip.id not in ("clip3", "clip20")]) == []


def test_worker_processes_give_the_same_store_as_one_process(tmp_path: Path) -> None:
    clips = byte_corpus.corpus(tmp_path, 20)
    clips[5].path.write_bytes(byte_corpus.BAD)
    alone = prepare(clips, byte_corpus.Bytes(), tmp_path / "alone", 0)
    together = prepare(clips, byte_corpus.Bytes(), tmp_path / "together", 2)
    assert together.failures == alone.failures
    assert together.clips == alone.clips
    assert [failure.id for failure in together.failures] == ["clip5"]
    assert byte_corpus.wrong(together, together.clips) == byte_corpus.wrong(alone, alone.clips) == []
