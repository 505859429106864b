"""Setting the splits of clips that have none, for lists and for lazy manifests alike."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from data_prep.manifest import SPLITS, Clip
from data_prep.streaming.lazy_manifest import NO_SPLIT, LazyManifest


def splits_in(clips: Sequence[Clip]) -> set[str | None]:
    """Return the splits that occur among clips, with None if some clip has none."""
    if isinstance(clips, LazyManifest):
        return {None if code == NO_SPLIT else SPLITS[code] for code in np.unique(clips.table.splits).tolist()}
    return {clip.split for clip in clips}


def without_split(clips: Sequence[Clip]) -> Sequence[Clip]:
    """Return the clips that have no split."""
    if isinstance(clips, LazyManifest):
        return clips.select(clips.table.splits == NO_SPLIT)
    return [clip for clip in clips if clip.split is None]


def fill_splits(clips: Sequence[Clip], split_of: Callable[[Clip], str | None]) -> Sequence[Clip]:
    """Return the clips, with the split that a function gives for each that has none."""
    if not isinstance(clips, LazyManifest):
        return [clip if clip.split else replace(clip, split=split_of(clip)) for clip in clips]
    splits = clips.table.splits.copy()
    missing = np.flatnonzero(splits == NO_SPLIT)
    chosen = map(split_of, clips.select(missing))
    codes = (NO_SPLIT if split is None else SPLITS.index(split) for split in chosen)
    splits[missing] = np.fromiter(codes, np.int8, len(missing))
    return clips.with_splits(splits)
