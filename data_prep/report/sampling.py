"""A few clips that stand for many."""

import random
from collections import Counter
from collections.abc import Sequence

from data_prep.manifest import Clip
from data_prep.report.statistics import by_split


def choose_clips(clips: Sequence[Clip], count: int, seed: int) -> list[Clip]:
    """Draw clips from all splits in turn, each time of a class or text that was drawn least so far.

    Args:
        clips: What to draw from.
        count: How many to draw at most.
        seed: The same seed draws the same clips.

    Returns:
        The clips drawn, split by split.
    """
    shuffled = list(clips)
    random.Random(seed).shuffle(shuffled)
    waiting = {split: group for split, group in by_split(shuffled).items() if group}
    drawn: dict[str, list[Clip]] = {split: [] for split in waiting}
    seen: Counter[str] = Counter()
    while waiting and sum(map(len, drawn.values())) < count:
        for split in list(waiting)[: count - sum(map(len, drawn.values()))]:
            group = waiting[split]
            times = [seen[_target(clip)] for clip in group]
            clip = group.pop(times.index(min(times)))
            seen[_target(clip)] += 1
            drawn[split].append(clip)
            if not group:
                del waiting[split]
    return [clip for group in drawn.values() for clip in group]


def _target(clip: Clip) -> str:
    return clip.label or clip.text or ""
