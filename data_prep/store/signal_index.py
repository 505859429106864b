"""An index of the signals in many shards: an array, 50 bytes a signal, instead of an object for each."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from data_prep.store.shard import DTYPES, Entry, ShardError

#: A key is 16 bytes, written as 32 hexadecimal digits.
KEY_BYTES = 16


class Place(NamedTuple):
    """Where a signal is.

    Attributes:
        shard: Index of the shard.
        entry: Its place in the shard.
        crc32: Checksum of its bytes.
    """

    shard: int
    entry: Entry
    crc32: int


class _Kind(NamedTuple):
    """What signals of an extractor have in common: type, shape after the first dimension, and rate."""

    dtype: np.dtype
    shape: tuple[int, ...]
    rate_hz: float


class SignalIndex:
    """Finds signals by key in the shards that were added."""

    def __init__(self) -> None:
        self._kinds: list[_Kind] = []
        self._number_of: dict[_Kind, int] = {}
        self._added: list[np.ndarray] = []
        self._rows = np.empty(0, _ROW)
        self._high = np.empty(0, np.uint64)  # contiguous, for the search

    def add(self, shard: int, signals: Mapping[str, Any], shard_bytes: int) -> None:
        """Add the signals of a shard, as its record lists them: type, shape, offset, rate and checksum by key.

        Raises:
            ShardError: The record is damaged.
        """
        try:
            rows = np.array([self._row(shard, key, about, shard_bytes) for key, about in signals.items()], _ROW)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ShardError(f"its record is damaged: {type(error).__name__}: {error}") from None
        self._added.append(rows)

    def __len__(self) -> int:
        return len(self._sorted())

    def find(self, key: str) -> Place | None:
        """Return where a signal is; None if no shard has it."""
        rows = self._sorted()
        try:
            wanted = np.frombuffer(bytes.fromhex(key), ">u8")
        except ValueError:
            return None
        if len(wanted) != 2:
            return None
        high, low = wanted.tolist()
        at = int(np.searchsorted(self._high, np.uint64(high)))
        while at < len(rows) and rows["high"][at] == high:
            if rows["low"][at] == low:
                return self._place(rows[at])
            at += 1
        return None

    def _sorted(self) -> np.ndarray:
        """Return the rows in the order of their keys, of which each occurs once, in the first shard that has it."""
        if self._added:
            rows = np.concatenate([self._rows, *self._added])
            self._added = []
            rows = rows[np.lexsort((rows["shard"], rows["low"], rows["high"]))]
            is_first = np.ones(len(rows), bool)
            is_first[1:] = (rows["high"][1:] != rows["high"][:-1]) | (rows["low"][1:] != rows["low"][:-1])
            self._rows = rows[is_first]
            self._high = np.ascontiguousarray(self._rows["high"])
        return self._rows

    def _row(self, shard: int, key: str, about: Any, shard_bytes: int) -> tuple[int, ...]:
        name, (length, *rest), offset, rate_hz, crc32 = about
        kind = _Kind(DTYPES[name], tuple(map(int, rest)), float(rate_hz))
        num_bytes = int(length) * math.prod(kind.shape) * kind.dtype.itemsize
        if not (0 < kind.rate_hz < math.inf) or min(int(length), int(offset), *kind.shape, 0) < 0:
            raise ValueError(f"the signal {key} has impossible sizes")
        if int(offset) + num_bytes > shard_bytes or len(key) != 2 * KEY_BYTES:
            raise ValueError(f"the signal {key} is not within the shard")
        if kind not in self._number_of:
            self._number_of[kind] = len(self._kinds)
            self._kinds.append(kind)
        high, low = np.frombuffer(bytes.fromhex(key), ">u8").tolist()
        return high, low, shard, self._number_of[kind], int(length), int(offset), int(crc32)

    def _place(self, row: np.void) -> Place:
        kind = self._kinds[row["kind"]]
        entry = Entry(kind.dtype, (int(row["length"]), *kind.shape), int(row["offset"]), kind.rate_hz)
        return Place(int(row["shard"]), entry, int(row["crc32"]))


_ROW = np.dtype([
    ("high", "u8"), ("low", "u8"), ("shard", "i4"), ("kind", "i2"), ("length", "i8"), ("offset", "i8"), ("crc32", "u4"),
])  # fmt: skip
