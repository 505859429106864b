"""Where words, speech, signs or movements begin and end in a clip."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from recognizers.inference.ctc_alignment import align
from recognizers.inference.predictor import Predictor
from recognizers.inference.word_times import words_from_symbols
from recognizers.segmentation.detectors import find_voice_activity
from recognizers.segmentation.pause_splitting import Segment
from recognizers.segmentation.sign_activity import detect_movement, detect_signs
from recognizers.segmentation.voice_activity import VoiceActivity

#: Boundaries closer than this to an end of the clip say nothing: there is no activity before the first frame.
EDGE_S = 0.05
#: Shorter pauses lie inside a word: stop consonants are silent for up to a tenth of a second.
PAUSE_S = 0.12
#: Movements of hands: shorter ones do not count, and a hold shorter than the second ends none.
SHORTEST_MOVE_S, LONGEST_HOLD_S = 0.15, 0.2


@dataclass(frozen=True)
class Boundaries:
    """The times at which something begins or ends inside a clip.

    Attributes:
        of: What begins or ends: "word", "speech" or "sign".
        times_s: The times in seconds, in order; none if nothing begins or ends inside the clip.
    """

    of: Literal["word", "speech", "sign", "movement", "event"]
    times_s: tuple[float, ...]


def find_boundaries(predictor: Predictor, signal: Signal, frames: Frames, reference: str) -> Boundaries:
    """Find the boundaries in a clip.

    For text, words have the times at which CTC emits the reference, moved to where sound begins and ends; if the
    recognizer cannot emit the reference, the recognised words count. For labels, they are where speech begins and ends
    in sound, where signs begin and end in landmarks, and, in a clip that is one sign, where hands begin and end to
    move.

    Args:
        predictor: The recognizer.
        signal: The clip's waveform or landmarks.
        frames: Its frames.
        reference: Its text or label.
    """
    activity = find_voice_activity(signal) if signal.is_waveform else None
    if predictor.interpreter.target == "text":
        times = _word_times(predictor, frames, reference, signal.duration_s, activity)
        return Boundaries("word", _inside(times, signal.duration_s))
    if signal.is_series:  # nothing tells what an event is in numbers of any kind
        return Boundaries("event", ())
    if activity is None:
        signs = _inside(_edges(detect_signs(signal).signs), signal.duration_s)
        if signs:
            return Boundaries("sign", signs)
        moves = detect_movement(signal, SHORTEST_MOVE_S, LONGEST_HOLD_S)
        return Boundaries("movement", _inside(_edges(moves), signal.duration_s))
    pauses = activity.pauses(0.0, signal.duration_s, PAUSE_S)
    return Boundaries("speech", _inside([edge for pause in pauses for edge in pause], signal.duration_s))


def _edges(segments: Iterable[Segment]) -> list[float]:
    return [time for segment in segments for time in (segment.start_s, segment.end_s)]


def _word_times(
    predictor: Predictor, frames: Frames, reference: str, duration_s: float, activity: VoiceActivity | None
) -> list[float]:
    """The starts and the ends of the words."""
    vocabulary = predictor.interpreter.vocabulary
    [log_probs] = predictor.emissions([frames], 1)
    rates = (predictor.emission_rate_hz, predictor.extractor.frame_rate_hz)
    try:
        symbols = align(log_probs, vocabulary.encode(reference), *rates)
    except (InputError, ValueError):  # a symbol it does not know, or more symbols than frames
        symbols = align(log_probs, predictor.decode(log_probs)[0], *rates)
    words = words_from_symbols(symbols, vocabulary, duration_s, activity)
    return [time for word in words for time in (word.start_s, word.end_s)]


def _inside(times_s: Iterable[float], duration_s: float) -> tuple[float, ...]:
    kept = sorted({round(float(time), 3) for time in times_s if EDGE_S < time < duration_s - EDGE_S})
    return tuple(kept)


def near_boundaries(boundaries: Boundaries, steps: int, step_s: float, within_s: float) -> np.ndarray:
    """Tell which encoded steps are close to a boundary.

    Args:
        boundaries: The boundaries.
        steps: Number of encoded steps T'; the first begins with the clip.
        step_s: Duration of a step in seconds.
        within_s: Distance that is close, on either side.

    Returns:
        (T',) bool.
    """
    middles = (np.arange(steps) + 0.5) * step_s
    times = np.array(boundaries.times_s)
    return (np.abs(middles[:, None] - times) <= within_s + step_s / 2).any(axis=1)
