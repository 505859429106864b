"""Assignment of clips to training, validation and test where the corpus does not decide it."""

import hashlib
import logging
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from data_prep.errors import InputError
from data_prep.manifest import SPLITS, Clip

log = logging.getLogger(__name__)

#: Stands for the split of clips that have none, in reports.
UNDECIDED = "undecided"


def assign_splits(clips: Sequence[Clip], validation_share: float, test_share: float, fold: int = 0) -> list[Clip]:
    """Assign a split to every clip that has none; the same clips always get the same splits.

    All clips of a speaker go to one split, in the order of a hash of the speakers' names, so that the test measures
    how unknown speakers are recognised. If speakers are unknown or too few (one is needed for each split), clips are
    split one by one within each label instead, and a warning says that the test no longer measures that.

    Args:
        clips: Clips, some or all without a split. A split that some clip already has is not filled further, and a
            speaker who is already in a split stays there.
        validation_share: Share of the unassigned clips for validation, from 0 to below 1.
        test_share: Share of the unassigned clips for the test, from 0 to below 1.
        fold: For cross-validation, which part of that size becomes the test split, or the validation split if
            `test_share` is 0. With a test share of 0.25, the test splits of folds 0 to 3 together hold each clip once
            (except for rounding if clips are split one by one).

    Raises:
        InputError: The shares leave nothing for training, or there is no such fold.
    """
    if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
        raise InputError(
            "corpus.validation_share and corpus.test_share must be 0 or more and leave something for training (their "
            f"sum must be below 1); found {validation_share} and {test_share}"
        )
    largest = test_share or validation_share or 1.0
    if fold < 0 or fold * largest >= 1:
        raise InputError(
            f"corpus.fold must be from 0 to {math.ceil(1 / largest) - 1}, because a fold holds out {largest:g} of the "
            f"clips; found {fold}"
        )
    # A speaker who is already in a split stays there with all clips.
    known = {clip.speaker: clip.split for clip in clips if clip.split and clip.speaker is not None}
    clips = [clip if clip.split else replace(clip, split=known.get(clip.speaker or "")) for clip in clips]
    assigned = {clip.split for clip in clips}
    shares = {"test": test_share, "validation": validation_share}
    shares = {split: share for split, share in shares.items() if share > 0 and split not in assigned}
    unassigned = [clip for clip in clips if clip.split is None]
    if not unassigned:
        return list(clips)
    speakers = {clip.speaker for clip in unassigned}
    if None not in speakers and len(speakers) > len(shares):
        split_of = _split_speakers(unassigned, shares, fold)
    else:
        if shares:
            log.warning(
                "%d clips of %s are split clip by clip: the same person may be in several splits, so scores do not "
                "measure how unknown speakers are recognised",
                len(unassigned),
                "unknown speakers" if None in speakers else f"only {len(speakers)} speaker(s)",
            )
        split_of = _split_clips(unassigned, shares, fold)
    return [clip if clip.split else replace(clip, split=split_of.get(clip.id, "train")) for clip in clips]


def speakers_across_splits(clips: Sequence[Clip]) -> dict[str, list[str]]:
    """Find the speakers whose clips are in more than one split.

    Returns:
        Each such speaker's splits, in the order of `SPLITS` and last `UNDECIDED` for clips that have none.
    """
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for clip in clips:
        if clip.speaker is not None:
            splits[clip.speaker].add(clip.split or UNDECIDED)
    return {
        speaker: [split for split in (*SPLITS, UNDECIDED) if split in found]
        for speaker, found in sorted(splits.items())
        if len(found) > 1
    }


def split_fingerprints(clips: Sequence[Clip]) -> dict[str, str]:
    """Hash the ids and targets of each split's clips, so that runs can be checked to use the same data."""
    rows = defaultdict(list)
    for clip in clips:
        rows[clip.split].append(f"{clip.id}\t{clip.text}\t{clip.label}")
    return {
        str(split): hashlib.blake2b("\n".join(sorted(found)).encode(), digest_size=8).hexdigest()
        for split, found in sorted(rows.items(), key=lambda item: str(item[0]))
    }


def _split_speakers(clips: Sequence[Clip], shares: dict[str, float], fold: int) -> dict[str, str]:
    """Choose the held-out speakers.

    Args:
        clips: Clips without a split, all with a speaker.
        shares: Share of the clips for each split to fill, in the order in which speakers are dealt out.
        fold: Number of the fold; see `assign_splits`.

    Returns:
        The split of each held-out clip, by clip id; the other clips are for training.
    """
    by_speaker = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker].append(clip.id)
    queue = sorted(by_speaker, key=lambda speaker: _hash(str(speaker)))
    split_of: dict[str, str] = {}
    if not shares:
        return split_of
    # Skip the speakers of earlier folds: a speaker belongs to the fold that contains the middle of their clips.
    count = -fold * next(iter(shares.values())) * len(clips)
    while count + len(by_speaker[queue[0]]) / 2 < 0:
        count += len(by_speaker[queue[0]])
        queue.append(queue.pop(0))
    for later, (split, share) in zip(reversed(range(len(shares))), shares.items(), strict=True):
        num_speakers = 0
        # Every split gets at least one speaker: leave one for each later split and one for training.
        while queue[later + 1 :] and (not num_speakers or count + len(by_speaker[queue[0]]) / 2 < share * len(clips)):
            ids = by_speaker[queue.pop(0)]
            split_of.update(dict.fromkeys(ids, split))
            count, num_speakers = count + len(ids), num_speakers + 1
        count = 0
    return split_of


def _split_clips(clips: Sequence[Clip], shares: dict[str, float], fold: int) -> dict[str, str]:
    """Choose the held-out clips label by label; arguments and result are those of `_split_speakers`."""
    by_label = defaultdict(list)
    for clip in clips:
        by_label[clip.label].append(clip.id)
    split_of = {}
    owed = dict.fromkeys(shares, 0.0)  # carries the remainder of rounding down over to the next label
    for _, ids in sorted(by_label.items(), key=lambda item: str(item[0])):
        queue = sorted(ids, key=_hash)
        start = round(fold * next(iter(shares.values()), 0.0) * len(ids)) % len(ids)
        queue = queue[start:] + queue[:start]
        for split, share in shares.items():
            owed[split] += share * len(ids)
            count = min(int(owed[split] + 1e-9), len(queue) - 1)  # leave at least one clip of the label for training
            owed[split] -= count
            taken, queue = queue[:count], queue[count:]
            split_of.update(dict.fromkeys(taken, split))
    return split_of


def _hash(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
