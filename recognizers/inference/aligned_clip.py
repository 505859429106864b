"""When each word, letter or gloss of a clip is said or signed, and the file of alignments: one clip a line."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.json_rows import read_json_rows, write_json_rows
from data_prep.manifest import MAX_TIME_S
from recognizers.prediction import Word


@dataclass(frozen=True)
class AlignedClip:
    """When each word, letter or gloss of a clip is said or signed.

    Attributes:
        id: Id of the clip.
        path: Path of its media file.
        text: Its text.
        duration_s: Its duration in seconds.
        words: Its words, letters or glosses in order; their times are seconds from the beginning of the clip.
    """

    id: str
    path: str
    text: str
    duration_s: float
    words: tuple[Word, ...]

    def to_row(self) -> dict[str, Any]:
        """Return the clip's row in a file of alignments."""
        return {
            "id": self.id,
            "path": self.path,
            "text": self.text,
            "duration_s": round(self.duration_s, 3),
            "words": [word_row(word) for word in self.words],
        }


def word_row(word: Word) -> dict[str, Any]:
    """Return a word with its times as a JSON object, with rounded numbers."""
    return {
        "word": word.text,
        "start_s": round(word.start_s, 3),
        "end_s": round(word.end_s, 3),
        "confidence": round(word.confidence, 4),
    }


def write_alignments(path: Path, clips: Iterable[AlignedClip]) -> None:
    """Write a file of alignments, atomically."""
    write_json_rows(path, (clip.to_row() for clip in clips))


def read_alignments(path: Path) -> list[AlignedClip]:
    """Read a file of alignments; the paths in it are kept as they are.

    Raises:
        InputError: The file does not exist, or a row is not an alignment; the message begins with ``file:line``.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file of alignments; python -m pipelines.align writes one")
    clips = []
    for where, row in read_json_rows(path):
        if isinstance(row, InputError):
            raise row
        clips.append(_clip_of(row, where))
    return clips


def _clip_of(row: Any, where: str) -> AlignedClip:
    try:
        words = tuple(
            Word(_text(word["word"]), _number(word["start_s"]), _number(word["end_s"]), _number(word["confidence"]))
            for word in row["words"]
        )
        for word in words:
            if word.start_s > word.end_s:
                raise ValueError(f"the word {word.text!r} ends before it begins")
        texts = (_text(row["id"]), _text(row["path"]), _text(row["text"]))
        return AlignedClip(*texts, _number(row["duration_s"]), words)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{where}: not an alignment ({type(error).__name__}: {error}); expected a row as python -m pipelines.align "
            'writes it: {"id", "path", "text", "duration_s", "words": [{"word", "start_s", "end_s", "confidence"}]}'
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text; found {value!r}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TIME_S:
        raise ValueError(f"expected a number from 0 to {MAX_TIME_S:g}; found {value!r}")
    return float(value)
