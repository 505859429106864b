"""Cutting a long recording at its pauses, whether of speech or of signing."""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recognizers.segmentation.runs import true_runs

#: Activity is measured in steps of this duration.
STEP_S = 0.01
#: The state of a step. `DEAD`: digital silence, without even the noise of a microphone. `QUIET`: background.
#: `ACTIVE`: somebody speaks or signs.
DEAD, QUIET, ACTIVE = 0, 1, 2
#: Shorter pauses are part of a word.
SHORT_PAUSE_S = 0.15
#: A long recording is always cut at pauses of this duration or longer: whoever goes on speaking starts afresh.
LONG_PAUSE_S = 0.6
#: Digital silence of this duration or longer means that recordings were joined here.
DEAD_PAUSE_S = 0.25
#: How much of a pause is kept on each side of a segment. Where the recording, or one of several that were joined,
#: begins or ends within `EDGE_S`, everything up to that edge is kept.
MARGIN_S, EDGE_S = 0.2, 0.6
#: How much neighbouring windows overlap where a segment has no pause to cut at.
OVERLAP_S = 3.0

#: The start and the end (exclusive) of a run of steps.
Run = tuple[int, int]


@dataclass(frozen=True)
class Segment:
    """A part of a recording.

    Attributes:
        start_s: Where it begins, in seconds from the beginning of the recording.
        end_s: Where it ends.
        overlap_s: How much of its beginning also belongs to the segment before; 0 if a pause separates the two.
    """

    start_s: float
    end_s: float
    overlap_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.end_s - self.start_s


def split_at_pauses(
    states: np.ndarray, longest_s: float, long_pause_s: float = LONG_PAUSE_S, edge_s: float = EDGE_S
) -> list[Segment]:
    """Cut a recording into segments that hold all its activity; pauses between them are left out.

    The recording is cut at every long pause and at digital silence. No segment includes digital silence, which would
    distort the normalisation of its features. A segment that is still too long is cut at its longest pauses,
    preferably near its middle; one without pauses becomes overlapping windows.

    Args:
        states: (T,) `DEAD`, `QUIET` or `ACTIVE` for each step of `STEP_S`.
        longest_s: Longest segment, apart from up to `edge_s` of pause kept at either end.
        long_pause_s: The recording is cut at every pause of this duration or longer.
        edge_s: The whole pause is kept up to an edge this close; see `EDGE_S`.
    """
    sounds = _merge_close(true_runs(states == ACTIVE), round(SHORT_PAUSE_S / STEP_S))
    dead = [run for run in true_runs(states == DEAD) if (run[1] - run[0]) * STEP_S >= DEAD_PAUSE_S]
    if not sounds:
        return []
    groups = [
        part for group in _group(sounds, dead, long_pause_s) for part in _split_group(group, round(longest_s / STEP_S))
    ]
    spans = [(group[0][0], group[-1][1]) for group in groups]
    segments = []
    for start, end in _add_margins(spans, dead, len(states), edge_s):
        segments += _windows(start * STEP_S, end * STEP_S, longest_s)
    return segments


def _group(sounds: list[Run], dead: list[Run], long_pause_s: float) -> list[list[Run]]:
    """Group the sounds that no long pause and no digital silence separates."""
    groups = [[sounds[0]]]
    for before, sound in pairwise(sounds):
        if (sound[0] - before[1]) * STEP_S >= long_pause_s or _any_within(dead, before[1], sound[0]):
            groups.append([sound])
        else:
            groups[-1].append(sound)
    return groups


def _add_margins(spans: list[Run], dead: list[Run], num_steps: int, edge_s: float) -> list[Run]:
    """Extend each span into the pauses before and after it, up to their middles but not into digital silence."""
    middles = [(before[1] + after[0]) // 2 for before, after in pairwise(spans)]
    dead_starts, dead_ends = {start for start, _ in dead}, {end for _, end in dead}
    edges = sorted({0, num_steps, *dead_ends, *dead_starts})
    extended = []
    for (start, end), left, right in zip(spans, [0, *middles], [*middles, num_steps], strict=True):
        left = max(left, start - _margin(start - edges[bisect_right(edges, start) - 1], edge_s))
        right = min(right, end + _margin(edges[bisect_left(edges, end)] - end, edge_s))
        # Leave out the step next to digital silence: part of it may be silent too, which distorts a log spectrum.
        left, right = left + (left in dead_ends), max(right - (right in dead_starts), left + 2)
        extended.append((left, right))
    return extended


def _margin(steps_to_edge: int, edge_s: float) -> int:
    """How many steps of pause to keep, given how many there are up to the nearest edge."""
    return steps_to_edge if steps_to_edge * STEP_S <= edge_s else round(MARGIN_S / STEP_S)


def _any_within(runs: list[Run], start: int, end: int) -> bool:
    """Whether any of the sorted runs lies in [start, end)."""
    index = bisect_left(runs, (start, start))
    return index < len(runs) and runs[index][1] <= end


def _merge_close(runs: list[Run], min_gap: int) -> list[Run]:
    """Merge neighbouring runs with fewer than `min_gap` steps between them."""
    merged = runs[:1]
    for start, end in runs[1:]:
        if start - merged[-1][1] < min_gap:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _split_group(group: list[Run], longest: int) -> list[list[Run]]:
    """Cut a group of sounds at pauses until every part has at most `longest` steps, or no pause left."""
    pending, parts = [group], []
    while pending:
        group = pending.pop()
        start, end = group[0][0], group[-1][1]
        if end - start <= longest or len(group) == 1:
            parts.append(group)
            continue
        weights = [
            (after[0] - before[1]) * min(before[1] - start, end - after[0], longest // 2)
            for before, after in pairwise(group)
        ]
        cut = int(np.argmax(weights)) + 1
        pending += [group[cut:], group[:cut]]  # the first part is popped first, which keeps the order
    return parts


def _windows(start_s: float, end_s: float, longest_s: float) -> list[Segment]:
    """One segment or, if it would be too long, overlapping windows of equal length."""
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
