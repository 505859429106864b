"""Manifests: clips as rows of a JSON-lines file, read and written."""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from data_prep.atomic import atomic_write
from data_prep.errors import InputError
from data_prep.json_rows import Row, read_json_rows
from data_prep.manifest_columns import doubtful_names, plain_name, translate_row
from data_prep.media import Media
from data_prep.operating_system import relative_path
from data_prep.streaming.media_paths import find_media
from data_prep.streaming.url import as_url, is_url

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
#: Extra field of a clip that names the extra corpus it is from.
EXTRA_CORPUS = "extra_corpus"
#: Longest time accepted for `start_s` and `end_s`: a hundred years.
MAX_TIME_S = 3.2e9
#: Most wrong rows that an error lists.
MAX_LISTED_PROBLEMS = 20
#: Field of a row that identifies the content of its media file, which is needed no more if its signal is stored.
CONTENT_FIELD = "content_hash"


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


#: Names of the fields of a row that have a meaning, except "path".
FIELDS = tuple(each.name for each in fields(Clip) if each.name not in ("extra", "path"))


def read_manifest(path: Path) -> list[Clip]:
    """Read the clips of a JSON-lines manifest; its paths are relative to its folder.

    A media file need not exist: who reads it reports that it is missing, and the rest can be used.

    Raises:
        InputError: The manifest does not exist, or rows are invalid: not a JSON object, a field missing or of the wrong
            type. Messages about a row begin with ``file:line``, and all wrong rows are named at once.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such manifest")
    collector = ClipCollector()
    collector.add(read_json_rows(path), path.parent, str(path))
    return collector.finish()


class ClipCollector:
    """Collects the clips of one or more manifests, and what is wrong with their rows.

    Args:
        columns: Names in the manifests of fields of a clip; see `manifest_columns.translate_row`.
    """

    def __init__(self, columns: Mapping[str, str] | None = None) -> None:
        self._columns = columns or {}
        self._clips: list[Clip] = []
        self._problems: list[str] = []
        self._places: dict[str, str] = {}  # the row of each id
        self._names: set[str] = set()

    def add(self, rows: Iterable[Row], folder: Path, name: str, split: str | None = None, prefix: str = "") -> None:
        """Add the rows of a manifest, and say in one line what its names are taken for.

        Args:
            rows: The rows.
            folder: Folder that relative media paths start from.
            name: Name of the manifest for messages.
            split: Split of the rows that have none.
            prefix: Begins the ids of rows without an id.
        """
        taken: dict[str, str] = {}
        first = len(self._clips)
        for row in rows:
            try:
                clip = self._to_clip(row, folder, taken, prefix)
            except InputError as error:
                self._problems.append(str(error))
            else:
                self._clips.append(clip if clip.split or split is None else replace(clip, split=split))
        clips = self._clips[first:]
        log_translation(name, taken, {field for clip in clips for field in clip.extra})
        missing = [clip.path for clip in clips if not is_available(clip)]
        if missing:
            warn_of_missing(name, len(missing), len(clips), missing[0], folder)

    def finish(self) -> list[Clip]:
        """Return the clips.

        Raises:
            InputError: Rows are wrong, or a name of `columns` is not that of any column.
        """
        check_columns_found(self._columns, self._names)
        raise_problems(self._problems[:MAX_LISTED_PROBLEMS], len(self._problems))
        return self._clips

    def _to_clip(self, row: Row, folder: Path, taken: dict[str, str], prefix: str) -> Clip:
        if isinstance(row.values, InputError):
            raise row.values
        if self._columns and isinstance(row.values, dict):
            self._names.update(names_in(row.values))
        clip, translated = clip_from_row(row, folder, self._columns, prefix)
        taken |= translated
        if first := self._places.get(clip.id):
            raise InputError(duplicate_id(clip.id, row.where, first))
        self._places[clip.id] = row.where
        return clip


def names_in(values: Mapping[Any, Any]) -> set[str]:
    """Return the names of a row's fields, also as a `columns` map may spell them."""
    return {each for name in values for each in (str(name), plain_name(name))}


def check_columns_found(columns: Mapping[str, str], found: set[str]) -> None:
    """Raise InputError if `columns` names a column that no row has; `found` are the names that rows have."""
    for name, column in columns.items():
        if found and not {column, plain_name(column)} & found:
            names = ", ".join(sorted(found))
            raise InputError(f"corpus.columns.{name}={column}: there is no such column; found {names}")


def raise_problems(problems: Sequence[str], count: int) -> None:
    """Raise InputError with what is wrong with rows, if anything is: the first problems, and their number in all."""
    if count == 1:
        raise InputError(problems[0])
    if count:
        listed = [*problems, f"and {count - len(problems)} more"] if count > len(problems) else problems
        raise InputError("\n  ".join([f"{count} rows are wrong:", *listed]))


def duplicate_id(name: str, where: str, first: str) -> str:
    """Say that the row at `where` has the id of the row at `first`; both are given as ``file:line``."""
    line = first.removeprefix(where.rpartition(":")[0] + ":")
    place = f"on line {line}" if line.isdecimal() else f"at {first}"
    return f"{where}: duplicate id {name!r} (first used {place}); give each row a unique 'id'"


def warn_of_missing(name: str, missing: int, count: int, example: Path, folder: Path) -> None:
    """Warn that some of the files of a manifest do not exist."""
    text = "%s: %d of the files of its %d rows do not exist, such as %s; relative paths start from %s"
    log.warning(text, name, missing, count, example, folder.resolve())


def clip_from_row(given: Row, folder: Path, columns: Mapping[str, str], prefix: str) -> tuple[Clip, dict[str, str]]:
    """Check one row of a manifest and convert it to a clip; also returns what its names were taken for.

    Raises:
        InputError: The row is invalid.
    """
    where, row = given
    if not isinstance(row, dict):
        raise InputError(f"{where}: found {type(row).__name__}, expected an object with at least 'path'")
    try:
        row, translated = translate_row(row, columns)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if not isinstance(row.get("path"), str) or not row["path"]:
        raise InputError(
            f"{where}: 'path' is missing or empty; every row needs the path of its media file (found the fields: "
            f"{', '.join(map(str, row)) or 'none'})"
        )
    values = {name: row[name] for name in FIELDS if row.get(name) is not None}
    values.setdefault("id", prefix + _default_id(row))
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
    extra = {name: value for name, value in row.items() if name not in FIELDS and name != "path"}
    for name in ("channel", "audio_stream"):
        if name in values and (index := _to_index(values.pop(name))) is not None:
            values[name] = index
        elif row.get(name) is not None:
            extra[name] = row[name]
    try:
        path = find_media(folder, row["path"])
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return Clip(path=path, extra=extra, **values), translated


def is_available(clip: Clip) -> bool:
    """Whether the media file of a clip exists; it is not asked for if it is in object storage or may not be needed."""
    return is_url(clip.path) or CONTENT_FIELD in clip.extra or os.path.exists(clip.path)


def write_manifest(path: Path, clips: Iterable[Clip]) -> None:
    """Write clips as a JSON-lines manifest, atomically; paths become relative to the manifest's folder."""
    # File names need not be valid Unicode, but the manifest must be.
    with atomic_write(path) as partial, open(partial, "w", encoding="utf-8", errors="backslashreplace") as out:
        for clip in clips:
            out.write(json.dumps(row_from_clip(clip, path.parent), ensure_ascii=False) + "\n")


def row_from_clip(clip: Clip, folder: Path) -> dict[str, Any]:
    """Convert a clip to a manifest row without the fields that are None; its path becomes relative to `folder`."""
    row: dict[str, Any] = {f.name: getattr(clip, f.name) for f in fields(Clip) if f.name != "extra"}
    row["path"] = as_url(clip.path) if is_url(clip.path) else relative_path(clip.path, folder).as_posix()
    return {name: value for name, value in row.items() if value is not None} | clip.extra


def log_translation(manifest: str, taken: Mapping[str, str], others: Iterable[str]) -> None:
    """Say in one line what the names in a manifest are taken for, and which names could have been taken too."""
    if taken:
        meanings = (f"{name!r} is read as {meant!r}" for name, meant in sorted(taken.items()))
        log.info("%s: %s", manifest, ", ".join(meanings))
    for name, meant in sorted(doubtful_names(others, taken).items()):
        text = "%s: the column %r is kept as it is; if it is the clips' %s, set corpus.columns.%s='%s'"
        log.warning(text, manifest, name, meant, meant, name)


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
