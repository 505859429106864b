"""Manifests: clips as rows of a JSON-lines file, read and written."""

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from data_prep.manifest_columns import translate_row
from data_prep.media import Media
from data_prep.operating_system import relative_path

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
#: Longest time accepted for `start_s` and `end_s`: a hundred years.
MAX_TIME_S = 3.2e9


@dataclass(frozen=True)
class Clip:
    """A recording, or a time range of one, with its target: a text or a label.

    Attributes:
        id: Name, unique within the corpus.
        path: Media file; absolute once read from a manifest.
        start_s: Start of the clip within the file, in seconds; None for the start of the file.
        end_s: End of the clip within the file, in seconds; None for the end of the file.
        text: Transcript, the target of a CTC head.
        label: Class name, the target of a classification head.
        speaker: Name of the speaker or signer.
        split: "train", "validation" or "test"; None until one is assigned.
        encoding: Encoding of a file that does not state its own, such as "s16be@16000"; see `Media`.
        extra: All other fields of the row, kept unchanged.
        channel: Index of the channel of a sound to take, from 0; None to mix all of them.
        audio_stream: Index of the sound to take among those of a video, from 0; None for the one players choose.
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
    channel: int | None = None
    audio_stream: int | None = None

    @property
    def media(self) -> Media:
        """The media file and time range, which is all that a feature extractor needs."""
        return Media(self.path, self.start_s, self.end_s, self.encoding, self.channel, self.audio_stream)


def read_manifest(path: Path) -> Iterator[Clip]:
    """Read the clips of a JSON-lines manifest; its paths are relative to its folder.

    Raises:
        InputError: The manifest does not exist, or a row is invalid: not a JSON object, a field missing or of the wrong
            type, a media file that does not exist. Messages about a row begin with ``file:line``.
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
                row = json.loads(line.decode("utf-8-sig"))  # some editors write a byte order mark
            except UnicodeDecodeError:
                raise InputError(f"{where}: not valid UTF-8; save the manifest as UTF-8") from None
            except json.JSONDecodeError as error:
                raise InputError(
                    f"{where}: not valid JSON ({error.msg} at column {error.colno}); each line must be one object "
                    'such as {"path": "a.wav", "text": "hello"}'
                ) from None
            except (ValueError, RecursionError) as error:  # numbers with thousands of digits, very deep nesting
                raise InputError(f"{where}: not readable as a row ({error})") from None
            clip = clip_from_row(row, where, path.parent)
            if clip.id in seen:
                raise InputError(
                    f"{where}: duplicate id {clip.id!r} (first used on line {seen[clip.id]}); give each row a unique "
                    "'id'"
                )
            seen[clip.id] = number
            yield clip


def clip_from_row(row: Any, where: str, folder: Path) -> Clip:
    """Check one row of a manifest and convert it to a clip.

    Args:
        row: Parsed row; anything but a dict is an error.
        where: Source of the row for error messages, as ``file:line``.
        folder: Folder that relative media paths start from.

    Raises:
        InputError: The row is invalid; see `read_manifest`.
    """
    if not isinstance(row, dict):
        raise InputError(f"{where}: found {type(row).__name__}, expected an object with at least 'path'")
    row, translated = translate_row(row)
    for name, field_name in translated.items():
        _log_translation(where.rpartition(":")[0], name, field_name)
    if not isinstance(row.get("path"), str) or not row["path"]:
        raise InputError(
            f"{where}: 'path' is missing or empty; every row needs the path of its media file (found the fields: "
            f"{', '.join(map(str, row)) or 'none'})"
        )
    media_path = folder / row["path"]
    if not os.path.exists(media_path) and os.path.exists(folder / "clips" / row["path"]):
        media_path = folder / "clips" / row["path"]  # as in Common Voice
    if not os.path.exists(media_path):  # unlike Path.exists, returns False for names that no file can have
        raise InputError(
            f"{where}: the file {media_path} does not exist; correct 'path', which is relative to {folder.resolve()}"
        )
    known = {f.name for f in fields(Clip)} - {"extra", "path"}
    values = {name: row[name] for name in known if row.get(name) is not None}
    values.setdefault("id", _default_id(row))
    for name in ("id", "text", "label", "speaker", "encoding"):
        # Read the label 7 as "7": a number in place of a string is common and harmless.
        if isinstance(values.get(name), int | float) and not isinstance(values[name], bool):
            values[name] = str(values[name])
        if name in values and not isinstance(values[name], str):
            raise InputError(f"{where}: {name!r} is {values[name]!r}, expected a string")
    for name in ("text", "label"):
        if name in row and not str(values.get(name) or "").strip():
            raise InputError(f"{where}: {name!r} is empty; fill it in, or remove the row")
    if values.get("split") not in (None, *SPLITS):
        raise InputError(f"{where}: 'split' is {values['split']!r}, expected one of {', '.join(SPLITS)}")
    _check_times(values, where)
    extra = {name: value for name, value in row.items() if name not in known | {"path"}}
    for name in ("channel", "audio_stream"):
        if name in values and (index := _to_index(values.pop(name))) is not None:
            values[name] = index
        elif row.get(name) is not None:
            extra[name] = row[name]
    extra |= {
        name: row[name] for name in ("channel", "audio_stream") if row.get(name) is not None and name not in values
    }
    return Clip(path=Path(os.path.abspath(media_path)), extra=extra, **values)


def write_manifest(path: Path, clips: Iterable[Clip]) -> None:
    """Write clips as a JSON-lines manifest, atomically; paths become relative to the manifest's folder."""
    # File names need not be valid Unicode, but the manifest must be.
    with atomic_write(path) as partial, open(partial, "w", encoding="utf-8", errors="backslashreplace") as out:
        for clip in clips:
            out.write(json.dumps(row_from_clip(clip, path.parent), ensure_ascii=False) + "\n")


def row_from_clip(clip: Clip, folder: Path) -> dict[str, Any]:
    """Convert a clip to a manifest row without the fields that are None; its path becomes relative to `folder`."""
    row: dict[str, Any] = {f.name: getattr(clip, f.name) for f in fields(Clip) if f.name != "extra"}
    row["path"] = relative_path(clip.path, folder).as_posix()
    return {name: value for name, value in row.items() if value is not None} | clip.extra


@cache
def _log_translation(manifest: str, name: str, field_name: str) -> None:
    """Say once for each manifest what a name is taken for."""
    log.info("%s: %r is read as %r", manifest, name, field_name)


def _default_id(row: dict[str, Any]) -> str:
    stem = str(Path(row["path"]).with_suffix("").as_posix())
    return f"{stem}@{row['start_s']}" if row.get("start_s") else stem


def _to_index(value: Any) -> int | None:
    """Return the index that a row gives for a channel or stream; None for "mix", and for names such as a broadcaster's.

    A name stays in the row's extra fields.
    """
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,6}", str(value)):
        return None
    return int(value)


def _check_times(values: dict[str, Any], where: str) -> None:
    for name in ("start_s", "end_s"):
        value = values.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
            raise InputError(f"{where}: {name!r} is {value!r}, expected seconds from 0 to {MAX_TIME_S:g}")
    if "end_s" in values and values["end_s"] <= values.get("start_s", 0.0):
        raise InputError(f"{where}: 'end_s' {values['end_s']} is not after 'start_s' {values.get('start_s', 0.0)}")
