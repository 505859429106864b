"""Annotations on tiers, as Praat and ELAN write them, next to the recording of the same name."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.errors import InputError
from data_prep.json_rows import Row
from data_prep.manifest_columns import ALIASES, TARGETS, plain_name
from data_prep.media import AUDIO_SUFFIXES, LANDMARK_SUFFIXES, VIDEO_SUFFIXES
from data_prep.operating_system import relative_path

log = logging.getLogger(__name__)

#: Names of tiers that hold texts or labels; of several, the first is taken.
TIER_NAMES = {
    "text": ("text", *ALIASES["text"], "texts", "sentences", "transcripts", "utterances", "words", "word"),
    "label": ("label", *ALIASES["label"], "labels", "glosses", "signs"),
}


@dataclass(frozen=True)
class Annotation:
    """A text with its times in seconds, and its place for error messages."""

    start_s: float
    end_s: float
    text: str
    where: str


@dataclass(frozen=True)
class Tier:
    """Annotations of one kind.

    Attributes:
        names: The names that the tier goes by, its own first.
        speaker: Who speaks or signs, if the file says so.
        annotations: The annotations in their order; those without text stand for silence.
    """

    names: tuple[str, ...]
    speaker: str | None
    annotations: tuple[Annotation, ...]


def tier_rows(
    tiers: Sequence[Tier], media: Path, origin_s: float, columns: Mapping[str, str], file: Path, root: Path
) -> Iterator[Row]:
    """Yield a row for each annotation with text on the tiers that hold the target.

    Args:
        tiers: All tiers of a file.
        media: The recording.
        origin_s: Time in the recording at which the annotations begin.
        columns: The tier to take as "text" or "label"; empty if the names of the tiers tell.
        file: The file, for messages.
        root: Folder that the clips' ids and paths start from.

    Raises:
        InputError: Several tiers could be meant, or the one that `columns` names is not there.
    """
    filled = [tier for tier in tiers if any(each.text.strip() for each in tier.annotations)]
    if not filled:
        log.warning("%s: has no annotation with text; it gives no clip", file)
        return
    field, chosen = _choose(filled, columns, file)
    if len(chosen) < len(tiers) or field == "label":
        log.info("%s: the tier %s is read as %r", file, ", ".join(repr(tier.names[0]) for tier in chosen), field)
    path = relative_path(media, root)
    for tier in chosen:
        name = path.with_suffix("").as_posix() + (f"/{tier.names[0]}" if len(chosen) > 1 else "")
        for each in tier.annotations:
            if each.text.strip():
                start_s, end_s = round(each.start_s + origin_s, 9), round(each.end_s + origin_s, 9)
                values = {"id": f"{name}@{start_s}", "path": str(path), "start_s": start_s, "end_s": end_s}
                values |= {field: each.text.strip()} | ({"speaker": tier.speaker} if tier.speaker else {})
                yield Row(each.where, values)


def find_recording(file: Path, names: Sequence[str], suffixes: Sequence[frozenset[str]]) -> Path:
    """Return the recording next to a file of annotations: of the same name, or else of a name that the file gives.

    Args:
        file: The file of annotations.
        names: Names of recordings in the file.
        suffixes: Kinds of recordings; earlier ones are preferred.

    Raises:
        InputError: There is none.
    """
    beside = sorted(each for each in file.parent.iterdir() if each.is_file())
    same = [each for kind in suffixes for each in beside if each.stem == file.stem and each.suffix.lower() in kind]
    named = [file.parent / name for name in names if name and (file.parent / name).is_file()]
    listed = [each for each in named if each in same] or same or named
    if not listed:
        raise InputError(f"{file}: no recording of the same name is next to it; put it there, or rename one of them")
    if len(listed) > 1:
        others = ", ".join(each.name for each in listed[1:])
        log.info("%s: its recording is taken to be %s, not %s", file, listed[0].name, others)
    return listed[0]


SOUND_FIRST = (AUDIO_SUFFIXES, VIDEO_SUFFIXES, LANDMARK_SUFFIXES)
VIDEO_FIRST = (VIDEO_SUFFIXES, AUDIO_SUFFIXES, LANDMARK_SUFFIXES)


def _choose(tiers: Sequence[Tier], columns: Mapping[str, str], file: Path) -> tuple[str, list[Tier]]:
    """Return "text" or "label", and the tiers that hold it, one for each speaker."""
    found = ", ".join(repr(tier.names[0]) for tier in tiers)
    for field in TARGETS & columns.keys():
        chosen = _named(tiers, columns[field])
        if not chosen:
            raise InputError(f"{file}: corpus.columns.{field}={columns[field]}: there is no such tier; found {found}")
        return field, chosen
    by_field = {
        field: next(chosen for name in names if (chosen := _named(tiers, name)))
        for field, names in TIER_NAMES.items()
        if any(_named(tiers, name) for name in names)
    }
    if len(by_field) == 1:
        return next(iter(by_field.items()))
    if len(tiers) == 1:
        return "text", list(tiers)
    raise InputError(
        f"{file}: it is not clear which of the tiers {found} holds the texts or labels; set corpus.columns.text=TIER "
        "or corpus.columns.label=TIER"
    )


def _named(tiers: Sequence[Tier], name: str) -> list[Tier]:
    return [tier for tier in tiers if plain_name(name) in map(plain_name, tier.names)]
