"""Speed and memory of the store of prepared signals: opening it, reading from it and filling it.

python -m benchmarks.store                                   # 100,000 signals; 10,000 clips prepared
python -m benchmarks.store --signals 10000 --clips 1000      # quick

Reading is compared with one .npy file per clip. Both read the same random keys in turns of a thousand, so other load on
the machine affects both equally. All files are in a temporary folder of about 1 GB; TMPDIR sets its location.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from rich.console import Console
from rich.table import Table

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.media import Media
from data_prep.prepare import prepare
from data_prep.store.signal_store import SignalStore, SignalWriter
from data_prep.workers.process_pool import LostTask, WorkerError, run_in_processes

RATE_HZ = 16_000.0
#: Number of samples in the shortest and the longest signal.
SHORTEST, LONGEST = 500, 4000
READS_A_TURN, TURNS = 1000, 10


@dataclass(frozen=True)
class TrivialExtractor:
    """Makes a signal of 2,000 samples from a file of a few bytes, so that everything else dominates the cost."""

    modality: ClassVar[str] = "audio"

    def get_ready(self, media: Sequence[Media]) -> None:
        """Do nothing, since there is no model to fetch."""

    def signal(self, media: Media) -> Signal:
        """Return 2,000 samples whose value is the size of the file."""
        return Signal(np.full(2000, len(media.path.read_bytes()), np.int16), RATE_HZ)

    def signal_fingerprint(self) -> str:
        """Return a constant, since there are no settings."""
        return "trivial"


def main() -> None:
    """Run the benchmark."""
    options = _options()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _log_step(f"preparing {options.clips} clips")
        figures |= prepare_clips(folder, options.clips, options.workers)
        _log_step(f"writing {options.signals} signals")
        keys = write_signals(folder, options.signals)
        _log_step("opening the store in a fresh process")
        (opened,) = run_in_processes(open_store, [folder / "store"], 1)
        if isinstance(opened, LostTask):
            raise WorkerError(f"the process that opened the store {opened.how}")
        figures |= opened
        _log_step("reading")
        figures |= read_at_random(folder, keys)
    table = Table("figure", "value")
    for what, figure in figures.items():
        table.add_row(what, f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}")
    Console().print(table)
    wanted = {
        "open_100k_s": figures["opening the store, s"],
        "read_ratio_vs_npy": figures["reads/s relative to .npy"],
        "rss_growth_mb_10k": figures["memory growth while preparing, MB"],
    }
    print(json.dumps({what: round(figure, 4) for what, figure in wanted.items()}))


def write_signals(folder: Path, count: int) -> list[str]:
    """Write the same signals to a store and to .npy files, and return their keys."""
    rng = np.random.default_rng(0)
    keys = [rng.bytes(16).hex() for _ in range(count)]
    noise = rng.integers(-9999, 9999, 2 * LONGEST).astype(np.int16)
    with SignalWriter(SignalStore(folder / "store")) as writer:
        for number, key in enumerate(keys):
            values = noise[number % LONGEST :][: rng.integers(SHORTEST, LONGEST)]
            writer.add(key, Signal(values, RATE_HZ))
            path = _npy_path(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, values)
    return keys


def _npy_path(folder: Path, key: str) -> Path:
    return folder / "npy" / key[:2] / f"{key}.npy"  # a few hundred files per folder, as is usual


def open_store(folder: Path) -> dict[str, float]:
    """Open a store three times; return the shortest time and the memory it takes."""
    before, took = rss_mb(), 0.0
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        store = SignalStore(folder)
        seconds.append(time.perf_counter() - began)
        took = took or rss_mb() - before
        count = len(store)
        del store
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {
        "signals": count,
        "opening the store, s": min(seconds),
        "memory of the open store, MB": took,
        "peak memory of the process, MB": peak,
    }


def read_at_random(folder: Path, keys: Sequence[str]) -> dict[str, float]:
    """Read the same signals from the store and from .npy files in alternating turns; return the speeds."""
    store = SignalStore(folder / "store")
    readers: dict[str, Callable[[str], np.ndarray]] = {
        "store": lambda key: store[key].values,
        "npy": lambda key: np.load(_npy_path(folder, key)),
    }
    choice = random.Random(0)
    seconds = dict.fromkeys(readers, 0.0)
    for number in range(TURNS):
        turn = choice.choices(keys, k=READS_A_TURN)
        for name in sorted(readers, reverse=bool(number % 2)):
            began = time.perf_counter()
            for key in turn:
                readers[name](key).sum()
            seconds[name] += time.perf_counter() - began
    reads = TURNS * READS_A_TURN
    return {
        "reads/s from the store": reads / seconds["store"],
        "reads/s from .npy": reads / seconds["npy"],
        "reads/s relative to .npy": seconds["npy"] / seconds["store"],
    }


def prepare_clips(folder: Path, count: int, workers: int) -> dict[str, float]:
    """Prepare small files twice after a warm-up of 100 clips; return the times and this process's memory growth."""
    media = folder / "media"
    media.mkdir()
    clips = [Clip(str(number), media / f"{number}.bin", text="x") for number in range(count)]
    old = time.time() - 3600  # the content hashes of files that have just changed are not cached
    for number, clip in enumerate(clips):
        clip.path.write_bytes(b"%d" % number)
        os.utime(clip.path, (old, old))
    prepare(clips[:100], TrivialExtractor(), folder / "warm-up", workers)
    before, peak = rss_mb(), 0.0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.02):
            peak = max(peak, rss_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        prepare(clips, TrivialExtractor(), folder / "prepared", workers)
        seconds.append(time.perf_counter() - began)
    ended.set()
    watcher.join()
    return {
        "clips prepared": count,
        "preparing the clips, s": seconds[0],
        "preparing them again, s": seconds[1],
        "memory growth while preparing, MB": peak - before,
    }


def rss_mb() -> float:
    """Return the memory that this process uses now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _log_step(step: str) -> None:
    print(f"{step} ...", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.store", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--signals", type=int, default=100_000, help="number of signals in the store (default 100000)")
    parser.add_argument("--clips", type=int, default=10_000, help="number of clips to prepare (default 10000)")
    parser.add_argument("--workers", type=int, default=2, help="number of processes for preparing (default 2)")
    options = parser.parse_args()
    if min(options.signals, options.clips - 99, options.workers + 1) < 1:
        parser.error("--signals must be at least 1, --clips at least 100 and --workers at least 0")
    return options


if __name__ == "__main__":
    main()
