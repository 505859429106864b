"""Words and when they are said, out of symbols and when they are emitted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from recognizers.inference.ctc_alignment import Symbol
from recognizers.prediction import Word
from recognizers.vocabulary import Vocabulary

#: CTC emits a symbol somewhere in the sound that it stands for, often late. How far a word may reach beyond its first
#: and last symbol to where the sound begins and ends; and where it is not known what is to be heard.
REACH_S, BLIND_REACH_S = 0.6, 0.06
#: The shortest pause between two words, and after the last or before the first one: a stop such as the one in "six" is
#: shorter.
PAUSE_S, OUTER_PAUSE_S = 0.06, 0.15


@dataclass(frozen=True)
class Heard:
    """In which steps of a recording there is something to hear.

    Attributes:
        steps: (T,) bool.
        step_s: How long a step is, in seconds.
    """

    steps: np.ndarray
    step_s: float

    def pauses(self, start_s: float, end_s: float, least_s: float) -> list[tuple[float, float]]:
        """Where it is silent for so long between two times; a pause that reaches beyond them is cut off there."""
        first = max(0, math.floor(start_s / self.step_s))
        quiet = ~self.steps[first : math.ceil(end_s / self.step_s)]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
        spans = (edges.reshape(-1, 2) + first) * self.step_s
        found = [(max(start_s, float(begin)), min(end_s, float(end))) for begin, end in spans]
        return [(begin, end) for begin, end in found if end - begin >= least_s]


def words_of(
    symbols: Sequence[Symbol], vocabulary: Vocabulary, duration_s: float, heard: Heard | None = None
) -> list[Word]:
    """The words that symbols spell, in the order of their times, which do not overlap.

    A word begins and ends with the sound around its symbols where there is a pause beside it, and else halfway to the
    next word's symbols.

    Args:
        symbols: As `align` gives them.
        vocabulary: Of words; or of characters, of which spaces part the words.
        duration_s: Of the recording.
        heard: Where there is something to hear; None where it is not known (signs).
    """
    if vocabulary.unit == "word":
        spelled = [[symbol] for symbol in symbols]
    else:
        parts = groupby(symbols, key=lambda symbol: vocabulary.decode([symbol.id]).isspace())
        spelled = [list(part) for is_space, part in parts if not is_space]
    if not spelled:
        return []
    starts = [0.0] * len(spelled)
    ends = [duration_s] * len(spelled)
    starts[0] = _start(spelled[0][0].start_s, heard)
    for number, (before, after) in enumerate(pairwise(spelled)):
        ends[number], starts[number + 1] = _between(before[-1].end_s, after[0].start_s, heard)
    ends[-1] = min(duration_s, _end(spelled[-1][-1].end_s, duration_s, heard))
    return [
        Word(vocabulary.decode([symbol.id for symbol in word]), min(start, end), end, _mean(word))
        for word, start, end in zip(spelled, starts, ends, strict=True)
    ]


def _start(emitted_s: float, heard: Heard | None) -> float:
    """Where the first word begins."""
    if heard is None:
        return max(0.0, emitted_s - BLIND_REACH_S)
    earliest = max(0.0, emitted_s - REACH_S)
    pauses = heard.pauses(max(0.0, earliest - OUTER_PAUSE_S), emitted_s, PAUSE_S)
    outer = [pause for pause in pauses if _length(pause) >= OUTER_PAUSE_S or pause[0] == 0]
    return max(earliest, outer[-1][1]) if outer else earliest


def _end(emitted_s: float, duration_s: float, heard: Heard | None) -> float:
    """Where the last word ends."""
    if heard is None:
        return emitted_s + BLIND_REACH_S
    latest = min(duration_s, emitted_s + REACH_S)
    pauses = heard.pauses(emitted_s, min(duration_s, latest + OUTER_PAUSE_S), PAUSE_S)
    outer = [pause for pause in pauses if _length(pause) >= OUTER_PAUSE_S or pause[1] == duration_s]
    return min(latest, outer[0][0]) if outer else latest


def _between(emitted_s: float, next_s: float, heard: Heard | None) -> tuple[float, float]:
    """Where a word ends and where the next one begins."""
    middle = (emitted_s + next_s) / 2
    if heard is None:
        return min(middle, emitted_s + BLIND_REACH_S), max(middle, next_s - BLIND_REACH_S)
    pauses = heard.pauses(emitted_s, next_s, PAUSE_S)
    if not pauses:
        return min(middle, emitted_s + REACH_S), max(middle, next_s - REACH_S)
    begin, end = max(pauses, key=_length)
    return min(begin, emitted_s + REACH_S), max(end, next_s - REACH_S)


def _length(pause: tuple[float, float]) -> float:
    return pause[1] - pause[0]


def _mean(word: Sequence[Symbol]) -> float:
    """The geometric mean of the symbols' confidences."""
    return math.exp(sum(math.log(max(symbol.confidence, 1e-30)) for symbol in word) / len(word))
