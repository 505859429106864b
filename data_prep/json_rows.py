"""Rows of manifests, and those of JSON files: one object a line, or an array of objects; also compressed with gzip."""

import gzip
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from data_prep.atomic import write_text
from data_prep.errors import InputError

#: What a file that is compressed with gzip begins with.
GZIP_MAGIC = b"\x1f\x8b"


class Row(NamedTuple):
    """One row of a manifest.

    Attributes:
        where: Its place for error messages, as ``file:line``.
        values: Its fields by name, or what is wrong with it.
    """

    where: str
    values: Any


def read_json_rows(path: Path) -> Iterator[Row]:
    """Read the rows of a JSON file; a row that is not valid JSON has an InputError in place of its values.

    Raises:
        InputError: The file cannot be decompressed, or is an array that is not valid JSON.
    """
    content = read_content(path)
    if path.suffix == ".json" and content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        yield from _array_rows(path, content)
        return
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            try:
                yield Row(where, parse_line(line, where))
            except InputError as error:
                yield Row(where, error)


def write_json_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSON object on each line, all of them or nothing; numbers that are not finite become null."""
    finite = ({name: _finite(value) for name, value in row.items()} for row in rows)
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in finite))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_content(path: Path) -> bytes:
    """Read a file, and decompress it if it is compressed with gzip.

    Raises:
        InputError: The compressed file is damaged.
    """
    content = path.read_bytes()
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be decompressed ({error}); copy or make it again") from None


def _array_rows(path: Path, content: bytes) -> Iterator[Row]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{path}: not valid UTF-8; save the manifest as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: not valid JSON ({error}); expected an array of objects, or an object a line"
        ) from None
    for number, values in enumerate(document, start=1):
        yield Row(f"{path}: entry {number}", values)


def parse_line(line: bytes, where: str) -> Any:
    """Parse a line of a manifest.

    Raises:
        InputError: It is not valid JSON; the message begins with `where`.
    """
    try:
        return json.loads(line.decode("utf-8-sig"))  # some editors write a byte order mark
    except UnicodeDecodeError:
        raise InputError(f"{where}: not valid UTF-8; save the manifest as UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where}: not valid JSON ({error.msg} at column {error.colno}); each line must be one object "
            'such as {"path": "a.wav", "text": "hello"}'
        ) from None
    except (ValueError, RecursionError) as error:  # numbers with thousands of digits, very deep nesting
        raise InputError(f"{where}: not readable as a row ({error})") from None
