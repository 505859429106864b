"""Rows of CSV and TSV tables."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.json_rows import Row, read_content
from data_prep.manifest_columns import TARGET_NAMES, TARGETS, plain_name

#: What may separate the cells of a table.
DELIMITERS = ",;\t|"


def read_table_rows(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    """Read the rows of a table with a header; a row that cannot be read has an InputError in place of its values.

    The cells of a TSV file are separated by tabs, those of a CSV file by what its header has most of. Empty cells are
    dropped, unless they hold the target.

    Args:
        path: The table, in UTF-8.
        columns: Names in the table of fields of a clip.

    Raises:
        InputError: The table is not valid UTF-8.
    """
    try:
        text = read_content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: not valid UTF-8; save the manifest as UTF-8") from None
    header = text.partition("\n")[0]
    delimiter = "\t" if ".tsv" in path.suffixes else max(DELIMITERS, key=header.count)
    lines = io.StringIO(text, newline="")
    rows = _UnquotedReader(lines) if delimiter == "\t" else csv.DictReader(lines, delimiter=delimiter, strict=True)
    targets = TARGET_NAMES | {plain_name(columns[field]) for field in TARGETS & columns.keys()}
    number = 1  # the header
    try:
        for row in rows:
            number = rows.line_num  # right even if a quoted cell spans several lines
            place = f"{path}:{number}"
            yield Row(place, _find_problem(row, place, delimiter) or _parse_cells(row, targets, place))
    except csv.Error as error:
        place = f"{path}:{number + 1}"
        yield Row(
            place,
            InputError(
                f"{place}: not readable as a table ({error}); a cell that begins with a quotation mark must end with "
                "one, and quotation marks inside it must be doubled"
            ),
        )


class _UnquotedReader:
    """Reads the rows of a TSV file, in which quotation marks are text and every line is a row.

    Some programs quote cells nevertheless: all of them, so that the header is quoted too, or those that have quotation
    marks inside, which they double. Such cells are unquoted.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = next(self._rows, [])
        self._quotes_all = all(re.fullmatch(r'".*"', cell) for cell in header)
        self._header = [self._unquote(cell) for cell in header]

    @property
    def line_num(self) -> int:
        """Number of the line that was read last."""
        return self._rows.line_num

    def __iter__(self) -> Iterator[dict[Any, Any]]:
        for cells in self._rows:
            if cells:
                row: dict[Any, Any] = dict(zip_longest(self._header, map(self._unquote, cells[: len(self._header)])))
                yield row | ({None: cells[len(self._header) :]} if len(cells) > len(self._header) else {})

    def _unquote(self, cell: str) -> str:
        is_quoted = re.fullmatch(r'"([^"]|"")*"', cell) and (self._quotes_all or '""' in cell)
        return cell[1:-1].replace('""', '"') if is_quoted else cell


def _find_problem(row: dict[Any, Any], place: str, delimiter: str) -> InputError | None:
    """Return what is wrong with a row: it has too many cells, or a cell of it seems to have swallowed other rows.

    The latter happens where a quotation mark that is text was not doubled.
    """
    for name, cell in row.items():
        if isinstance(cell, str) and any(line.count(delimiter) >= len(row) - 1 > 0 for line in cell.splitlines()[1:]):
            return InputError(
                f"{place}: the cell {name!r} contains what seems to be another row; if a quotation mark in it is text, "
                "double it and put the whole cell between quotation marks"
            )
    if None in row:
        return InputError(
            f"{place}: more cells than the header has columns; quote cells that contain the delimiter {delimiter!r}"
        )
    return None


def _parse_cells(row: dict[str, Any], targets: set[str], place: str) -> dict[str, Any] | InputError:
    """Turn cells into values: times into numbers; empty cells are dropped unless they are a target."""
    values: dict[str, Any] = {name: cell for name, cell in row.items() if cell or plain_name(name) in targets}
    for name in ("start_s", "end_s"):
        if name in values:
            try:
                values[name] = float(values[name])
            except ValueError:
                return InputError(f"{place}: {name!r} is {values[name]!r}, expected a number of seconds")
    return values
