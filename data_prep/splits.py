"""Assignment of clips to training, validation and test where the corpus does not decide it."""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence

from data_prep.errors import InputError
from data_prep.folds import Folds, name_hash, num_folds, partition_clips, partition_speakers
from data_prep.manifest import SPLITS, Clip
from data_prep.stratification import held_out_counts
from data_prep.streaming.split_filling import fill_splits, splits_in, without_split

log = logging.getLogger(__name__)

#: Stands for the split of clips that have none, in reports.
UNDECIDED = "undecided"


class SplitSettings:
    """How a corpus is divided where it does not come with splits; corpora inherit this and give the fields defaults.

    Attributes:
        validation_share: Share of the clips for validation, from 0 to below 1; whole speakers are held out.
        test_share: Share of the clips for the test, from 0 to below 1.
        fold: Number of the fold of a cross-validation that is held out, from 0; None to hold out one part only.
        folds: Number of folds, or "speaker" for one fold per speaker; None for folds of `test_share`, or of
            `validation_share` if that is 0.
    """

    validation_share: float
    test_share: float
    fold: int | None
    folds: Folds | None

    def assign_splits(self, clips: Sequence[Clip]) -> Sequence[Clip]:
        """Assign a split to every clip that has none; see `assign_splits`."""
        return assign_splits(clips, self.validation_share, self.test_share, self.fold, self.folds)


def assign_splits(
    clips: Sequence[Clip],
    validation_share: float,
    test_share: float,
    fold: int | None = None,
    folds: Folds | None = None,
) -> Sequence[Clip]:
    """Assign a split to every clip that has none; the same clips always get the same splits.

    All clips of a speaker go to one split, in the order of a hash of the speakers' names, so that the test measures
    how unknown speakers are recognised. If speakers are unknown or too few (one is needed for each split), clips are
    split one by one within each label instead, and a warning says that the test no longer measures that. The labels are
    then in proportion in each split, and all of them occur in it if it has room; see `held_out_counts`.

    Args:
        clips: Clips, some or all without a split. A split that some clip already has is not filled further, and a
            speaker who is already in a split stays there.
        validation_share: Share of the unassigned clips for validation, from 0 to below 1.
        test_share: Share of the unassigned clips for the test, from 0 to below 1.
        fold: For cross-validation, which fold becomes the test split, or the validation split if there is a test split
            already or `test_share` is 0. The folds are a partition: each clip is held out in exactly one of them.
        folds: Number of folds, or "speaker"; None for as many as shares of that size make up the whole.

    Raises:
        InputError: The shares leave nothing for training, there is no such fold, or nobody is in it.
    """
    _check_settings(validation_share, test_share, fold, folds)
    # A speaker who is already in a split stays there with all clips.
    if without_split(clips):
        known = {clip.speaker: clip.split for clip in clips if clip.split and clip.speaker is not None}
        clips = fill_splits(clips, lambda clip: known.get(clip.speaker or ""))
    unassigned = without_split(clips)
    shares = _shares_to_fill(splits_in(clips), validation_share, test_share, folds)
    if (fold or folds is not None) and not (unassigned and shares):
        raise InputError(
            f"corpus.fold={fold}: there is nothing to divide into folds, because the corpus comes with its test and "
            "validation clips or holds out nothing; remove its splits, give corpus.folds=N, or leave corpus.fold out"
        )
    if not unassigned:
        return clips
    if folds == "speaker":
        _check_speakers(unassigned, len(shares))
    if _can_split_speakers(unassigned, len(shares)):
        split_of = _split_speakers(unassigned, shares, fold, folds)
    else:
        split_of = _split_clips(unassigned, shares, fold, folds)
    for split in set(shares).difference(split_of.values()):
        log.warning(
            "no clip is left for the %s split, because %d clips are too few for it; record more, or raise "
            "corpus.%s_share",
            split,
            len(unassigned),
            split,
        )
    return fill_splits(clips, lambda clip: split_of.get(clip.id, "train"))


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


def _check_settings(validation_share: float, test_share: float, fold: int | None, folds: Folds | None) -> None:
    if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
        raise InputError(
            "corpus.validation_share and corpus.test_share must be 0 or more and leave something for training (their "
            f"sum must be below 1); found {validation_share} and {test_share}"
        )
    if folds is not None and fold is None:
        raise InputError(f"corpus.folds={folds} needs corpus.fold, the number of the one to hold out, from 0")
    if fold is not None and (isinstance(fold, bool) or not isinstance(fold, int)):
        raise InputError(f"corpus.fold must be a number from 0; found {fold!r}")


def _shares_to_fill(
    assigned: set[str | None], validation_share: float, test_share: float, folds: Folds | None
) -> dict[str, float]:
    """Return the share of each split that no clip has yet, in the order in which speakers are dealt out."""
    shares = {"test": test_share, "validation": validation_share}
    if folds is not None:  # they hold out a part even if its share is 0: how large it is follows from their number
        held_out = "validation" if "test" in assigned else "test"
        shares[held_out] = shares[held_out] or 0.5
    return {split: share for split, share in shares.items() if share > 0 and split not in assigned}


def _can_split_speakers(clips: Sequence[Clip], num_held_out: int) -> bool:
    """Return whether whole speakers can be held out, and warn if there are clips to hold out but they cannot."""
    speakers = {clip.speaker for clip in clips}
    if None not in speakers and len(speakers) > num_held_out:
        return True
    if num_held_out:
        log.warning(
            "%d clips of %s are split clip by clip: the same person may be in several splits, so scores do not "
            "measure how unknown speakers are recognised",
            len(clips),
            "unknown speakers" if None in speakers else f"only {len(speakers)} speaker(s)",
        )
    return False


def _split_speakers(
    clips: Sequence[Clip], shares: dict[str, float], fold: int | None, folds: Folds | None
) -> dict[str, str]:
    """Choose the held-out speakers.

    Args:
        clips: Clips without a split, all with a speaker.
        shares: Share of the clips for each split to fill, in the order in which speakers are dealt out.
        fold: Number of the fold; see `assign_splits`.
        folds: Number of folds; see `assign_splits`.

    Returns:
        The split of each held-out clip, by clip id; the other clips are for training.
    """
    sizes = Counter(str(clip.speaker) for clip in clips)
    queue = sorted(sizes, key=name_hash)
    split_of: dict[str, str] = {}  # by speaker
    if fold is not None:
        shares = dict(shares)
        split, share = _take_first(shares)
        count = num_folds(folds, share, len(sizes))
        parts = partition_speakers(clips, count, 1 / count if folds else share, len(shares) + 1)
        held_out = _choose_fold(parts if split else [[]], fold, f"{len(sizes)} speakers")
        split_of = dict.fromkeys(held_out, split)
        if held_out:  # the next splits take the speakers that follow
            last = queue.index(held_out[-1])
            queue = queue[last + 1 :] + queue[: last + 1 - len(held_out)]
    for later, (split, share) in zip(reversed(range(len(shares))), shares.items(), strict=True):
        num_clips = num_speakers = 0
        # Every split gets at least one speaker: leave one for each later split and one for training.
        while queue[later + 1 :] and (not num_speakers or num_clips + sizes[queue[0]] / 2 < share * len(clips)):
            speaker = queue.pop(0)
            split_of[speaker] = split
            num_clips, num_speakers = num_clips + sizes[speaker], num_speakers + 1
    return {clip.id: split_of[str(clip.speaker)] for clip in clips if str(clip.speaker) in split_of}


def _split_clips(
    clips: Sequence[Clip], shares: dict[str, float], fold: int | None, folds: Folds | None
) -> dict[str, str]:
    """Choose the held-out clips label by label; arguments and result are those of `_split_speakers`."""
    split_of: dict[str, str] = {}
    if fold is not None:
        shares = dict(shares)
        split, share = _take_first(shares)
        parts = partition_clips(clips, num_folds(folds, share, 0))
        split_of = dict.fromkeys(_choose_fold(parts if split else [[]], fold, f"{len(clips)} clips"), split)
    by_label = defaultdict(list)
    for clip in clips:
        if clip.id not in split_of:
            by_label[clip.label].append(clip.id)
    counts = held_out_counts({label: len(by_label[label]) for label in sorted(by_label, key=str)}, shares)
    for label, ids in by_label.items():
        queue = sorted(ids, key=name_hash)
        for split, count in counts[label].items():
            split_of.update(dict.fromkeys(queue[:count], split))
            queue = queue[count:]
    return split_of


def _check_speakers(clips: Sequence[Clip], num_held_out: int) -> None:
    """Check that one speaker at a time can be left out, and others held out for validation."""
    unknown = [clip.id for clip in clips if clip.speaker is None]
    num_speakers = len({clip.speaker for clip in clips} - {None})
    if unknown:
        raise InputError(
            f"corpus.folds=speaker leaves out one speaker at a time, but {len(unknown)} of {len(clips)} clips name no "
            f"speaker, such as {unknown[0]}; give a number, such as corpus.folds=5"
        )
    if num_speakers <= num_held_out:
        validation = ", one for validation" if num_held_out > 1 else ""
        raise InputError(
            f"corpus.folds=speaker needs a speaker for the fold{validation} and one for training, but there are only "
            f"{num_speakers}; give a number such as corpus.folds=5"
            + (", or corpus.validation_share=0" * bool(validation))
        )


def _take_first(shares: dict[str, float]) -> tuple[str, float]:
    """Remove the split that the folds fill from `shares`; its name is empty if nothing is held out."""
    split = next(iter(shares), "")
    return split, shares.pop(split, 0.0)


def _choose_fold(parts: list[list[str]], fold: int, described: str) -> list[str]:
    """Return one fold.

    Raises:
        InputError: There is no such fold, or it is empty.
    """
    if not 0 <= fold < len(parts):
        raise InputError(f"corpus.fold must be from 0 to {len(parts) - 1} for {len(parts)} fold(s); found {fold}")
    if not parts[fold] and any(parts):
        raise InputError(
            f"corpus.fold={fold} holds nobody: {described} fill only {sum(map(bool, parts))} of {len(parts)} folds; "
            "give fewer with corpus.folds=N, or corpus.folds=speaker to leave out one speaker at a time"
        )
    return parts[fold]
