"""Where there is speech in a waveform that arrives in chunks: a probability for each window, without looking ahead."""

import math
from collections import deque
from typing import Protocol

import numpy as np

from data_prep.errors import InputError, did_you_mean
from recognizers.segmentation.energy_detector import (
    BACKGROUND_QUANTILE,
    CONTEXT_S,
    DEAD_POWER,
    SPEECH_QUANTILE,
    SPEECH_RANGE_DB,
    THRESHOLD_LEAST_DB,
    THRESHOLD_SHARE,
)
from recognizers.segmentation.silero_detector import WINDOW_S, SileroStream

#: At the beginning of a stream, before the background is known, it is taken for this loud at most: the level of a quiet
#: room, in the unit of `EnergyDetector`.
FIRST_BACKGROUND_DB, FIRST_S = 25.0, 1.0


class SpeechStream(Protocol):
    """Finds speech in a waveform; window number n begins n * `WINDOW_S` after its beginning."""

    def add(self, samples: np.ndarray) -> np.ndarray:
        """(T,) int16 -> (n,): the probability of speech in each window that is complete by now."""
        ...


class EnergyStream:
    """Takes any sound that stands out from the background for speech, as `EnergyDetector` does.

    The threshold is set from the last `CONTEXT_S` seconds, because the following ones are not known. So a sound that
    begins to hum without an end counts as speech for some seconds, until it is the background.

    Args:
        rate_hz: Samples per second.
    """

    def __init__(self, rate_hz: float) -> None:
        self._window = WINDOW_S * rate_hz
        self._held = np.zeros(1, np.float32)  # the sample before the next window, and samples that do not fill one
        self._count = 0
        self._loudness_db: deque[float] = deque(maxlen=round(CONTEXT_S / WINDOW_S))

    def add(self, samples: np.ndarray) -> np.ndarray:
        """(T,) int16 -> (n,): 1.0 where there is a sound, otherwise 0.0."""
        self._held = np.concatenate([self._held, samples.astype(np.float32)])
        found = []
        while len(self._held) > (size := self._end(self._count + 1) - self._end(self._count)):
            found.append(self._stands_out(self._held[: size + 1]))
            self._held = self._held[size:]
            self._count += 1
        return np.array(found, np.float32)

    def _end(self, window: int) -> int:
        """The sample at which a number of windows ends."""
        return round(window * self._window)

    def _stands_out(self, samples: np.ndarray) -> bool:
        power = float(np.mean(np.diff(samples) ** 2))
        if power < DEAD_POWER:
            return False
        loudness_db = 10 * math.log10(power + 1)
        self._loudness_db.append(loudness_db)
        background, speech = np.quantile(self._loudness_db, [BACKGROUND_QUANTILE, SPEECH_QUANTILE])
        if len(self._loudness_db) * WINDOW_S < FIRST_S:
            background = min(background, FIRST_BACKGROUND_DB)
        threshold = background + max(THRESHOLD_LEAST_DB, THRESHOLD_SHARE * (speech - background))
        return bool(loudness_db > max(threshold, speech - SPEECH_RANGE_DB))


SPEECH_STREAMS: dict[str, type[SileroStream | EnergyStream]] = {"silero": SileroStream, "energy": EnergyStream}


def speech_stream_named(name: str, rate_hz: float) -> SpeechStream:
    """Make one, by the name of the detector that finds speech in a whole recording.

    Raises:
        InputError: There is no such detector.
    """
    if name not in SPEECH_STREAMS:
        hint = did_you_mean(name, SPEECH_STREAMS)
        raise InputError(f"voice_activity must be one of {', '.join(SPEECH_STREAMS)}; found {name!r}{hint}")
    return SPEECH_STREAMS[name](rate_hz)
