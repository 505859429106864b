"""Where there is speech in a recording, and the protocol of what finds it."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recognizers.segmentation.pause_splitting import ACTIVE, STEP_S
from recognizers.segmentation.runs import true_runs


@dataclass(frozen=True)
class VoiceActivity:
    """Where there is speech in a recording.

    Attributes:
        states: (T,) int8, one for each step of `STEP_S`: `DEAD`, `QUIET` or `ACTIVE`.
    """

    states: np.ndarray

    @property
    def has_speech(self) -> bool:
        """Whether there is speech at all."""
        return bool((self.states == ACTIVE).any())

    def pauses(self, start_s: float, end_s: float, least_s: float) -> list[tuple[float, float]]:
        """Find the pauses between two times.

        Args:
            start_s: The first time, in seconds. A pause that begins earlier is cut off here.
            end_s: The second time. A pause that ends later is cut off here.
            least_s: Shortest pause to return, after it was cut off.

        Returns:
            The start and the end of each pause, in seconds.
        """
        first = max(0, math.floor(start_s / STEP_S))
        quiet = self.states[first : math.ceil(end_s / STEP_S)] != ACTIVE
        spans = [((first + start) * STEP_S, (first + end) * STEP_S) for start, end in true_runs(quiet)]
        clipped = [(max(start_s, start), min(end_s, end)) for start, end in spans]
        return [(start, end) for start, end in clipped if end - start >= least_s]


class VoiceActivityDetector(Protocol):
    """Finds speech in a waveform; picklable, so that it can work in other processes."""

    def __call__(self, samples: np.ndarray, rate_hz: float) -> VoiceActivity:
        """Find speech in samples (T,) int16, at `rate_hz` samples a second."""
        ...
