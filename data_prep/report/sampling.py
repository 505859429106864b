"""Choosing a few clips to represent a corpus."""

import random
from collections import Counter
from collections.abc import Sequence

from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.statistics import group_by_split


def choose_varied_clips(clips: Sequence[Clip], count: int, seed: int) -> list[Clip]:
    """Draw up to `count` clips from all splits in turn, each time one whose class or text was drawn least often so far.

    Returns:
        The chosen clips, split by split.
    """
    shuffled = list(clips)
    random.Random(seed).shuffle(shuffled)
    remaining = {split: group for split, group in group_by_split(shuffled).items() if group}
    chosen: dict[str, list[Clip]] = {split: [] for split in remaining}
    drawn: Counter[str] = Counter()
    while remaining and drawn.total() < count:
        for split in list(remaining)[: count - drawn.total()]:
            group = remaining[split]
            times_drawn = [drawn[_target(clip)] for clip in group]
            clip = group.pop(times_drawn.index(min(times_drawn)))
            drawn[_target(clip)] += 1
            chosen[split].append(clip)
            if not group:
                del remaining[split]
    return [clip for group in chosen.values() for clip in group]


def choose_clips_to_read(prepared: Prepared, seed: int, max_clips: int, max_hours: float) -> list[Clip]:
    """Return all clips, or a random sample of a corpus that is too large to be read completely.

    Args:
        prepared: The corpus.
        seed: Seed of the random sample.
        max_clips: Maximum number of clips.
        max_hours: Maximum total duration; one clip is chosen even if it is longer.

    Returns:
        The chosen clips, in the order of the corpus.
    """
    order = list(range(len(prepared.clips)))
    random.Random(seed).shuffle(order)
    chosen: list[int] = []
    hours = 0.0
    for index in order[:max_clips]:
        hours += prepared.duration_s(prepared.clips[index]) / 3600
        if chosen and hours > max_hours:
            break
        chosen.append(index)
    return [prepared.clips[index] for index in sorted(chosen)]


def _target(clip: Clip) -> str:
    return clip.label or clip.text or ""
