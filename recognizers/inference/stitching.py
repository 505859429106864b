"""One transcript from the decoded segments of a recording."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from recognizers.inference.confidence import mean_confidence
from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.line_breaks import can_break
from recognizers.inference.word_times import words_from_symbols
from recognizers.prediction import Transcript
from recognizers.segmentation.pause_splitting import Segment
from recognizers.segmentation.voice_activity import VoiceActivity
from recognizers.vocabulary import Vocabulary

#: The candidates for a seam between two overlapping windows are this far apart.
SEAM_STEP_S = 0.03
#: How many symbols on each side of a seam should be the same in both windows.
CONTEXT = 3


@dataclass(frozen=True)
class DecodedSegment:
    """What is said in a segment.

    Attributes:
        segment: The segment.
        symbols: Its symbols, with times from the beginning of the recording.
        confidence: Confidence of the segment's transcript.
    """

    segment: Segment
    symbols: Sequence[Symbol]
    confidence: float


def stitch(
    decoded: Sequence[DecodedSegment], vocabulary: Vocabulary, duration_s: float, activity: VoiceActivity | None
) -> Transcript:
    """Join the segments of a recording to one transcript.

    A pause between two segments separates words. Overlapping segments are joined at symbols on which both agree.

    Args:
        decoded: The segments in order; none if the recording is silent.
        vocabulary: The recognizer's vocabulary.
        duration_s: Duration of the recording.
        activity: Voice activity of the recording; None for video.
    """
    runs: list[list[DecodedSegment]] = []
    for part in decoded:
        if part.segment.overlap_s and runs:
            runs[-1].append(part)
        else:
            runs.append([part])
    symbols_by_run = [_join_overlapping(run) for run in runs]
    words = tuple(
        chain.from_iterable(words_from_symbols(symbols, vocabulary, duration_s, activity) for symbols in symbols_by_run)
    )
    text = _join_texts([vocabulary.spell([symbol.id for symbol in symbols]) for symbols in symbols_by_run], vocabulary)
    confidence = mean_confidence([(part.confidence, part.segment.duration_s) for part in decoded])
    return Transcript(text, confidence, words, duration_s)


def _join_texts(texts: Sequence[str], vocabulary: Vocabulary) -> str:
    """Join texts by spaces, but by nothing where the script has none and the recognizer learned none."""
    has_spaces = vocabulary.unit == "word" or " " in vocabulary.symbols
    joined = ""
    for text in filter(None, texts):
        is_unspaced = not has_spaces and joined and can_break(joined[-1], text[0])
        joined += text if is_unspaced or not joined else f" {text}"
    return joined


def _join_overlapping(run: Sequence[DecodedSegment]) -> list[Symbol]:
    """The symbols of overlapping segments, each once."""
    symbols = list(run[0].symbols)
    for _, part in pairwise(run):
        start_s = part.segment.start_s
        seam_s = _find_seam(symbols, part.symbols, start_s, start_s + part.segment.overlap_s)
        symbols = [symbol for symbol in symbols if symbol.centre_s < seam_s]
        symbols += [symbol for symbol in part.symbols if symbol.centre_s >= seam_s]
    return symbols


def _find_seam(first: Sequence[Symbol], second: Sequence[Symbol], start_s: float, end_s: float) -> float:
    """Find the best time within an overlap to change from the symbols of the first window to those of the second.

    Before and after the best seam both windows have the same symbols. It is as far from any symbol as possible,
    because the two may emit the same symbol at slightly different times, and near the middle of the overlap, where
    both windows know what comes before and after.
    """
    windows = [[symbol for symbol in window if start_s <= symbol.centre_s <= end_s] for window in (first, second)]
    centres = [np.array([symbol.centre_s for symbol in window]) for window in windows]
    ids = [[symbol.id for symbol in window] for window in windows]
    all_centres = np.concatenate(centres)

    def quality(time_s: float) -> tuple[int, float]:
        places = [int(np.searchsorted(each, time_s)) for each in centres]
        before = _num_agreeing(*(window[:place][::-1] for window, place in zip(ids, places, strict=True)))
        after = _num_agreeing(*(window[place:] for window, place in zip(ids, places, strict=True)))
        from_symbol_s = float(np.abs(all_centres - time_s).min(initial=end_s - start_s))
        from_edge_s = min(time_s - start_s, end_s - time_s)
        return before + after, min(from_symbol_s, from_edge_s)

    return max((float(time_s) for time_s in np.arange(start_s, end_s, SEAM_STEP_S)[1:]), key=quality)


def _num_agreeing(first: Sequence[int], second: Sequence[int]) -> int:
    """How many symbols from the beginning are the same in both, at most `CONTEXT`."""
    pairs = zip(first[:CONTEXT], second[:CONTEXT], strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
