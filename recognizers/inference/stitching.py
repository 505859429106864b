"""What is said in the stretches of a recording, put together."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.word_times import Heard, words_of
from recognizers.prediction import Prediction
from recognizers.vocabulary import Vocabulary

#: Where to look for a seam between two windows that overlap: so often.
SEAM_STEP_S = 0.03
#: How many symbols before a seam, and after it, should be the same in both windows.
CONTEXT = 3


@dataclass(frozen=True)
class Passage:
    """What is said in a stretch of a recording.

    Attributes:
        symbols: With their times from the beginning of the recording.
        confidence: Of the stretch's transcript.
        start_s: Where the stretch begins, in seconds.
        end_s: Where it ends.
        overlap_s: How much of it the stretch before holds as well; 0 where there is a pause between the two.
    """

    symbols: Sequence[Symbol]
    confidence: float
    start_s: float
    end_s: float
    overlap_s: float = 0.0


def put_together(
    passages: Sequence[Passage], vocabulary: Vocabulary, duration_s: float, heard: Heard | None = None
) -> Prediction:
    """One transcript of the passages of a recording.

    A pause between two passages parts words. Those that overlap are joined at the symbols on which both agree.

    Args:
        passages: In the order of their times.
        vocabulary: Of the recognizer.
        duration_s: Of the recording.
        heard: Where there is something to hear; None where it is not known.

    Returns:
        The transcript with its words. Its confidence is the geometric mean of the passages', by their lengths; that
        of a recording in which there is nothing to hear is 1.
    """
    runs: list[list[Passage]] = []
    for passage in passages:
        if passage.overlap_s and runs:
            runs[-1].append(passage)
        else:
            runs.append([passage])
    spoken = [_joined(run) for run in runs]
    words = tuple(chain.from_iterable(words_of(symbols, vocabulary, duration_s, heard) for symbols in spoken))
    if len(runs) == 1:
        text = vocabulary.decode([symbol.id for symbol in spoken[0]])
    else:
        text = " ".join(word.text for word in words)
    total_s = sum(passage.end_s - passage.start_s for passage in passages)
    log_confidence = sum(
        math.log(max(passage.confidence, 1e-300)) * (passage.end_s - passage.start_s) for passage in passages
    )
    return Prediction(text, math.exp(log_confidence / total_s) if total_s else 1.0, words=words)


def _joined(run: Sequence[Passage]) -> list[Symbol]:
    """The symbols of windows that overlap, each once."""
    symbols = list(run[0].symbols)
    for _, passage in pairwise(run):
        seam_s = _seam(symbols, passage.symbols, passage.start_s, passage.start_s + passage.overlap_s)
        symbols = [symbol for symbol in symbols if symbol.centre_s < seam_s]
        symbols += [symbol for symbol in passage.symbols if symbol.centre_s >= seam_s]
    return symbols


def _seam(first: Sequence[Symbol], second: Sequence[Symbol], start_s: float, end_s: float) -> float:
    """The best time within an overlap to go over from one window's symbols to the other's.

    It is one before and after which both say the same, as far from any symbol as can be (the same symbol may be
    emitted at slightly other times), and rather in the middle, where both know what came before and after.
    """
    seen = [[symbol for symbol in window if start_s <= symbol.centre_s <= end_s] for window in (first, second)]
    centres = [np.array([symbol.centre_s for symbol in window]) for window in seen]
    ids = [[symbol.id for symbol in window] for window in seen]
    together = np.concatenate(centres)

    def worth(time_s: float) -> tuple[int, float]:
        at = [int(np.searchsorted(each, time_s)) for each in centres]
        before = _agreeing(*(window[:place][::-1] for window, place in zip(ids, at, strict=True)))
        after = _agreeing(*(window[place:] for window, place in zip(ids, at, strict=True)))
        room_s = float(np.abs(together - time_s).min(initial=end_s - start_s))
        from_end_s = min(time_s - start_s, end_s - time_s)
        return before + after, min(room_s, from_end_s)

    return max((float(time_s) for time_s in np.arange(start_s, end_s, SEAM_STEP_S)[1:]), key=worth)


def _agreeing(first: Sequence[int], second: Sequence[int]) -> int:
    """How many symbols from the beginning are the same in both, at most `CONTEXT`."""
    pairs = zip(first[:CONTEXT], second[:CONTEXT], strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
