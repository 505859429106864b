"""The store of prepared signals at scale: opening it, reading from it, filling it.

python -m benchmarks.store                                   # 100,000 signals; 10,000 clips prepared
python -m benchmarks.store --signals 10000 --clips 1000      # a quick look

Reading is compared with one .npy file a clip: random keys, in turns of a thousand each, so that what else the machine
does hits both alike. All is made in a temporary folder (about 1 GB; TMPDIR says where).
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
from data_prep.workers.process_pool import LostTask, run_in_processes

RATE_HZ = 16_000.0
#: Samples of the shortest and the longest signal.
SHORTEST, LONGEST = 500, 4000
READS_A_TURN, TURNS = 1000, 10


@dataclass(frozen=True)
class Trivial:
    """A signal of 2,000 samples from a file of a few bytes: what is left is the cost of everything around."""

    modality: ClassVar[str] = "audio"

    def get_ready(self, media: Sequence[Media]) -> None:
        """Nothing to fetch."""

    def signal(self, media: Media) -> Signal:
        """As many samples, whose values the file's content decides."""
        return Signal(np.full(2000, len(media.path.read_bytes()), np.int16), RATE_HZ)

    def signal_fingerprint(self) -> str:
        """There is but one."""
        return "trivial"


def main() -> None:
    """Measure and report."""
    options = _options()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _say(f"preparing {options.clips} clips")
        figures |= prepare_clips(folder, options.clips, options.workers)
        _say(f"writing {options.signals} signals")
        keys = write_signals(folder, options.signals)
        _say("opening, in a fresh process")
        (opened,) = run_in_processes(open_store, [folder / "store"], 1)
        assert not isinstance(opened, LostTask)
        figures |= opened
        _say("reading")
        figures |= read_at_random(folder, keys)
    table = Table("what", "figure")
    for what, figure in figures.items():
        table.add_row(what, f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}")
    Console().print(table)
    wanted = {
        "open_100k_s": figures["opening the store, s"],
        "read_ratio_vs_npy": figures["reads a second, over those of .npy"],
        "rss_growth_mb_10k": figures["growth of memory while preparing, MB"],
    }
    print(json.dumps({what: round(figure, 4) for what, figure in wanted.items()}))


def write_signals(folder: Path, count: int) -> list[str]:
    """Fill a store, and a folder of .npy files with the same signals; returns the keys."""
    rng = np.random.default_rng(0)
    keys = [rng.bytes(16).hex() for _ in range(count)]
    noise = rng.integers(-9999, 9999, 2 * LONGEST).astype(np.int16)
    with SignalWriter(SignalStore(folder / "store")) as writer:
        for number, key in enumerate(keys):
            values = noise[number % LONGEST :][: rng.integers(SHORTEST, LONGEST)]
            writer.add(key, Signal(values, RATE_HZ))
            path = _npy(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, values)
    return keys


def _npy(folder: Path, key: str) -> Path:
    return folder / "npy" / key[:2] / f"{key}.npy"  # a few hundred files a folder, as one would


def open_store(folder: Path) -> dict[str, float]:
    """Seconds, the best of three, and memory."""
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
        "memory it takes, MB": took,
        "peak memory of the process, MB": peak,
    }


def read_at_random(folder: Path, keys: Sequence[str]) -> dict[str, float]:
    """Reads a second of the store and of .npy files, in turns; each begins every other turn."""
    store = SignalStore(folder / "store")
    readers: dict[str, Callable[[str], np.ndarray]] = {
        "store": lambda key: store[key].values,
        "npy": lambda key: np.load(_npy(folder, key)),
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
        "reads a second": reads / seconds["store"],
        "reads a second, .npy": reads / seconds["npy"],
        "reads a second, over those of .npy": seconds["npy"] / seconds["store"],
    }


def prepare_clips(folder: Path, count: int, workers: int) -> dict[str, float]:
    """Prepare small files twice; how fast, and how the memory of this process grows, after a warm-up of 100 clips."""
    media = folder / "media"
    media.mkdir()
    clips = [Clip(str(number), media / f"{number}.bin", text="x") for number in range(count)]
    old = time.time() - 3600  # a file that has just changed is not remembered
    for number, clip in enumerate(clips):
        clip.path.write_bytes(b"%d" % number)
        os.utime(clip.path, (old, old))
    prepare(clips[:100], Trivial(), folder / "warm-up", workers)
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
        prepare(clips, Trivial(), folder / "prepared", workers)
        seconds.append(time.perf_counter() - began)
    ended.set()
    watcher.join()
    return {
        "clips prepared": count,
        "preparing them, s": seconds[0],
        "again, s": seconds[1],
        "growth of memory while preparing, MB": peak - before,
    }


def rss_mb() -> float:
    """Memory of this process that is in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.store", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--signals", type=int, default=100_000, help="signals in the store (default 100000)")
    parser.add_argument("--clips", type=int, default=10_000, help="clips to prepare (default 10000)")
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare (default 2)")
    options = parser.parse_args()
    if min(options.signals, options.clips - 99, options.workers + 1) < 1:
        parser.error("at least 1 signal, 100 clips and 0 workers are needed")
    return options


if __name__ == "__main__":
    main()
