"""Partitions of a corpus for cross-validation: every clip is held out in exactly one fold."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from data_prep.errors import InputError
from data_prep.manifest import Clip

#: Number of folds, or "speaker" for one fold per speaker.
Folds = int | Literal["speaker"]


def num_folds(folds: Folds | None, share: float, num_speakers: int) -> int:
    """Return into how many folds a corpus is divided.

    Args:
        folds: The setting ``corpus.folds``; None if a fold holds out `share` of the clips.
        share: Share of the clips that a fold holds out.
        num_speakers: Number of speakers among the clips; 0 if they are unknown.

    Raises:
        InputError: `folds` is neither a number from 2 nor "speaker".
    """
    if folds is None:
        return math.ceil(1 / share - 1e-9) if share else 1
    if folds == "speaker":
        return num_speakers
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 2:
        raise InputError(f"corpus.folds must be a number from 2, or 'speaker'; found {folds!r}")
    return folds


def partition_speakers(clips: Sequence[Clip], count: int, share: float, keep: int) -> list[list[str]]:
    """Deal the speakers out to folds of about `share` of the clips, in the order of a hash of their names.

    The partition is drawn once: the folds are disjoint and together hold every speaker. No fold is empty if there are
    at least `count` speakers; otherwise the last folds are.

    Args:
        clips: Clips that all have a speaker.
        count: Number of folds.
        share: Share of the clips that a fold should hold, usually ``1 / count``.
        keep: Number of speakers that the first fold leaves to training and validation, if there are enough.

    Returns:
        The speakers of each fold.
    """
    sizes: defaultdict[str, int] = defaultdict(int)
    for clip in clips:
        sizes[str(clip.speaker)] += 1
    queue = sorted(sizes, key=name_hash)
    every_fold_gets_one = len(queue) >= count
    folds: list[list[str]] = []
    dealt = 0
    for number in range(count):
        keep = max(keep if number == 0 else 0, count - 1 - number if every_fold_gets_one else 0)
        fold: list[str] = []
        # A speaker belongs to the fold in which the middle of their clips falls.
        while len(queue) > keep and (not fold or dealt + sizes[queue[0]] / 2 < (number + 1) * share * len(clips)):
            fold.append(queue.pop(0))
            dealt += sizes[fold[-1]]
        folds.append(fold)
    folds[-1] += queue
    return folds


def partition_clips(clips: Sequence[Clip], count: int) -> list[list[str]]:
    """Deal clips of unknown speakers out to folds, so that each label is spread evenly over them.

    Args:
        clips: The clips.
        count: Number of folds.

    Returns:
        The ids of each fold's clips. They are disjoint and together hold every clip, except that a label's only clip is
        in none, because a recognizer that never heard the label cannot be tested on it.
    """
    by_label = defaultdict(list)
    for clip in clips:
        by_label[clip.label].append(clip.id)
    queue = [
        name
        for _, ids in sorted(by_label.items(), key=lambda item: str(item[0]))
        if len(ids) > 1
        for name in sorted(ids, key=name_hash)
    ]
    return [queue[number::count] for number in range(count)]


def name_hash(name: str) -> str:
    """Return a hash that puts names in an order that is random but always the same."""
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
