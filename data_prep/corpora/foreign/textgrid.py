"""TextGrid files of Praat, in the long and the short text form.

The format is described at https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html: only strings between
quotation marks, numbers that stand alone and flags such as ``<exists>`` have a meaning, so both forms hold the same
sequence of values.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from data_prep.corpora.foreign.tiers import Annotation, Tier
from data_prep.errors import InputError

_VALUE = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?<!\S)(?:(?P<number>-?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)|<(?P<flag>\w+)>'
    r"|![^\n]*)(?!\S)"
)


def read_textgrid(path: Path) -> list[Tier]:
    """Read the interval tiers of a TextGrid; tiers of points are left out, because a point has no duration.

    A tier that the Montreal Forced Aligner names "ann - words" is the tier "words" of the speaker "ann".

    Raises:
        InputError: The file is not a TextGrid in a text form.
    """
    try:
        return list(_tiers(path, _values(_decode(path))))
    except (StopIteration, ValueError, RuntimeError):  # a generator turns StopIteration into a RuntimeError
        raise InputError(
            f"{path}: not readable as a TextGrid; save it in Praat with 'Save as text file' (or 'as short text file')"
        ) from None


def _tiers(path: Path, values: Iterator[str | float]) -> Iterator[Tier]:
    kind, grid = next(values), next(values)
    if not str(kind).startswith("ooTextFile") or grid != "TextGrid":
        raise ValueError
    _number(values), _number(values)  # the times that the grid covers
    if next(values) != "<exists>":
        return
    for _ in range(int(_number(values))):
        tier_class, name = next(values), str(next(values))
        _number(values), _number(values)
        is_interval, count = tier_class == "IntervalTier", int(_number(values))
        annotations = []
        for _ in range(count):
            start_s, end_s = _number(values), (_number(values) if is_interval else 0.0)
            text = next(values)
            if not isinstance(text, str):
                raise ValueError
            annotations.append(Annotation(start_s, end_s, text, str(path)))
        if is_interval:
            speaker, dash, rest = name.rpartition(" - ")
            yield Tier((name, rest) if dash else (name,), speaker or None, tuple(annotations))


def _number(values: Iterator[str | float]) -> float:
    value = next(values)
    if isinstance(value, str):
        raise ValueError
    return value


def _values(text: str) -> Iterator[str | float]:
    for match in _VALUE.finditer(text):
        if match["text"] is not None:
            yield match["text"].replace('""', '"')
        elif match["number"] is not None:
            yield float(match["number"])
        elif match["flag"] is not None:
            yield f"<{match['flag']}>"


def _decode(path: Path) -> str:
    """Decode a file as Praat does: UTF-16 if it has its mark, else UTF-8, else ISO Latin-1."""
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
