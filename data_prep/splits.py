"""Train, validation and test parts where a corpus has none of its own."""

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
    """Give a split to every clip that has none; the same clips always get the same.

    Whole speakers go to one split, in the order of a hash of their names, so that nobody who is tested was trained
    on. With fewer than three speakers, or none named, clips are split one by one within each label instead, which
    is said in a warning: such scores do not tell how strangers are recognised.

    Args:
        clips: Clips, some or all without a split. A part that some clip is already in is not filled further.
        validation_share: Share of the undecided clips for validation; 0 for none.
        test_share: Share of the undecided clips for the test.
        fold: Which of the parts of that size is held out, for cross-validation: with a test_share of 0.25, the test
            parts of folds 0 to 3 are all clips, each once (clip by clip: but for rounding within the labels). Without a
            test part, the same of the validation part.

    Raises:
        InputError: The shares leave nothing for training, or there is no such fold.
    """
    if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
        raise InputError(
            "corpus.validation_share and corpus.test_share must be 0 or more and leave something for training; found "
            f"{validation_share} and {test_share}"
        )
    largest = test_share or validation_share or 1.0
    if fold < 0 or fold * largest >= 1:
        raise InputError(
            f"corpus.fold must be from 0 to {math.ceil(1 / largest) - 1}, as {largest:g} of the clips are held out; "
            f"found {fold}"
        )
    # Who stands in a split already keeps to it with all clips.
    home = {clip.speaker: clip.split for clip in clips if clip.split and clip.speaker is not None}
    clips = [clip if clip.split else replace(clip, split=home.get(clip.speaker or "")) for clip in clips]
    decided = {clip.split for clip in clips}
    shares = {"test": test_share, "validation": validation_share}
    shares = {split: share for split, share in shares.items() if share > 0 and split not in decided}
    undecided = [clip for clip in clips if clip.split is None]
    if not undecided:
        return list(clips)
    speakers = {clip.speaker for clip in undecided}
    if None not in speakers and len(speakers) > len(shares):
        split_of = _split_speakers(undecided, shares, fold)
    else:
        if shares:
            log.warning(
                "%d clips of %s are split clip by clip: the same people may stand in several splits, so scores do "
                "not tell how strangers are recognised",
                len(undecided),
                "unknown speakers" if None in speakers else f"only {len(speakers)} speaker(s)",
            )
        split_of = _split_clips(undecided, shares, fold)
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
    """A hash of each split's clips and targets: two runs with equal ones trained or tested on the same."""
    rows = defaultdict(list)
    for clip in clips:
        rows[clip.split].append(f"{clip.id}\t{clip.text}\t{clip.label}")
    return {
        str(split): hashlib.blake2b("\n".join(sorted(found)).encode(), digest_size=8).hexdigest()
        for split, found in sorted(rows.items(), key=lambda item: str(item[0]))
    }


def _split_speakers(clips: Sequence[Clip], shares: dict[str, float], fold: int) -> dict[str, str]:
    by_speaker = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker].append(clip.id)
    waiting = sorted(by_speaker, key=lambda speaker: _hash(str(speaker)))
    split_of: dict[str, str] = {}
    if not shares:
        return split_of
    count = -fold * next(iter(shares.values())) * len(clips)
    # A speaker belongs to the fold in which the middle of the speaker's clips lies.
    while count + len(by_speaker[waiting[0]]) / 2 < 0:
        count += len(by_speaker[waiting[0]])
        waiting.append(waiting.pop(0))
    for later, (split, share) in zip(reversed(range(len(shares))), shares.items(), strict=True):
        found = 0
        # At least one speaker each: one is left for every later split and one for training.
        while waiting[later + 1 :] and (not found or count + len(by_speaker[waiting[0]]) / 2 < share * len(clips)):
            ids = by_speaker[waiting.pop(0)]
            split_of.update(dict.fromkeys(ids, split))
            count, found = count + len(ids), found + 1
        count = 0
    return split_of


def _split_clips(clips: Sequence[Clip], shares: dict[str, float], fold: int) -> dict[str, str]:
    by_label = defaultdict(list)
    for clip in clips:
        by_label[clip.label].append(clip.id)
    split_of = {}
    owed = dict.fromkeys(shares, 0.0)  # what rounding down withheld, so that many small labels still give their share
    for _, ids in sorted(by_label.items(), key=lambda item: str(item[0])):
        waiting = sorted(ids, key=_hash)
        start = round(fold * next(iter(shares.values()), 0.0) * len(ids)) % len(ids)
        waiting = waiting[start:] + waiting[:start]
        for split, share in shares.items():
            owed[split] += share * len(ids)
            count = min(int(owed[split] + 1e-9), len(waiting) - 1)  # a label is never taken from training altogether
            owed[split] -= count
            taken, waiting = waiting[:count], waiting[count:]
            split_of.update(dict.fromkeys(taken, split))
    return split_of


def _hash(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
