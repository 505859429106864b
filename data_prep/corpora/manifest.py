"""A corpus listed in a manifest: JSON lines, or a CSV or TSV table with a header."""

import csv
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

from data_prep.corpora.corpus import no_clips_error
from data_prep.errors import InputError, did_you_mean
from data_prep.manifest import Clip, clip_from_row, read_manifest
from data_prep.manifest_columns import TARGET_NAMES
from data_prep.operating_system import expand_home
from data_prep.splits import SplitSettings

log = logging.getLogger(__name__)

NAMES = ("manifest.jsonl", "manifest.csv", "manifest.tsv")


@dataclass(frozen=True)
class ManifestCorpus(SplitSettings):
    """Clips listed in a manifest; each row has ``path``, ``text`` or ``label``, and optionally other fields of `Clip`.

    Attributes:
        root: The manifest, or a folder that holds a manifest.jsonl, manifest.csv or manifest.tsv.
    """

    root: str

    def clips(self) -> list[Clip]:
        """Return a clip for each row."""
        path = self._find_manifest()
        clips = list(read_manifest(path) if path.suffix == ".jsonl" else _read_table(path))
        if not clips:
            raise no_clips_error(self.root, "a row for each clip")
        _warn_of_misspelt_fields({name for clip in clips for name in clip.extra})
        return self.assign_splits(clips)

    def _find_manifest(self) -> Path:
        path = expand_home(self.root).absolute()
        if path.is_dir():
            for name in NAMES:
                if (path / name).is_file():
                    return path / name
            raise InputError(f"corpus.root={self.root}: the folder holds none of {', '.join(NAMES)}")
        if not path.exists():
            raise InputError(f"corpus.root={self.root}: no such file or folder; expected a manifest")
        if path.suffix not in (".jsonl", ".csv", ".tsv"):
            raise InputError(f"corpus.root={self.root}: expected a manifest whose name ends in .jsonl, .csv or .tsv")
        return path


def _warn_of_misspelt_fields(names: set[str]) -> None:
    known = [field.name for field in fields(Clip) if field.name != "extra"]
    for name in sorted(names):
        if hint := did_you_mean(name.lower(), known, cutoff=0.7):
            log.warning("the manifest's field %r has no meaning here and is kept as it is%s", name, hint)


def _read_table(path: Path) -> Iterator[Clip]:
    line_of_id: dict[str, int] = {}
    with open(path, encoding="utf-8-sig", newline="") as lines:
        number = 1  # the header
        try:
            delimiter = "\t" if path.suffix == ".tsv" else _find_delimiter(lines)
            rows = (
                _UnquotedReader(lines) if delimiter == "\t" else csv.DictReader(lines, delimiter=delimiter, strict=True)
            )
            for row in rows:
                number = rows.line_num  # right even if a quoted cell spans several lines
                place = f"{path}:{number}"
                _check_no_row_in_cell(row, place, delimiter)
                clip = clip_from_row(_parse_cells(row, place), place, path.parent)
                if clip.id in line_of_id:
                    raise InputError(
                        f"{place}: duplicate id {clip.id!r} (first used on line {line_of_id[clip.id]}); give each row "
                        "a unique 'id'"
                    )
                line_of_id[clip.id] = number
                yield clip
        except UnicodeDecodeError:
            raise InputError(f"{path}: not valid UTF-8; save the manifest as UTF-8") from None
        except csv.Error as error:
            raise InputError(
                f"{path}:{number + 1}: not readable as a table ({error}); a cell that begins with a quotation mark "
                "must end with one, and quotation marks inside it must be doubled"
            ) from None


def _find_delimiter(lines: TextIO) -> str:
    """Return what separates the cells of the first line: commas, semicolons or tabs."""
    header = lines.readline()
    lines.seek(0)
    return max(",;\t", key=header.count)


class _UnquotedReader:
    """Reads the rows of a TSV file, in which quotation marks are text and every line is a row.

    Some programs quote cells nevertheless; so a cell that is quoted as a whole, with doubled marks inside, is unquoted.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        self._header = [_unquote(cell) for cell in next(self._rows, [])]

    @property
    def line_num(self) -> int:
        """Number of the line that was read last."""
        return self._rows.line_num

    def __iter__(self) -> Iterator[dict[Any, Any]]:
        for cells in self._rows:
            if cells:
                row: dict[Any, Any] = dict(zip_longest(self._header, map(_unquote, cells[: len(self._header)])))
                yield row | ({None: cells[len(self._header) :]} if len(cells) > len(self._header) else {})


def _unquote(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if re.fullmatch(r'"([^"]|"")*"', cell) else cell


def _check_no_row_in_cell(row: dict[Any, Any], place: str, delimiter: str) -> None:
    """Refuse a cell that seems to have swallowed rows, because a quotation mark that is text was not doubled."""
    for name, cell in row.items():
        if isinstance(cell, str) and any(line.count(delimiter) >= len(row) - 1 > 0 for line in cell.splitlines()[1:]):
            raise InputError(
                f"{place}: the cell {name!r} contains what seems to be another row; if a quotation mark in it is text, "
                "double it and put the whole cell between quotation marks"
            )


def _parse_cells(row: dict[Any, Any], place: str) -> dict[str, Any]:
    """Turn cells into values: times into numbers; empty cells are dropped unless they are the target (an error)."""
    if None in row:
        raise InputError(f"{place}: more cells than the header has columns; quote cells that contain the delimiter")
    values: dict[str, Any] = {key: value for key, value in row.items() if value or key.lower() in TARGET_NAMES}
    for name in ("start_s", "end_s"):
        if name in values:
            try:
                values[name] = float(values[name])
            except ValueError:
                raise InputError(f"{place}: {name!r} is {values[name]!r}, expected a number of seconds") from None
    return values
