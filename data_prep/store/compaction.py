"""Few large shards in place of many small ones, which slow work leaves behind."""

import logging
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from data_prep.store.shard import Entry, write_shard
from data_prep.store.signal_store import SHARD_BYTES, SHARD_CLIPS, SignalStore, new_shard_path

log = logging.getLogger(__name__)

#: Fewer small shards than this are left as they are.
MIN_SHARDS = 8


def compact_shards(store: SignalStore) -> None:
    """Merge shards that are less than half full, if there are many, and leave one of each signal kept twice.

    A shard is removed only after all its signals are in another that is whole and on the disk, so nothing is lost,
    whatever is killed and however many processes do this at once; at worst a signal is there twice, until this is done
    again. Who reads a shard that is removed goes on reading it if it is open, and else looks for its new place.

    Args:
        store: The store, which knows the new shards afterwards.
    """
    store.refresh()
    large = {name for name in store.shards if not _is_small(store.shards[name])}
    small = sorted(store.shards.keys() - large)
    settled = {key for name in large for key in store.shards[name]}
    kept_twice = len(settled) + sum(len(store.shards[name]) for name in small) > len(store)
    if len(small) < (1 if kept_twice and len(small) else MIN_SHARDS):
        return
    try:
        for group in _groups(store, small):
            _merge(store, group, settled)
    except OSError as error:  # another process is merging, the disk is full, or it may only be read: no harm done
        log.debug("shards are not merged: %s", error)
    store.refresh()


def _is_small(entries: Mapping[str, Entry]) -> bool:
    return _num_bytes(entries) < SHARD_BYTES / 2 and len(entries) < SHARD_CLIPS / 2


def _num_bytes(entries: Mapping[str, Entry]) -> int:
    return sum(entry.num_bytes for entry in entries.values())


def _groups(store: SignalStore, names: Sequence[str]) -> Iterator[list[str]]:
    """Shards that together are one full shard."""
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


def _merge(store: SignalStore, group: Sequence[str], settled: set[str]) -> None:
    """Put what is in a group of shards into one, but for what is `settled` in others; adds to that."""
    wanted = {key: name for name in group for key in store.shards[name] if key not in settled}
    if len(group) == 1 and len(wanted) == len(store.shards[group[0]]):
        return
    if wanted:
        values: dict[str, np.ndarray] = {}
        rates_hz: dict[str, float] = {}
        for key, name in wanted.items():
            signal = store.read(name, key)
            values[key], rates_hz[key] = signal.values, signal.rate_hz
        write_shard(new_shard_path(store.folder), values, rates_hz)
    for name in group:
        (store.folder / name).unlink(missing_ok=True)
    settled |= wanted.keys()
