"""Fields of manifests by the names that other tools give them, read as the fields of a `Clip`.

Only what leaves no doubt is translated: a name counts if the field it stands for is missing, in any capitals and with
spaces or underscores. NeMo writes ``audio_filepath``, ``offset`` and ``duration``; Hugging Face's audiofolder
``file_name`` and ``transcription``; Common Voice ``sentence`` and ``client_id``; ASL Citizen ``Participant ID``,
``Video file`` and ``Gloss``. A `columns` map names the columns of any other table.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from data_prep.errors import InputError, did_you_mean

#: Other names of each field, in lower case.
ALIASES = {
    "path": (
        *("audio_filepath", "file_name", "filename", "filepath", "file_path", "video_file", "audio_file"),
        *("video_path", "audio_path", "file", "audio", "wav", "video"),
    ),
    "text": ("sentence", "transcript", "transcription", "normalized_text", "utterance", "phrase", "caption"),
    "label": ("class", "gloss", "keyword", "category", "command", "event_label", "sign"),
    "speaker": ("client_id", "speaker_id", "signer", "signer_id", "participant", "participant_id", "spk", "spk_id"),
    "split": ("subset", "partition"),
}
#: The fields of which a clip has one.
TARGETS = {"text", "label"}
#: All names of targets: an empty one is an error, not a missing field.
TARGET_NAMES = {name for field in TARGETS for name in (field, *ALIASES[field])}
#: Names of times without their unit. "offset" is an end beside "onset", and a start elsewhere.
TIMES = {
    "start_s": ("start_time", "begin_time", "start", "begin", "onset", "offset", "segment_start"),
    "end_s": ("end_time", "stop_time", "end", "stop", "segment_end"),
}
DURATIONS = ("duration", "dur")
#: Endings of names that tell a unit, in seconds; names without a unit are seconds.
UNITS = {"_s": 1.0, "_sec": 1.0, "_seconds": 1.0, "_ms": 0.001, "_msec": 0.001, "": 1.0}
#: Names of times that are counted, and the fields that tell how many there are in a second.
COUNTS = {
    "frame": ("fps", "frame_rate", "frame_rate_hz"),
    "sample": ("sampling_rate", "sample_rate", "sample_rate_hz"),
}
#: Fields that a `columns` map may name.
MAPPED = ("path", "text", "label", "speaker", "split", "id", "start_s", "end_s", "duration", "encoding", "channel")
#: Words for the splits, in lower case.
SPLIT_WORDS = {
    "train": "train",
    "validation": "validation",
    "test": "test",
    "training": "train",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "eval": "validation",
    "testing": "test",
}


def translate_row(
    row: Mapping[str, Any], columns: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the fields of a row the names that `Clip` has.

    Args:
        row: The fields by the names that the manifest gives them.
        columns: The name in the manifest of some fields of a clip; they go before all other names.

    Returns:
        The row, and each name that was translated with what it was taken for.

    Raises:
        InputError: Times are counted in frames or samples, and the row does not tell how many make a second.
    """
    translated: dict[str, Any] = dict(row)
    taken: dict[str, str] = {}
    names = _by_plain_name(row)

    def take(name: str, field: str, value: Any) -> None:
        if name != field:
            del translated[name]
            names.pop(plain_name(name), None)
            taken[name] = field
        translated[field] = value

    for field, column in (columns or {}).items():
        if name := column if column in row else names.get(plain_name(column)):
            take(name, field, to_seconds(row[name]) if field in TIMES else row[name])
    for field, aliases in ALIASES.items():
        if field in translated or (field in TARGETS and TARGETS & translated.keys()):
            continue
        if name := _first(names, (field, *aliases)):
            take(name, field, row[name])
    for field in TIMES:
        if field not in translated and (found := _find_time(row, names, field)):
            take(found[0], field, found[1])
    if "start_s" in translated and "end_s" not in translated and (timed := _first_timed(names, DURATIONS)):
        name, unit_s = timed
        if not is_filler(row[name]):
            take(name, "end_s", to_seconds(row[name], unit_s, translated["start_s"]))
    if str(translated.get("path")).endswith(".parquet") and translated.get("sequence_id") and "encoding" not in row:
        # Google's sign competitions: a file holds many sequences.
        translated["encoding"] = f"landmarks@30#{translated['sequence_id']}"
        translated.setdefault("id", f"{translated['path']}#{translated['sequence_id']}")
    split = str(translated.get("split") or "")
    if (meant := split_named(split) or split.lower()) != split:
        translated["split"], taken[f"split={split}"] = meant, meant
    return translated, taken


def check_columns(columns: Mapping[str, str]) -> None:
    """Check the keys of a `columns` map.

    Raises:
        InputError: A key is not a field of a manifest.
    """
    for field in columns:
        if field not in MAPPED:
            hint = did_you_mean(field, MAPPED) or f"; expected one of {', '.join(MAPPED)}"
            raise InputError(f"corpus.columns.{field}: a manifest has no field {field!r}{hint}")


def doubtful_names(names: Iterable[str], taken: Mapping[str, str]) -> dict[str, str]:
    """Find names that were not taken for a field although they could be, with that field.

    Args:
        names: Names that have no meaning.
        taken: The names that were translated, with the fields that they were taken for.
    """
    others = {field: {field} for field in ALIASES} | {field: TARGETS for field in TARGETS}
    return {
        name: field
        for name in names
        for field, aliases in ALIASES.items()
        if plain_name(name) in aliases and others[field] & set(taken.values())
    }


def split_named(word: str) -> str | None:
    """Return the split that a word such as "Dev" stands for, or None if it is not a word for a split."""
    return SPLIT_WORDS.get(word.strip().lower())


@cache
def plain_name(name: str) -> str:
    """Write a name in small letters with underscores: "Participant ID", "participantId" and "participant_id" alike."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name))
    return re.sub(r"\W+", "_", snake.lower()).strip("_")


def to_seconds(value: Any, unit_s: float = 1.0, since_s: Any = 0) -> Any:
    """Convert a time to seconds; what is no number is returned as it is, for the check of times to name it.

    Args:
        value: The time, a number or text.
        unit_s: Its unit in seconds.
        since_s: The time in seconds that it counts from.
    """
    try:
        return float(since_s) + float(value) * unit_s
    except (TypeError, ValueError):
        return value


def _by_plain_name(row: Mapping[str, Any]) -> dict[str, str]:
    return {plain_name(name): name for name in reversed(list(row))}


def _first(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _first_timed(names: Mapping[str, str], words: Sequence[str]) -> tuple[str, float] | None:
    """Return the first name that is one of the words with a unit, and the unit in seconds."""
    return next(((names[name], unit_s) for name, unit_s in _timed_names(tuple(words)) if name in names), None)


@cache
def _timed_names(words: tuple[str, ...]) -> list[tuple[str, float]]:
    """Return each word with the ending of each unit, and the unit in seconds."""
    return [(word + ending, unit_s) for ending, unit_s in UNITS.items() for word in words]


def _find_time(row: Mapping[str, Any], names: Mapping[str, str], field: str) -> tuple[str, Any] | None:
    """Return the name of a time in a row, and its value in seconds; -1 stands for no time."""
    has_onset = "onset" in map(plain_name, row)
    words = (*TIMES[field], "offset") if field == "end_s" and has_onset else TIMES[field]
    if timed := _first_timed(names, words):
        name, unit_s = timed
        return None if is_filler(row[name]) else (name, to_seconds(row[name], unit_s))
    for unit, rates in COUNTS.items():
        pairs = [pair for word in words for pair in (f"{word}_{unit}", f"{unit}_{word}", f"{word}_{unit}s")]
        if (counted := _first(names, pairs)) and not is_filler(row[counted]):
            rate = _first(names, rates)
            if rate is None:
                raise InputError(
                    f"{counted!r} counts {unit}s; add their number in a second as {rates[0]!r}, or give the times in "
                    "seconds as 'start_s' and 'end_s'"
                )
            return counted, _per_second(row[counted], row[rate])
    return None


def is_filler(value: Any) -> bool:
    """Return whether a value stands for no time, as -1 does in many data sets."""
    return value is None or str(value).strip() in ("", "-1", "-1.0")


def _per_second(count: Any, rate_hz: Any) -> Any:
    try:
        return float(count) / float(rate_hz)
    except (TypeError, ValueError, ZeroDivisionError):
        return count
