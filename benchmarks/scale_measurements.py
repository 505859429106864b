"""What a simulation of many workers needs to know about one, measured on this machine."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip

#: Shortest stretch of work whose time is compared with others, in seconds: shorter ones vary by chance.
STRETCH_S = 1.0
#: One shard of two: without the other one, it has nothing to merge.
ONE_SHARD = ("shard=0", "num_shards=2")


@dataclass(frozen=True)
class Costs:
    """What preparing clips costs.

    Attributes:
        clip_s: Seconds per clip.
        media_s: Seconds per second of media.
        slowness: Factors (K,) by which stretches of the work took longer than these figures say, with a mean of 1:
            other programs, caches and the clock of the processor.
    """

    clip_s: float
    media_s: float
    slowness: np.ndarray


def clip_costs(extractor: FeatureExtractor, clips: Sequence[Clip], budget_s: float) -> Costs:
    """Prepare clips one after the other, all of them once or as often as the time allows, and fit what they cost.

    Args:
        extractor: Prepares the clips.
        clips: Clips of different durations.
        budget_s: Time to spend, in seconds; exceeded if all clips together take longer.
    """
    extractor.get_ready([clip.media for clip in clips])
    extractor.signal(clips[0].media)  # libraries load
    spent_s: list[float] = []
    durations_s: list[float] = []
    while sum(spent_s) < budget_s or len(spent_s) < len(clips):
        started = time.perf_counter()
        signal = extractor.signal(clips[len(spent_s) % len(clips)].media)
        spent_s.append(time.perf_counter() - started)
        durations_s.append(len(signal.values) / signal.rate_hz)
    clip_s, media_s = _fit_nonnegative(np.array(durations_s), np.array(spent_s))
    slowness = stretches(np.array(spent_s), clip_s + media_s * np.array(durations_s))
    return Costs(clip_s, media_s, slowness / slowness.mean())


def stretches(spent_s: np.ndarray, expected_s: np.ndarray) -> np.ndarray:
    """Divide work into stretches that should take `STRETCH_S`, and return how much longer each took, (stretches,)."""
    numbers = np.minimum(np.cumsum(expected_s) // STRETCH_S, max(0, expected_s.sum() // STRETCH_S - 1)).astype(int)
    spent, expected = (np.bincount(numbers, weights=each) for each in (spent_s, expected_s))
    return np.asarray(spent[expected > 0] / expected[expected > 0])


def start_time_s(root: Path, folder: Path, settings: Sequence[str], repeats: int = 3) -> float:
    """Return the median time of a shard of `pipelines.prepare` all of whose clips are prepared, in seconds.

    That is the start of Python, reading the corpus, dividing it, and finding each clip in the store.

    Args:
        root: Folder of the corpus.
        folder: An empty folder, for the store and what the command writes.
        settings: Further settings.
        repeats: Number of measurements.
    """
    command = [sys.executable, "-m", "pipelines.prepare", *settings, f"corpus.root={root}", "pictures=0"]
    command.append(f"store_dir={folder / 'store'}")
    _call([*command, f"output_dir={folder / 'whole'}"])
    return float(np.median([_call([*command, f"output_dir={folder / 'out'}", *ONE_SHARD]) for _ in range(repeats)]))


def _call(command: Sequence[str]) -> float:
    """Run a command, and return its time in seconds."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _fit_nonnegative(durations_s: np.ndarray, spent_s: np.ndarray) -> tuple[float, float]:
    """Fit a line by least squares; if it would start below 0, one through the origin."""
    slope, constant = np.polyfit(durations_s, spent_s, 1) if len(set(durations_s.tolist())) > 1 else (0.0, 0.0)
    if slope > 0 and constant >= 0:
        return float(constant), float(slope)
    return 0.0, float(spent_s.sum() / durations_s.sum())
