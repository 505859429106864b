"""Merging of small shards, which slow extraction leaves behind, into few large ones."""

import logging
from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np

from data_prep.store.shard import Entry, write_shard
from data_prep.store.signal_store import SHARD_BYTES, SHARD_CLIPS, SignalStore, new_shard_path

log = logging.getLogger(__name__)

#: Fewer small shards than this are not worth merging.
MIN_SHARDS = 8


def compact_shards(store: SignalStore) -> None:
    """Merge shards that are less than half full, if there are many of them, and remove duplicate signals.

    A shard is deleted only after all its signals are in another complete shard on disk. So no signal is lost if the
    process is killed or several processes merge at once; at worst some signals are stored twice until the next call. A
    process that has a deleted shard open can still read it; other processes find the signals in the new shard.

    Args:
        store: The store; it is refreshed and knows the new shards afterwards.
    """
    store.refresh()
    large = {name for name in store.shards if not _is_small(store.shards[name])}
    small = sorted(store.shards.keys() - large)
    merged_keys = {key for name in large for key in store.shards[name]}
    has_duplicates = len(merged_keys) + sum(len(store.shards[name]) for name in small) > len(store)
    if not small or (len(small) < MIN_SHARDS and not has_duplicates):
        return
    try:
        for group in _groups(store, small):
            merged_keys |= _merge(store, group, merged_keys)
    except OSError as error:  # harmless: another process is merging, the disk is full, or the store is read-only
        log.debug("shards are not merged: %s", error)
    store.refresh()


def _is_small(entries: Mapping[str, Entry]) -> bool:
    return _num_bytes(entries) < SHARD_BYTES / 2 and len(entries) < SHARD_CLIPS / 2


def _num_bytes(entries: Mapping[str, Entry]) -> int:
    return sum(entry.num_bytes for entry in entries.values())


def _groups(store: SignalStore, names: Sequence[str]) -> Iterator[list[str]]:
    """Yield groups of shards that together fill one shard."""
    group: list[str] = []
    num_bytes = num_clips = 0
    for name in names:
        entries = store.shards[name]
        if group and (num_bytes + _num_bytes(entries) > SHARD_BYTES or num_clips + len(entries) > SHARD_CLIPS):
            yield group
            group, num_bytes, num_clips = [], 0, 0
        group.append(name)
        num_bytes += _num_bytes(entries)
        num_clips += len(entries)
    if group:
        yield group


def _merge(store: SignalStore, group: Sequence[str], merged_keys: Set[str]) -> Set[str]:
    """Merge a group of shards, given by file names, into one; drop signals whose keys are in `merged_keys`.

    Returns:
        The keys of the group that were not in `merged_keys`.
    """
    wanted = {key: name for name in group for key in store.shards[name] if key not in merged_keys}
    if len(group) == 1 and len(wanted) == len(store.shards[group[0]]):
        return wanted.keys()
    if wanted:
        values: dict[str, np.ndarray] = {}
        rates_hz: dict[str, float] = {}
        for key, name in wanted.items():
            signal = store.read(name, key)
            values[key], rates_hz[key] = signal.values, signal.rate_hz
        write_shard(new_shard_path(store.folder), values, rates_hz)
    for name in group:
        store.remove_shard(name)
    return wanted.keys()
