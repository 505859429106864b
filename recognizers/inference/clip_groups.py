"""Fields of a corpus by which scores are told apart, such as the sex of the speakers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError, did_you_mean
from data_prep.manifest import Clip, row_from_clip

#: A field is chosen by itself if it has at most this many values, each with at least `MIN_CLIPS` clips.
MAX_VALUES, MIN_CLIPS = 10, 5
#: Fields that are not offered, because each clip has its own, all have the same, or there are scores of each anyway.
NOT_OFFERED = {"id", "path", "start_s", "end_s", "split", "speaker", "text"}
#: Stands for the value of clips that lack the field.
NOT_GIVEN = "not given"


def choose_groups(clips: Sequence[Clip], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the fields by whose values clips are scored apart.

    Args:
        clips: All clips of the corpus, so that the choice is the same for each of its splits and folds.
        wanted: Names of fields of the manifest; None to choose the extra fields that have few values, each with some
            clips.

    Raises:
        InputError: No clip has a wanted field.
    """
    if wanted is None:
        names = sorted({name for clip in clips for name in clip.extra})
        return tuple(name for name in names if _divides_well(clips, name))
    for name in wanted:
        if all(_value(clip, name) is None for clip in clips):
            found = sorted({each for clip in clips for each in row_from_clip(clip, Path())} - NOT_OFFERED)
            raise InputError(
                f"groups={name}: no clip has this field; found {', '.join(found) or 'none to tell clips apart by'}. "
                f"Give a field that clips have, or groups=[]{did_you_mean(name, found)}"
            )
    return tuple(wanted)


def groups_of_clip(clip: Clip, fields: Sequence[str]) -> dict[str, str]:
    """Return the value of each of these fields; `NOT_GIVEN` for those that the clip lacks."""
    return {name: _value(clip, name) or NOT_GIVEN for name in fields}


def _divides_well(clips: Sequence[Clip], name: str) -> bool:
    values = [clip.extra.get(name) for clip in clips]
    if not all(value is None or isinstance(value, str | bool) for value in values):
        return False
    counts = Counter(str(value) for value in values if value not in (None, ""))
    return 2 <= len(counts) <= MAX_VALUES and min(counts.values()) >= MIN_CLIPS


def _value(clip: Clip, name: str) -> str | None:
    value = row_from_clip(clip, Path()).get(name)
    return None if value is None or not str(value).strip() else str(value).strip()
