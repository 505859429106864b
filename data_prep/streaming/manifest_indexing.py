"""Reading all rows of manifests once, to check them and to note where each begins."""

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.json_rows import Row, parse_line
from data_prep.manifest import (
    MAX_LISTED_PROBLEMS,
    SPLITS,
    Clip,
    check_columns_found,
    clip_from_row,
    duplicate_id,
    is_available,
    log_translation,
    names_in,
    raise_problems,
    warn_of_missing,
)
from data_prep.streaming.lazy_manifest import (
    NO_SPLIT,
    LazyManifest,
    ManifestFile,
    ManifestSummary,
    RowTable,
    stamp_of,
)


def index_manifest(path: Path) -> LazyManifest:
    """Index a manifest of JSON lines, whose paths are relative to its folder.

    Its clips, and the errors about its rows, are those of `data_prep.manifest.read_manifest`.

    Raises:
        InputError: The manifest does not exist, or rows are invalid.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such manifest")
    indexer = ManifestIndexer()
    indexer.add(path, path.parent)
    return indexer.finish()


def hash_id(name: str) -> int:
    """Return a hash of a clip's id, of 64 bits: two of ten million ids are alike with a chance of 3 in a million."""
    return int.from_bytes(hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=8).digest(), "big")


class ManifestIndexer:
    """Indexes the rows of one or more manifests of JSON lines, as `data_prep.manifest.ClipCollector` collects clips.

    Args:
        columns: Names in the manifests of fields of a clip; see `data_prep.manifest_columns.translate_row`.
    """

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self._columns = columns or {}
        self._files: list[ManifestFile] = []
        self._rows = _GrowingTable()
        self._problems: list[tuple[int, int, str]] = []  # file, line, and what is wrong there: the first few
        self._num_problems = 0
        self._names: set[str] = set()
        self._extra_names: set[str] = set()
        self._has_targets = self._has_media = False

    def add(self, path: Path, folder: Path, split: str | None = None, prefix: str = "") -> None:
        """Index the rows of a manifest, and say in one line what its names are taken for.

        Args:
            path: The manifest.
            folder: Folder that relative media paths start from.
            split: Split of the rows that have none.
            prefix: Begins the ids of rows without an id.
        """
        number = len(self._files)
        taken: dict[str, str] = {}
        extra_names: set[str] = set()
        count = missing = 0
        example = path
        with open(path, "rb") as lines:
            self._files.append(ManifestFile(path, folder, split, prefix, stamp_of(lines.fileno())))
            for line, offset, content in _lines(lines):
                try:
                    clip = self._parse(content, number, line, taken)
                except InputError as error:
                    self._note(number, line, str(error))
                    continue
                self._rows.add(number, line, offset, len(content), clip.split or split, hash_id(clip.id))
                count += 1
                extra_names.update(clip.extra)
                self._has_targets = self._has_targets or clip.text is not None or clip.label is not None
                if is_available(clip):
                    self._has_media = True
                else:
                    example = example if missing else clip.path
                    missing += 1
        log_translation(str(path), taken, extra_names)
        self._extra_names |= extra_names
        if missing:
            warn_of_missing(str(path), missing, count, example, folder)

    def finish(self) -> LazyManifest:
        """Return the clips.

        Raises:
            InputError: Rows are wrong, or a name of `columns` is not that of any column.
        """
        check_columns_found(self._columns, self._names)
        summary = ManifestSummary(frozenset(self._extra_names), self._has_targets, self._has_media)
        clips = LazyManifest(self._files, self._rows.table(), self._columns, summary)
        self._find_duplicates(clips)
        first = [text for _, _, text in sorted(self._problems)[:MAX_LISTED_PROBLEMS]]
        raise_problems(first, self._num_problems)
        return clips

    def _parse(self, content: bytes, number: int, line: int, taken: dict[str, str]) -> Clip:
        file = self._files[number]
        where = f"{file.path}:{line}"
        values = parse_line(content, where)
        if self._columns and isinstance(values, dict):
            self._names |= names_in(values)
        clip, translated = clip_from_row(Row(where, values), file.folder, self._columns, file.prefix)
        taken |= translated
        return clip

    def _note(self, number: int, line: int, problem: str) -> None:
        self._num_problems += 1
        if len(self._problems) < MAX_LISTED_PROBLEMS:
            self._problems.append((number, line, problem))

    def _find_duplicates(self, clips: LazyManifest) -> None:
        """Note every row whose id an earlier row has; rows whose hashes are alike are read to compare their ids."""
        found = []
        for rows in equal_groups(clips.table.id_hashes):
            first_of: defaultdict[str, list[int]] = defaultdict(list)
            for row in rows.tolist():
                first_of[clips[row].id].append(row)
            found += [(row, same[0], name) for name, same in first_of.items() for row in same[1:]]
        self._num_problems += len(found)
        for row, first, name in sorted(found)[:MAX_LISTED_PROBLEMS]:
            number, line, where = self._place(clips, row)
            self._problems.append((number, line, duplicate_id(name, where, self._place(clips, first)[2])))

    @staticmethod
    def _place(clips: LazyManifest, row: int) -> tuple[int, int, str]:
        number, line = int(clips.table.files[row]), int(clips.table.lines[row])
        return number, line, f"{clips.files[number].path}:{line}"


def equal_groups(values: np.ndarray) -> Sequence[np.ndarray]:
    """Return the positions, ascending, of each value that occurs several times in an array."""
    order = np.argsort(values, kind="stable")
    same = np.diff(values[order]) == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return [order[start : stop + 1] for start, stop in edges.reshape(-1, 2).tolist()]


@dataclass
class _GrowingTable:
    """The columns of a `RowTable` while rows are added."""

    files: array = field(default_factory=lambda: array("h"))
    lines: array = field(default_factory=lambda: array("i"))
    offsets: array = field(default_factory=lambda: array("q"))
    sizes: array = field(default_factory=lambda: array("i"))
    splits: array = field(default_factory=lambda: array("b"))
    id_hashes: array = field(default_factory=lambda: array("Q"))

    def add(self, file: int, line: int, offset: int, size: int, split: str | None, id_hash: int) -> None:
        self.files.append(file)
        self.lines.append(line)
        self.offsets.append(offset)
        self.sizes.append(size)
        self.splits.append(NO_SPLIT if split is None else SPLITS.index(split))
        self.id_hashes.append(id_hash)

    def table(self) -> RowTable:
        """Return the finished table, which shares the memory of the columns."""
        columns = (self.files, self.lines, self.offsets, self.sizes, self.splits, self.id_hashes)
        return RowTable(*map(np.asarray, columns))


def _lines(file: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, position in bytes and content of each line of a file that is not blank."""
    offset = 0
    for number, content in enumerate(file, start=1):
        if content.strip():
            yield number, offset, content.rstrip(b"\n")
        offset += len(content)
