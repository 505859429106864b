"""Clips as rows of a manifest: JSON lines in, JSON lines out."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from data_prep.media import Media

SPLITS = ("train", "validation", "test")
#: Times are at most a hundred years.
MAX_S = 3.2e9


@dataclass(frozen=True)
class Clip:
    """One recording, or a stretch of one, with what is said or signed in it.

    Attributes:
        id: Unique within its corpus.
        path: The media file; absolute once read from a manifest.
        start_s: Where the clip begins in the file, in seconds; None for its beginning.
        end_s: Where it ends; None for the end of the file.
        text: What is said or spelled: the target of a CTC head.
        label: What it is an example of: the target of a classification head.
        speaker: Who speaks or signs.
        split: "train", "validation" or "test"; None where it has not been decided.
        encoding: How a headerless file is encoded, such as "s16be@16000"; None for files that say so themselves.
        extra: Fields of the row that mean nothing to us, kept as they are.
    """

    id: str
    path: Path
    start_s: float | None = None
    end_s: float | None = None
    text: str | None = None
    label: str | None = None
    speaker: str | None = None
    split: str | None = None
    encoding: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def media(self) -> Media:
        """The part of the row that a feature extractor needs."""
        return Media(self.path, self.start_s, self.end_s, self.encoding)


def read_manifest(path: Path) -> Iterator[Clip]:
    """Read the clips of a JSON-lines manifest; paths in it are relative to its folder.

    Raises:
        InputError: There is no such file; or a line is not a JSON object, lacks a field or has one of the wrong
            kind, or names a file that is not there, and then the message begins with ``file:line``.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such manifest")
    seen: dict[str, int] = {}
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                row = json.loads(line.decode("utf-8-sig"))  # some editors begin a file with a mark of its encoding
            except UnicodeDecodeError:
                raise InputError(f"{where}: not valid UTF-8; save the manifest as UTF-8") from None
            except json.JSONDecodeError as error:
                raise InputError(
                    f"{where}: not valid JSON ({error.msg} at column {error.colno}); each line must be one object "
                    'such as {"path": "a.wav", "text": "hello"}'
                ) from None
            except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
                raise InputError(f"{where}: not readable as a row ({error})") from None
            clip = clip_from_row(row, where, path.parent)
            if clip.id in seen:
                raise InputError(
                    f"{where}: the id {clip.id!r} stands already in line {seen[clip.id]}; ids must be unique: give "
                    "the rows an 'id' of their own"
                )
            seen[clip.id] = number
            yield clip


def clip_from_row(row: Any, where: str, folder: Path) -> Clip:
    """Check one row of a manifest and make it a clip.

    Args:
        row: What stood in the file.
        where: ``file:line``, for messages.
        folder: What a relative path is relative to.

    Raises:
        InputError: As in `read_manifest`.
    """
    if not isinstance(row, dict):
        raise InputError(f"{where}: found {type(row).__name__}, expected an object with at least 'path'")
    if not isinstance(row.get("path"), str) or not row["path"]:
        raise InputError(
            f"{where}: 'path' is missing or empty; every row needs the path of its media file (found: "
            f"{', '.join(map(str, row)) or 'nothing'})"
        )
    media_path = folder / row["path"]
    if not os.path.exists(media_path):  # nor can it, if it is too long or holds what no name does
        raise InputError(f"{where}: the file {media_path} does not exist; mend 'path' (relative to {folder.resolve()})")
    known = {f.name for f in fields(Clip)} - {"extra", "path"}
    values = {name: row[name] for name in known if row.get(name) is not None}
    values.setdefault("id", _default_id(row))
    for name in ("id", "text", "label", "speaker", "encoding"):
        # Labels such as 7 are read as "7": a number there is a common and harmless slip.
        if isinstance(values.get(name), int | float) and not isinstance(values[name], bool):
            values[name] = str(values[name])
        if name in values and not isinstance(values[name], str):
            raise InputError(f"{where}: {name!r} is {values[name]!r}, expected a string")
    for name in ("text", "label"):
        if name in row and not str(values.get(name) or "").strip():
            raise InputError(f"{where}: {name!r} is empty; say what is in the clip, or leave the row out")
    if values.get("split") not in (None, *SPLITS):
        raise InputError(f"{where}: 'split' is {values['split']!r}, expected one of {', '.join(SPLITS)}")
    _check_times(values, where)
    extra = {name: value for name, value in row.items() if name not in known | {"path"}}
    return Clip(path=Path(os.path.abspath(media_path)), extra=extra, **values)


def write_manifest(path: Path, clips: Iterable[Clip]) -> None:
    """Write clips as JSON lines, under a temporary name first; paths become relative to the manifest's folder."""
    # File names need not be valid Unicode, but the manifest must be.
    with atomic_write(path) as partial, open(partial, "w", encoding="utf-8", errors="backslashreplace") as out:
        for clip in clips:
            out.write(json.dumps(row_from_clip(clip, path.parent), ensure_ascii=False) + "\n")


def row_from_clip(clip: Clip, folder: Path) -> dict[str, Any]:
    """The manifest row of a clip: fields that are None are left out, the path is relative to `folder`."""
    row: dict[str, Any] = {f.name: getattr(clip, f.name) for f in fields(Clip) if f.name != "extra"}
    row["path"] = Path(os.path.relpath(clip.path, folder)).as_posix()
    return {name: value for name, value in row.items() if value is not None} | clip.extra


def _default_id(row: dict[str, Any]) -> str:
    stem = str(Path(row["path"]).with_suffix("").as_posix())
    return f"{stem}@{row['start_s']}" if row.get("start_s") else stem


def _check_times(values: dict[str, Any], where: str) -> None:
    for name in ("start_s", "end_s"):
        value = values.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_S:
            raise InputError(f"{where}: {name!r} is {value!r}, expected seconds, from 0 to {MAX_S:g}")
    if "end_s" in values and values["end_s"] <= values.get("start_s", 0.0):
        raise InputError(f"{where}: 'end_s' {values['end_s']} is not after 'start_s' {values.get('start_s', 0.0)}")
