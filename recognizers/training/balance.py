"""Balanced sampling: which clips an epoch contains if those of every group are to be drawn equally often."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data_prep.errors import InputError, did_you_mean
from data_prep.manifest import Clip, row_from_clip
from data_prep.text_rules import normalize_text
from recognizers.training.targets import TargetClip

log = logging.getLogger(__name__)

#: Fields of a manifest's row that are not offered as groups, because each clip has its own or all have the same.
NOT_OFFERED = ("id", "path", "start_s", "end_s", "split")


class BalancedDraw:
    """Draws the clips of each epoch: equally many of each group, and as many in all as there are clips.

    A group with few clips is drawn from several times in an epoch; one with many gives other clips in each epoch. The
    clips of a group follow each other in rounds, shuffled anew in each, so that after any number of epochs they have
    been drawn equally often, or differ by one. The draw depends on the seed and the epoch only.

    Args:
        groups: Name of each clip's group.
        seed: Seed of the shuffling.
    """

    def __init__(self, groups: Sequence[str], seed: int = 0) -> None:
        self.num_clips = len(groups)
        self.seed = seed
        self.names = sorted(set(groups))
        number_of = {name: number for number, name in enumerate(self.names)}
        group_of = np.array([number_of[name] for name in groups])
        counts = np.bincount(group_of)
        #: Indices of the clips of each group.
        self.members = np.split(np.argsort(group_of, kind="stable"), np.cumsum(counts)[:-1])
        #: How often each clip is drawn in an epoch, on average, (clips,); the sum is the number of clips.
        self.rates = self.num_clips / (len(counts) * counts[group_of])

    def indices(self, epoch: int) -> np.ndarray:
        """Return the indices of the epoch's clips in ascending order, (clips,)."""
        # The clips seldom divide evenly. A group's share is the difference of two rounded totals, whose offsets make
        # the shares of an epoch add up to `num_clips` (Hermite's identity) and keep every group from falling behind.
        starts, stops = (
            (each * self.num_clips + np.arange(len(self.members))) // len(self.members) for each in (epoch, epoch + 1)
        )
        parts = [self._part(group, int(starts[group]), int(stops[group])) for group in range(len(self.members))]
        return np.sort(np.concatenate(parts))

    def _part(self, group: int, start: int, stop: int) -> np.ndarray:
        """Return the clips at places `start` to `stop` of a group's endless sequence of rounds."""
        size = len(self.members[group])
        first, last = start // size, (stop - 1) // size
        if first == last:
            return self._round(group, first)[start - first * size : stop - first * size]
        begin = self._round(group, first)[start - first * size :]
        end = self._round(group, last)[: stop - last * size]
        return np.concatenate([begin, np.tile(self.members[group], last - first - 1), end])

    def _round(self, group: int, number: int) -> np.ndarray:
        return np.random.default_rng([self.seed, group, number]).permutation(self.members[group])

    def describe(self) -> str:
        """Describe the groups, and how often the clips of the smallest and of the largest are drawn."""
        if len(self.names) == 1:
            return (
                f"all {self.num_clips} training clips are of one group, {self.names[0]!r}: there is nothing to balance"
            )
        sizes = [len(members) for members in self.members]
        if min(sizes) == max(sizes):
            return f"all {len(sizes)} groups have {sizes[0]} clips, so they are balanced already"
        rare, frequent = (
            f"{self.names[number]!r} ({sizes[number]} clips) {self.num_clips / len(sizes) / sizes[number]:.2g} times"
            for number in (int(np.argmin(sizes)), int(np.argmax(sizes)))
        )
        return (
            f"{len(sizes)} groups, each drawn {self.num_clips / len(sizes):.4g} times in an epoch of {self.num_clips} "
            f"clips: a clip of {rare}, one of {frequent}"
        )


def groups_of(clips: Sequence[Clip], field: str, normalize: Sequence[str]) -> list[str]:
    """Return the group of each training clip: its value of a field of the manifest.

    Args:
        clips: The training clips.
        field: Name of the field, such as "label" or "speaker".
        normalize: The rules by which labels are spelled; see `data_prep.text_rules`.

    Raises:
        InputError: No clip has the field, or some lack it.
    """
    values = [_value(clip, field, normalize) for clip in clips]
    lacking = [clip.id for clip, value in zip(clips, values, strict=True) if not value]
    if len(lacking) == len(clips):
        found = sorted({name for clip in clips for name in row_from_clip(clip, Path())} - {*NOT_OFFERED})
        raise InputError(
            f"balance={field}: no training clip has this field; found {', '.join(found) or 'no field to balance by'}. "
            f"Give a field that all training clips have, or balance=null{did_you_mean(field, found)}"
        )
    if lacking:
        raise InputError(
            f"balance={field}: {len(lacking)} of {len(clips)} training clips have no {field!r}, such as {lacking[0]}; "
            "expected one for each. Fill it in, or leave balance out"
        )
    return values


def with_groups(entries: Sequence[TargetClip], field: str | None, normalize: Sequence[str]) -> list[TargetClip]:
    """Return clips with their targets, those of the training with their groups; see `groups_of`."""
    train = [entry.clip for entry in entries if entry.clip.split == "train"]
    if field is None or not train:
        return list(entries)
    groups = iter(groups_of(train, field, normalize))
    return [replace(entry, group=next(groups)) if entry.clip.split == "train" else entry for entry in entries]


def _value(clip: Clip, field: str, normalize: Sequence[str]) -> str:
    value = row_from_clip(clip, Path()).get(field) if field != "label" else clip.label
    text = "" if value is None else str(value).strip()
    return normalize_text(text, normalize) if field == "label" else text
