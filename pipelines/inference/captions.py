"""Captions: a transcript as cues that can be read in time, in scripts with and without spaces.

A cue lasts at most `CAPTION_S` and has at most `CAPTION_LINES` lines of `CAPTION_COLUMNS` columns. Cues are in order
and do not overlap, and each has text and a duration. Lines and cues end at spaces; in text without spaces they end
after punctuation if that leaves at least half of the line, else between any two letters (`line_breaks`).
"""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from recognizers.inference.line_breaks import CanBreak, can_break, can_part, columns, is_punctuation, split_where
from recognizers.prediction import Transcript, Word

CAPTION_COLUMNS, CAPTION_LINES, CAPTION_S = 42, 2, 7.0
#: A pause after which a new cue begins.
CAPTION_PAUSE_S = 1.0
#: More pieces than a cue can hold.
MAX_PIECES = CAPTION_COLUMNS * CAPTION_LINES + 1


@dataclass(frozen=True)
class Caption:
    """One cue.

    Attributes:
        start_ms: Start in milliseconds from the beginning of the recording.
        end_ms: End in milliseconds.
        lines: Its lines of text.
        text: The same in one line.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class _Piece:
    """Text that is not broken, and the time in which it is said.

    Attributes:
        text: The text, without spaces.
        follows_space: Whether a space is between it and the piece before.
        start_s: Start in seconds.
        end_s: End in seconds.
    """

    text: str
    follows_space: bool
    start_s: float
    end_s: float


def captions(transcript: Transcript) -> Iterator[Caption]:
    """Divide a transcript into cues. Text without word times gets the time between its neighbours' words."""
    pieces = list(_pieces(transcript))
    first, previous_end_ms = 0, 0
    while first < len(pieces):
        lines = _lines(_in_time(pieces[first : first + MAX_PIECES]))
        cue = list(itertools.chain.from_iterable(lines))
        start_ms = max(round(1000 * cue[0].start_s), previous_end_ms)
        end_ms = min(max(round(1000 * cue[-1].end_s), start_ms + 1), start_ms + round(1000 * CAPTION_S))
        yield Caption(start_ms, end_ms, tuple(map(_join, lines)), _join(cue))
        first, previous_end_ms = first + len(cue), end_ms


def _pieces(transcript: Transcript) -> Iterator[_Piece]:
    """Cut the text into pieces, and give each its time."""
    words = transcript.words
    text, starts = transcript.text, _find_words(words, transcript.text)
    if len(starts) < len(words):  # the text is not that of the words
        text = " ".join(word.text for word in words)
        starts = _find_words(words, text)
    end, end_s = 0, 0.0
    for word, start in zip(words, starts, strict=True):
        untimed = text[end:start].rstrip()
        yield from _split(untimed, end_s, max(end_s, word.start_s))
        yield from _split(text[end + len(untimed) : start] + word.text, word.start_s, word.end_s)
        end, end_s = start + len(word.text), word.end_s
    yield from _split(text[end:], end_s, max(end_s, transcript.duration_s))


def _find_words(words: Sequence[Word], text: str) -> list[int]:
    """Return where each word begins in a text; fewer places if a word does not follow those before."""
    starts: list[int] = []
    end = 0
    for word in words:
        if (start := text.find(word.text, end)) < 0:
            break
        starts.append(start)
        end = start + len(word.text)
    return starts


def _split(text: str, start_s: float, end_s: float) -> Iterator[_Piece]:
    """Cut a text into pieces, which share its time in proportion to their columns."""
    parts = [(piece, number == 0) for word in text.split() for number, piece in enumerate(_break_up(word))]
    column_s = (end_s - start_s) / max(1, sum(columns(piece) for piece, _ in parts))
    for number, (piece, begins_word) in enumerate(parts):
        piece_end_s = start_s + columns(piece) * column_s
        if not all(unicodedata.category(character) in ("Cf", "Cc") for character in piece):
            yield _Piece(piece, begins_word and (number > 0 or text[0].isspace()), start_s, piece_end_s)
        start_s = piece_end_s


def _break_up(word: str, rules: Sequence[CanBreak] = (can_break, can_part, lambda before, after: True)) -> list[str]:
    """Split a word where a line may be broken; by each further rule only what is still longer than a line."""
    pieces = []
    for piece in split_where(word, rules[0]):
        is_too_long = columns(piece) > CAPTION_COLUMNS and len(rules) > 1
        pieces += _break_up(piece, rules[1:]) if is_too_long else [piece]
    return pieces


def _in_time(pieces: Sequence[_Piece]) -> Sequence[_Piece]:
    """Return the first pieces, up to a pause, or as many as can be shown in one cue's time."""
    pauses = (
        number
        for number, (before, after) in enumerate(itertools.pairwise(pieces), start=1)
        if after.start_s - before.end_s >= CAPTION_PAUSE_S
    )
    pieces = pieces[: next(pauses, len(pieces))]
    ends_s = (piece.end_s - pieces[0].start_s for piece in pieces)
    return pieces[: _best_break(pieces, _count_up_to(ends_s, CAPTION_S))]


def _lines(pieces: Sequence[_Piece]) -> list[Sequence[_Piece]]:
    """Return the lines of one cue, which may not have room for all pieces."""
    lines: list[Sequence[_Piece]] = []
    while pieces and len(lines) < CAPTION_LINES:
        widths = (columns(piece.text) + (piece.follows_space and number > 0) for number, piece in enumerate(pieces))
        count = _best_break(pieces, _count_up_to(itertools.accumulate(widths), CAPTION_COLUMNS))
        lines.append(pieces[:count])
        pieces = pieces[count:]
    return lines


def _count_up_to(values: Iterable[float], limit: float) -> int:
    """Count the first values that are not above the limit, but at least one."""
    return max(1, sum(1 for _ in itertools.takewhile(lambda value: value <= limit, values)))


def _best_break(pieces: Sequence[_Piece], most: int) -> int:
    """Return how many of the first pieces to take: the most possible, or fewer to end at a good break."""
    if most == len(pieces):
        return most
    counts = range(most, most // 2, -1)
    at_space = (count for count in counts if pieces[count].follows_space)
    at_mark = (count for count in counts if is_punctuation(pieces[count - 1].text[-1]))
    return next(at_space, next(at_mark, most))


def _join(pieces: Sequence[_Piece]) -> str:
    return "".join(" " * piece.follows_space + piece.text for piece in pieces).lstrip()
