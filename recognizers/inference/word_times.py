"""Words and their times, from symbols and the times at which CTC emits them."""

import math
from collections.abc import Sequence
from itertools import pairwise

from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.line_breaks import can_break
from recognizers.prediction import Word
from recognizers.segmentation.voice_activity import VoiceActivity
from recognizers.vocabulary import Vocabulary

#: CTC emits a symbol somewhere within its sound, often late. A word may extend this far beyond its first and its last
#: symbol to where its sound begins and ends: the first if voice activity is known, the second if not.
REACH_S, BLIND_REACH_S = 0.6, 0.06
#: The shortest pause between two words, and before the first or after the last word. The latter is longer than a stop
#: consonant inside a word, such as the one in "six".
PAUSE_S, OUTER_PAUSE_S = 0.06, 0.15


def words_from_symbols(
    symbols: Sequence[Symbol], vocabulary: Vocabulary, duration_s: float, activity: VoiceActivity | None
) -> list[Word]:
    """Spell the words that symbols make up, in the order of their times, which do not overlap.

    Next to a pause, a word begins or ends with the sound around its symbols; next to another word, halfway to the
    symbols of that word.

    Args:
        symbols: Symbols with their times, as `align` gives them.
        vocabulary: A vocabulary of words, or of characters, in which spaces separate words. In scripts that put no
            spaces between words, each letter is one, with the marks and punctuation that belong to it.
        duration_s: Duration of the recording.
        activity: Voice activity of the recording; None for video.
    """
    spelled = _group_by_word(symbols, vocabulary)
    if not spelled:
        return []
    starts = [0.0] * len(spelled)
    ends = [duration_s] * len(spelled)
    starts[0] = _first_start(spelled[0][0].start_s, activity)
    for number, (before, after) in enumerate(pairwise(spelled)):
        ends[number], starts[number + 1] = _between(before[-1].end_s, after[0].start_s, activity)
    ends[-1] = min(duration_s, _last_end(spelled[-1][-1].end_s, duration_s, activity))
    return [
        Word(vocabulary.decode([symbol.id for symbol in word]), min(start, end), end, _confidence(word))
        for word, start, end in zip(spelled, starts, ends, strict=True)
    ]


def _group_by_word(symbols: Sequence[Symbol], vocabulary: Vocabulary) -> list[list[Symbol]]:
    if vocabulary.unit == "word":
        return [[symbol] for symbol in symbols]
    words: list[list[Symbol]] = []
    before = " "
    for symbol in symbols:
        after = vocabulary.decode([symbol.id])
        if after.isspace():
            before = " "
            continue
        if before == " " or can_break(before, after):
            words.append([])
        words[-1].append(symbol)
        before = after
    return words


def _first_start(emitted_s: float, activity: VoiceActivity | None) -> float:
    """Where the first word begins, whose first symbol is emitted at `emitted_s`."""
    if activity is None:
        return max(0.0, emitted_s - BLIND_REACH_S)
    earliest = max(0.0, emitted_s - REACH_S)
    pauses = activity.pauses(max(0.0, earliest - OUTER_PAUSE_S), emitted_s, PAUSE_S)
    outer = [pause for pause in pauses if _duration(pause) >= OUTER_PAUSE_S or pause[0] == 0]
    return max(earliest, outer[-1][1]) if outer else earliest


def _last_end(emitted_s: float, duration_s: float, activity: VoiceActivity | None) -> float:
    """Where the last word ends, whose last symbol is emitted until `emitted_s`."""
    if activity is None:
        return emitted_s + BLIND_REACH_S
    latest = min(duration_s, emitted_s + REACH_S)
    pauses = activity.pauses(emitted_s, min(duration_s, latest + OUTER_PAUSE_S), PAUSE_S)
    outer = [pause for pause in pauses if _duration(pause) >= OUTER_PAUSE_S or pause[1] == duration_s]
    return min(latest, outer[0][0]) if outer else latest


def _between(emitted_s: float, next_s: float, activity: VoiceActivity | None) -> tuple[float, float]:
    """Where a word ends and where the next one begins, given the symbols on both sides of the gap."""
    middle = (emitted_s + next_s) / 2
    if activity is None:
        return min(middle, emitted_s + BLIND_REACH_S), max(middle, next_s - BLIND_REACH_S)
    pauses = activity.pauses(emitted_s, next_s, PAUSE_S)
    if not pauses:
        return min(middle, emitted_s + REACH_S), max(middle, next_s - REACH_S)
    start, end = max(pauses, key=_duration)
    return min(start, emitted_s + REACH_S), max(end, next_s - REACH_S)


def _duration(pause: tuple[float, float]) -> float:
    return pause[1] - pause[0]


def _confidence(word: Sequence[Symbol]) -> float:
    """The geometric mean of the symbols' confidences."""
    return math.exp(sum(math.log(max(symbol.confidence, 1e-30)) for symbol in word) / len(word))
