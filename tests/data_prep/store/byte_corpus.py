"""A corpus of small files whose signals are their bytes, and a command that prepares it, for tests to kill.

python byte_corpus.py FOLDER NUM_WORKERS     # prepare FOLDER/media into FOLDER/store
python byte_corpus.py FOLDER every-moment    # kill a preparation at every change on disk in turn
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np

import data_prep.store.compaction
import data_prep.store.shard
import data_prep.store.signal_store
from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.media import Media, MediaError
from data_prep.prepare import Prepared, prepare

DEADLY, BAD = b"kill", b"bad"
CLIPS = 32


@dataclass(frozen=True)
class Bytes:
    """Returns the bytes of a file as its signal after `seconds`; a file of the content `DEADLY` kills the process."""

    seconds: float = 0.0

    modality: ClassVar[str] = "audio"

    def get_ready(self, media: Sequence[Media]) -> None:
        pass

    def signal(self, media: Media) -> Signal:
        content = media.path.read_bytes()
        time.sleep(self.seconds)
        if content == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        if content == BAD:
            raise MediaError(f"{media.path}: it is bad")
        return Signal(np.frombuffer(content, np.uint8).astype(np.int16), 10.0)

    def signal_fingerprint(self) -> str:
        return "bytes"


def corpus(folder: Path, count: int = CLIPS) -> list[Clip]:
    """Return clips of different contents and lengths; write their files if they are missing."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    clips = [Clip(f"clip{number}", folder / "media" / f"{number}.bin", text="x") for number in range(count)]
    for number, clip in enumerate(clips):
        if not clip.path.exists():
            clip.path.write_bytes(bytes(np.random.default_rng(number).integers(0, 256, 1 + number, np.uint8)))
    return clips


def wrong(prepared: Prepared, clips: list[Clip]) -> list[str]:
    """Open the store again, and describe everything that is wrong with it."""
    store = data_prep.store.signal_store.SignalStore(prepared.store.folder)
    found = [f"{clip.id} is missing" for clip in clips if prepared.keys[clip.id] not in store]
    if not found:
        signals = {clip.id: (store[prepared.keys[clip.id]], clip.path.read_bytes()) for clip in clips}
        found += [
            f"{name} differs" for name, (signal, content) in signals.items() if list(signal.values) != list(content)
        ]
    kept = sum(len(entries) for entries in store.shards.values())
    return found + ([f"{kept} signals are stored for {len(clips)} clips"] if kept != len(clips) else [])


def small_shards() -> None:
    """Limit shards to few clips, so that a small corpus fills, adds and merges shards."""
    data_prep.store.signal_store.SHARD_CLIPS = 4
    data_prep.store.compaction.SHARD_CLIPS = 12
    data_prep.store.compaction.MIN_SHARDS = 4


def kill_before(moment: int) -> None:
    """Make this process kill itself just before it changes something on disk for the n-th time."""
    left = moment

    def counted(change: Any) -> Any:
        def changed(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*args, **kwargs)

        return changed

    def save_half(values: Any, path: Path, metadata: Any) -> None:
        save_file(values, path, metadata)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        counted(lambda: None)()
        path.write_bytes(content)

    save_file = data_prep.store.shard.save_file
    data_prep.store.shard.save_file = save_half
    os.fsync, os.replace, os.unlink = counted(os.fsync), counted(os.replace), counted(os.unlink)


def in_child(work: Any) -> int:
    """Run a function in a fork of this process, and return the exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            sys.stderr.flush()
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at_every_moment(folder: Path) -> None:
    """Kill a preparation at each moment, and continue it in another process; print errors and the number of moments."""
    clips = corpus(folder, CLIPS // 2)

    def killed() -> None:
        kill_before(moment)
        prepare(clips, Bytes(), folder / "store", 0)

    def continued() -> None:
        found = wrong(prepare(clips, Bytes(), folder / "store", 0), clips)
        for partial in (folder / "store").rglob("*.partial"):
            os.utime(partial, (0, 0))
        again = wrong(prepare(clips, Bytes(), folder / "store", 0), clips)
        left = [str(path) for path in (folder / "store").rglob("*.partial")]
        if found or again or left:
            print(f"killed at {moment}: {found} {again} {left}", flush=True)

    for moment in range(1, 1000):
        shutil.rmtree(folder / "store", ignore_errors=True)
        ended = in_child(killed)
        if in_child(continued) != 0:
            print(f"killed at {moment}: cannot be continued", flush=True)
        if ended != -signal.SIGKILL:
            print(f"{moment - 1} moments", flush=True)
            return


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell makes processes started with "&" ignore it
    small_shards()
    folder = Path(sys.argv[1])
    if sys.argv[2] == "every-moment":
        kill_at_every_moment(folder)
    else:
        seconds = 0.02 if sys.argv[2] == "0" else 0.15  # with processes, slow enough to be killed before the end
        prepare(corpus(folder), Bytes(seconds), folder / "store", int(sys.argv[2]))
