"""Fields of manifests by the names that other tools give them, read as the fields of a `Clip`.

Only what leaves no doubt is translated: a name counts if the field it stands for is missing. NeMo writes
``audio_filepath``, ``offset`` and ``duration``; Hugging Face's audiofolder ``file_name`` and ``transcription``; Common
Voice ``sentence`` and ``client_id``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

#: Other names of each field, in lower case.
ALIASES = {
    "path": ("audio_filepath", "file_name", "filename", "filepath", "file_path", "file", "audio", "wav", "video"),
    "text": ("sentence", "transcript", "transcription", "normalized_text", "phrase"),
    "label": ("class", "gloss", "keyword", "category", "sign"),
    "speaker": ("client_id", "speaker_id", "signer", "signer_id", "participant", "participant_id"),
    "split": ("subset", "partition"),
    "start_s": ("offset", "start", "begin", "start_time", "begin_time", "onset", "start_sec", "begin_s"),
    "end_s": ("end", "stop", "end_time", "stop_time", "end_sec", "stop_s"),
}
#: The fields of which a clip has one, and those that are numbers.
TARGETS, TIMES = {"text", "label"}, {"start_s", "end_s"}
#: All names of targets: an empty one is an error, not a missing field.
TARGET_NAMES = {name for field in TARGETS for name in (field, *ALIASES[field])}
#: Names of the duration from the start of the clip, which means a span only beside a start.
DURATIONS = ("duration", "duration_s", "dur")
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


def translate_row(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the fields of a row the names that `Clip` has.

    Returns:
        The row, and each name that was translated with what it was taken for.
    """
    names = {str(name).strip().lower(): name for name in reversed(list(row))}
    translated, taken = dict(row), {}

    def take(name: str, field: str, value: Any) -> None:
        del translated[name]
        translated[field], taken[name] = value, field

    for field, aliases in ALIASES.items():
        if field in row or (field in TARGETS and TARGETS & translated.keys()):
            continue
        if name := _first(names, (field, *aliases)):
            take(name, field, _plus(0, row[name]) if field in TIMES else row[name])
        elif name := names.get(field.replace("_s", "_ms")):
            take(name, field, _plus(0, row[name], 1 / 1000))
    if "start_s" in taken.values() and "end_s" not in translated and (name := _first(names, DURATIONS)):
        take(name, "end_s", _plus(translated["start_s"], row[name]))
    if str(translated.get("path")).endswith(".parquet") and translated.get("sequence_id") and "encoding" not in row:
        # Google's sign competitions: a file holds many sequences.
        translated["encoding"] = f"landmarks@30#{translated['sequence_id']}"
        translated.setdefault("id", f"{translated['path']}#{translated['sequence_id']}")
    split = str(translated.get("split") or "")
    if (meant := split_named(split) or split.lower()) != split:
        translated["split"], taken[f"split={split}"] = meant, meant
    return translated, taken


def split_named(word: str) -> str | None:
    """Return the split that a word such as "Dev" stands for, or None if it is not a word for a split."""
    return SPLIT_WORDS.get(word.strip().lower())


def _first(names: Mapping[str, str], wanted: Sequence[str]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _plus(start_s: Any, duration: Any, unit_s: float = 1.0) -> Any:
    """Add a duration to a time; what is no number is returned as it is, for the check of times to name it."""
    try:
        return float(start_s) + float(duration) * unit_s
    except (TypeError, ValueError):
        return duration
