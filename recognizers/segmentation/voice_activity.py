"""Where a recording is silent, and how a long one is cut there, by the loudness of its waveform."""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

#: Loudness is looked at so often, each time over some steps together.
STEP_S = 0.01
STEPS_TOGETHER = 5
#: Samples whose loudness is computed at once.
BLOCK_STEPS = 6000
#: What happens in a step: not even noise, background, or something to hear.
DEAD, QUIET, HEARD = 0, 1, 2
#: The mean square of the differences between samples that is not even noise: a last bit that hardly ever changes.
DEAD_POWER = 0.1
#: What is loud or silent is judged by this much of the recording around: voices and rooms change.
AROUND_S = 10.0
#: Shares of it that are at most as loud as the background, and as speech.
BACKGROUND, SPEECH = 0.05, 0.995
#: A sound is heard that stands out of the background by this share of what speech does, in dB, but at least so many dB.
STANDS_OUT, LEAST_DB = 0.3, 6.0
#: Speech is not expected to be so much softer than the loudest in the recording: what is, is background.
RANGE_DB = 25.0
#: Shorter sounds, alone, are clicks.
CLICK_S = 0.08
#: Shorter pauses are part of words.
SHORT_PAUSE_S = 0.15
#: At such pauses and longer ones a long recording is always cut: who speaks on has begun anew.
LONG_PAUSE_S = 0.6
#: Nothing at all, not even noise, for so long: recordings were joined here.
DEAD_PAUSE_S = 0.25
#: How much of the pause stays with the speech on each side; and how much at most where the recording itself, or one
#: that was joined to others, begins or ends.
MARGIN_S, EDGE_S = 0.2, 0.6
#: How much windows overlap that are cut out of speech without a pause.
OVERLAP_S = 3.0


@dataclass(frozen=True)
class Segment:
    """A part of a long recording.

    Attributes:
        start_s: Where it begins, in seconds.
        end_s: Where it ends.
        overlap_s: How much of it belongs to the stretch before as well; 0 where there is a pause between them.
    """

    start_s: float
    end_s: float
    overlap_s: float = 0.0


def activity(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Where something is heard: (T,) int16 samples -> (duration / STEP_S,) of `DEAD`, `QUIET` and `HEARD`.

    The threshold follows the recording: it lies between its background and its speech within some seconds around. So
    steady noise is silence, however loud it is.
    """
    powers = _powers(samples, rate_hz)
    dead = powers < DEAD_POWER
    together = np.convolve(powers, np.ones(STEPS_TOGETHER) / STEPS_TOGETHER, mode="same")[: len(powers)]
    loudness = 10 * np.log10(together + 1)
    each = round(1 / STEP_S)  # a threshold a second
    reach = round(AROUND_S / STEP_S / 2)
    levels = []
    for centre in range(each // 2, len(loudness) + each // 2, each):
        around = slice(max(0, centre - reach), centre + reach)
        alive = loudness[around][~dead[around]]  # where recordings were joined, silence says nothing of the background
        levels.append(_quantiles(alive) if len(alive) else np.zeros(2))
    background, speech = np.array(levels).T  # (seconds,) each
    speech = np.maximum(speech, speech.max() - RANGE_DB)
    thresholds = background + np.maximum(LEAST_DB, STANDS_OUT * (speech - background))
    heard = loudness > thresholds.repeat(each)[: len(loudness)]
    for start, stop in _runs(heard):
        alone = not heard[max(0, start - 30) : start].any() and not heard[stop : stop + 30].any()
        if alone and (stop - start) * STEP_S < CLICK_S:
            heard[start:stop] = False
    return np.where(dead, DEAD, np.where(heard, HEARD, QUIET)).astype(np.int8)


def cut(happens: np.ndarray, longest_s: float) -> list[Segment]:
    """Cut a recording into stretches with speech in them; silence between them is in none.

    It is cut at all long pauses, and where it is dead silent for a moment, which no stretch takes part in: features
    would be normalised otherwise than those of recordings with some noise. A stretch that is too long yet is cut at
    its longest pauses, rather in its middle than near its ends; and where there is no pause, into windows that
    overlap.

    Args:
        happens: What `activity` gives.
        longest_s: The longest stretch, but for up to `EDGE_S` of silence at either end.
    """
    parts = _joined(_runs(happens == HEARD), round(SHORT_PAUSE_S / STEP_S))
    dead = [run for run in _runs(happens == DEAD) if (run[1] - run[0]) * STEP_S >= DEAD_PAUSE_S]
    if not parts:
        return []
    groups = [[parts[0]]]
    for before, part in pairwise(parts):
        if (part[0] - before[1]) * STEP_S >= LONG_PAUSE_S or _any_within(dead, before[1], part[0]):
            groups.append([part])
        else:
            groups[-1].append(part)
    groups = [small for group in groups for small in _small(group, round(longest_s / STEP_S))]
    spans = [(group[0][0], group[-1][1]) for group in groups]
    middles = [(before[1] + after[0]) // 2 for before, after in pairwise(spans)]
    begins, ends = {end for _, end in dead}, {start for start, _ in dead}
    edges = sorted({0, len(happens), *begins, *ends})
    stretches = []
    for (start, stop), left, right in zip(spans, [0, *middles], [*middles, len(happens)], strict=True):
        left = max(left, start - _margin(start - edges[bisect_right(edges, start) - 1]))
        right = min(right, stop + _margin(edges[bisect_left(edges, stop)] - stop))
        # A step beside dead silence may be dead in part, and a moment of that weighs heavily in a logarithm.
        left, right = left + (left in begins), max(right - (right in ends), left + 2)
        stretches += _windows(left * STEP_S, right * STEP_S, longest_s)
    return stretches


def _margin(steps: int) -> int:
    """How many steps of silence are kept, of so many up to an edge."""
    return steps if steps * STEP_S <= EDGE_S else round(MARGIN_S / STEP_S)


def _quantiles(values: np.ndarray) -> np.ndarray:
    """`BACKGROUND` and `SPEECH` of (T,) values, as numpy's own quantiles, which take ten times as long."""
    values = np.sort(values)
    places = np.array([BACKGROUND, SPEECH]) * (len(values) - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    return values[below] + (places - below) * (values[above] - values[below])


def _powers(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) int16 -> (steps,): the mean square of the differences between samples, which leave out hum."""
    step = rate_hz * STEP_S
    count = max(1, math.ceil(len(samples) / step))
    bounds = np.round(np.arange(count + 1) * step).astype(np.int64).clip(max=len(samples))
    powers = np.zeros(count)
    for first in range(0, count, BLOCK_STEPS):
        some = bounds[first : first + BLOCK_STEPS + 1]
        block = samples[max(0, some[0] - 1) : some[-1]].astype(np.float32)
        # A zero behind them: where the last step is empty, its sum begins there.
        squares = np.zeros(some[-1] - some[0] + 1, np.float32)
        changes = squares[1 if some[0] == 0 else 0 : -1]  # nothing comes before the first sample
        np.square(np.subtract(block[1:], block[:-1], out=changes), out=changes)
        sums = np.add.reduceat(squares, some[:-1] - some[0])
        powers[first : first + len(some) - 1] = sums / np.maximum(np.diff(some), 1)
    return powers


def _runs(heard: np.ndarray) -> list[tuple[int, int]]:
    """Where it is True: [start, stop) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _any_within(runs: list[tuple[int, int]], start: int, stop: int) -> bool:
    """Whether one of the runs lies in [start, stop)."""
    at = bisect_left(runs, (start, start))
    return at < len(runs) and runs[at][1] <= stop


def _joined(runs: list[tuple[int, int]], least: int) -> list[tuple[int, int]]:
    """Runs with less than so many steps between them as one."""
    joined = runs[:1]
    for start, stop in runs[1:]:
        if start - joined[-1][1] < least:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _small(group: list[tuple[int, int]], longest: int) -> list[list[tuple[int, int]]]:
    """A group of sounds, cut at pauses until no part is longer than so many steps, or has no pause."""
    waiting, small = [group], []
    while waiting:
        group = waiting.pop()
        start, stop = group[0][0], group[-1][1]
        if stop - start <= longest or len(group) == 1:
            small.append(group)
            continue
        weights = [
            (after[0] - before[1]) * min(before[1] - start, stop - after[0], longest // 2)
            for before, after in pairwise(group)
        ]
        at = int(np.argmax(weights)) + 1
        waiting += [group[at:], group[:at]]  # the first part is taken next: the order is kept
    return small


def _windows(start_s: float, end_s: float, longest_s: float) -> list[Segment]:
    """One stretch, or where it is too long, windows of equal length that overlap."""
    overlap_s = min(OVERLAP_S, longest_s / 2)
    if end_s - start_s <= longest_s + 2 * EDGE_S:
        return [Segment(start_s, end_s)]
    count = math.ceil((end_s - start_s - overlap_s) / (longest_s - overlap_s))
    length_s = (end_s - start_s + (count - 1) * overlap_s) / count
    starts = [start_s + number * (length_s - overlap_s) for number in range(count)]
    return [
        Segment(start, end_s if number == count - 1 else start + length_s, overlap_s if number else 0.0)
        for number, start in enumerate(starts)
    ]
