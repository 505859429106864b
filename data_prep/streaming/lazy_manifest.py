"""A manifest whose rows are read when they are asked for; it takes the place of a list of clips."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Any, overload

import numpy as np

from data_prep.errors import InputError
from data_prep.json_rows import Row, parse_line
from data_prep.manifest import SPLITS, Clip, clip_from_row, is_available
from data_prep.operating_system import read_at

#: Stands for the split of clips that have none, in arrays; the others are indices into `SPLITS`.
NO_SPLIT = -1


@dataclass(frozen=True)
class ManifestFile:
    """A file of JSON lines.

    Attributes:
        path: The file.
        folder: Folder that relative media paths start from.
        split: Split of the rows that have none.
        prefix: Begins the ids of rows without an id.
        stamp: Size in bytes and modification time in nanoseconds when the rows were indexed.
    """

    path: Path
    folder: Path
    split: str | None
    prefix: str
    stamp: tuple[int, int]


@dataclass(frozen=True)
class RowTable:
    """Where the rows are, an element for each row.

    Attributes:
        files: Index of its file, int16.
        lines: Number of its line, from 1, int32.
        offsets: Where the line begins, in bytes, int64.
        sizes: Length of the line, in bytes, int32.
        splits: Index of its split in `SPLITS`, or `NO_SPLIT`, int8.
        id_hashes: Hash of its id, uint64; see `hash_id`.
    """

    files: np.ndarray
    lines: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray
    splits: np.ndarray
    id_hashes: np.ndarray

    def take(self, rows: np.ndarray) -> "RowTable":
        """Return the table of some rows, given by their indices or by a mask."""
        return RowTable(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class ManifestSummary:
    """What is known of the rows after reading all of them once.

    Attributes:
        extra_names: Names of the fields without a meaning.
        has_targets: Whether any row has a text or a label.
        has_media: Whether the file of any row exists.
    """

    extra_names: frozenset[str]
    has_targets: bool
    has_media: bool


class LazyManifest(Sequence[Clip]):
    """The clips of manifests, each read from its file whenever it is asked for; equal to the list of them.

    It can be pickled; each process opens the files for itself.

    Args:
        files: The manifests.
        table: Where the rows are.
        columns: Names in the manifests of fields of a clip.
        summary: What all rows together are like.

    Raises:
        InputError: While a row is read: a file has changed since it was indexed, or is gone.
    """

    def __init__(
        self,
        files: Sequence[ManifestFile],
        table: RowTable,
        columns: Mapping[str, str],
        summary: ManifestSummary,
    ) -> None:
        self.files = tuple(files)
        self.table = table
        self.columns = dict(columns)
        self.summary = summary
        self._open: dict[int, FileIO] = {}

    def __len__(self) -> int:
        return len(self.table.offsets)

    @overload
    def __getitem__(self, index: int) -> Clip: ...

    @overload
    def __getitem__(self, index: slice) -> "LazyManifest": ...

    def __getitem__(self, index: int | slice) -> "Clip | LazyManifest":
        if isinstance(index, slice):
            return self.select(np.arange(len(self))[index])
        return self._read(range(len(self))[index])

    def __iter__(self) -> Iterator[Clip]:
        return map(self._read, range(len(self)))

    def select(self, rows: np.ndarray) -> "LazyManifest":
        """Return some of the clips, given by their indices or by a mask."""
        return LazyManifest(self.files, self.table.take(rows), self.columns, self.summary)

    def with_splits(self, splits: np.ndarray) -> "LazyManifest":
        """Return the clips with other splits, given as in `RowTable`."""
        return LazyManifest(self.files, replace(self.table, splits=splits), self.columns, self.summary)

    def _read(self, row: int) -> Clip:
        number = int(self.table.files[row])
        file = self.files[number]
        opened = self._open.get(number) or self._reopen(number)
        content = bytearray(int(self.table.sizes[row]))
        read_at(opened.fileno(), memoryview(content), int(self.table.offsets[row]))
        where = f"{file.path}:{self.table.lines[row]}"
        given = Row(where, parse_line(bytes(content), where))
        clip, _ = clip_from_row(given, file.folder, self.columns, file.prefix)
        code = int(self.table.splits[row])
        split = None if code == NO_SPLIT else SPLITS[code]
        return clip if clip.split == split else replace(clip, split=split)

    def _reopen(self, number: int) -> FileIO:
        file = self.files[number]
        try:
            opened = FileIO(file.path)
        except OSError as error:
            raise InputError(f"{file.path}: cannot be read any more ({error.strerror}); start again") from None
        if stamp_of(opened.fileno()) != file.stamp:
            opened.close()
            raise InputError(f"{file.path}: has changed since its rows were read; start again")
        self._open[number] = opened
        return opened

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_open": {}}

    def __del__(self) -> None:
        for opened in self.__dict__.get("_open", {}).values():
            opened.close()


def summarize(clips: Sequence[Clip]) -> ManifestSummary:
    """Tell what all clips together are like; a `LazyManifest` knows it."""
    if isinstance(clips, LazyManifest):
        return clips.summary
    return ManifestSummary(
        frozenset(name for clip in clips for name in clip.extra),
        any(clip.text is not None or clip.label is not None for clip in clips),
        any(is_available(clip) for clip in clips),
    )


class MappedClips(Sequence[Clip]):
    """Clips that are changed by a function whenever they are asked for.

    Args:
        clips: The clips.
        change: Returns the clip to give in place of one of them.
    """

    def __init__(self, clips: Sequence[Clip], change: Callable[[Clip], Clip]) -> None:
        self._clips = clips
        self._change = change

    def __len__(self) -> int:
        return len(self._clips)

    @overload
    def __getitem__(self, index: int) -> Clip: ...

    @overload
    def __getitem__(self, index: slice) -> "MappedClips": ...

    def __getitem__(self, index: int | slice) -> "Clip | MappedClips":
        found = self._clips[index]
        return self._change(found) if isinstance(found, Clip) else MappedClips(found, self._change)

    def __iter__(self) -> Iterator[Clip]:
        return map(self._change, self._clips)


def stamp_of(file: int) -> tuple[int, int]:
    """Return size and modification time of an open file, which tell whether it has changed."""
    about = os.fstat(file)
    return about.st_size, about.st_mtime_ns
