"""Shards: safetensors files of signals, with the signals' rates in the metadata.

The safetensors library writes shards, but we read them ourselves: the library takes ten times as long to index a shard
array by array, and it maps files into memory, where a truncated file or a failing disk kills the reading process.
"""

import json
import math
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import save_file

from data_prep.atomic import atomic_write
from data_prep.operating_system import read_at

SHARD_SUFFIX = ".safetensors"
#: numpy's types by their safetensors names; safetensors is always little-endian.
DTYPES = {name: np.dtype(code) for name, code in {
    "BOOL": "?", "U8": "<u1", "I8": "<i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}.items()}  # fmt: skip


class ShardError(ValueError):
    """A file is not a complete shard."""


class Entry(NamedTuple):
    """The place and type of one signal's array in a shard.

    Attributes:
        dtype: Type of the array.
        shape: Shape of the array, (T, ...).
        offset: Position of the array in the file, in bytes.
        rate_hz: Samples or frames per second along T.
    """

    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int
    rate_hz: float

    @property
    def num_bytes(self) -> int:
        """Size of the array in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def read(self, file: int) -> np.ndarray:
        """Read the array.

        Args:
            file: Descriptor of the open shard; processes and threads may share it (see `read_at`).

        Raises:
            ShardError: The file ends within the array.
        """
        values = np.empty(self.shape, self.dtype)
        view = values.reshape(-1).view(np.uint8).data
        done = 0
        while done < len(view):
            count = read_at(file, view[done:], self.offset + done)
            if count == 0:
                raise ShardError("a shard of the store was truncated while in use; prepare the corpus again")
            done += count
        return values


def write_shard(path: Path, values: dict[str, np.ndarray], rates_hz: Mapping[str, float]) -> None:
    """Write arrays and their rates as one shard, atomically."""
    with atomic_write(path) as partial:
        save_file(values, partial, metadata={"rates_hz": json.dumps(rates_hz)})


def read_header(path: Path) -> dict[str, Entry]:
    """Read the entries of a shard, by key.

    Raises:
        ShardError: The file is not a complete shard.
        OSError: The file cannot be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            (length,) = struct.unpack("<Q", file.read(8))
            if 8 + length > size:
                raise ShardError("its header is truncated")
            header = json.loads(file.read(length))
            rates_hz = json.loads(header.pop("__metadata__")["rates_hz"])
            entries = {key: _entry(about, 8 + length, rates_hz[key]) for key, about in header.items()}
            end = 8 + length + max((about["data_offsets"][1] for about in header.values()), default=0)
        except ShardError:
            raise
        except (struct.error, KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            raise ShardError(f"not a shard: {type(error).__name__}: {error}") from None
    if end != size:
        raise ShardError(f"it has {size} bytes, but its header promises {end}")
    return entries


def _entry(about: Any, start: int, rate_hz: float) -> Entry:
    begin, end = about["data_offsets"]
    entry = Entry(DTYPES[about["dtype"]], tuple(about["shape"]), start + begin, rate_hz)
    if end - begin != entry.num_bytes:
        raise ShardError("the size of an array differs from that of its shape")
    return entry
