"""Cuts a stream of sound into utterances, without looking ahead: from the beginning of speech to a pause."""

from collections.abc import Sequence
from dataclasses import dataclass

from recognizers.segmentation.silero_detector import BEGIN_PROBABILITY, CONTINUE_PROBABILITY, SHORTEST_RUN_S, WINDOW_S

#: How much of what comes before the first speech, and after the last, belongs to an utterance. Chosen on validation
#: speakers of the spoken demo: recognizers invent letters in silence, above all if they normalise over the utterance.
LEAD_S, TRAIL_S = 0.25, 0.2
#: An utterance that lasts longer than the first of these ends at any pause of the second; at the third, it ends anyway.
LONG_S, SHORT_PAUSE_S, LONGEST_S = 10.0, 0.2, 20.0


@dataclass(frozen=True)
class UtteranceBegins:
    """Speech has begun.

    Attributes:
        window: The first window of the utterance.
    """

    window: int


@dataclass(frozen=True)
class UtteranceEnds:
    """A pause has ended the utterance.

    Attributes:
        window: The window after its last one; it comes before the end of the pause.
    """

    window: int


Boundary = UtteranceBegins | UtteranceEnds


class UtteranceFinder:
    """Finds utterances by the probability of speech in each window.

    Speech begins with a probability of `BEGIN_PROBABILITY` from which on it stays above `CONTINUE_PROBABILITY` for
    `SHORTEST_RUN_S`. An utterance ends once there was no speech for `pause_s`, of which it includes `TRAIL_S`.

    Args:
        pause_s: The pause that ends an utterance.
    """

    def __init__(self, pause_s: float) -> None:
        self._pause = _windows(pause_s)
        self._count = 0  # windows so far
        self._run_start: int | None = None  # where speech began that is still too short
        self._begin: int | None = None  # first window of the utterance
        self._free_from = 0  # windows before this belong to the utterance before
        self._silent = 0  # windows without speech at the end of the utterance

    @property
    def is_open(self) -> bool:
        """Whether there is an utterance that has not ended."""
        return self._begin is not None

    @property
    def end_so_far(self) -> int:
        """The window after the last one that is known to belong to the utterance: a pause belongs only to what follows.

        It grows by more than a window where speech goes on after a pause.
        """
        return self._count - max(0, self._silent - _windows(TRAIL_S))

    def add(self, probabilities: Sequence[float]) -> list[Boundary]:
        """Take the probabilities in the next windows, and return the beginnings and ends that they bring."""
        boundaries: list[Boundary] = []
        for probability in probabilities:
            boundary = self._wait(probability) if self._begin is None else self._follow(probability)
            self._count += 1
            if boundary is not None:
                boundaries.append(boundary)
        return boundaries

    def _wait(self, probability: float) -> UtteranceBegins | None:
        if probability < CONTINUE_PROBABILITY:
            self._run_start = None
        elif self._run_start is None and probability >= BEGIN_PROBABILITY:
            self._run_start = self._count
        if self._run_start is None or self._count + 1 - self._run_start < _windows(SHORTEST_RUN_S):
            return None
        self._begin = max(self._free_from, self._run_start - _windows(LEAD_S))
        self._run_start, self._silent = None, 0
        return UtteranceBegins(self._begin)

    def _follow(self, probability: float) -> UtteranceEnds | None:
        assert self._begin is not None
        self._silent = self._silent + 1 if probability < CONTINUE_PROBABILITY else 0
        length = self._count + 1 - self._begin
        pause = self._pause if length < _windows(LONG_S) else min(self._pause, _windows(SHORT_PAUSE_S))
        if self._silent < pause and length < _windows(LONGEST_S):
            return None
        end = self._count + 1 - max(0, self._silent - _windows(TRAIL_S))
        self._begin, self._free_from = None, end
        # What goes on without a pause is speech from its first window on.
        self._run_start = end if self._silent == 0 else None
        return UtteranceEnds(end)


def _windows(duration_s: float) -> int:
    return max(1, round(duration_s / WINDOW_S))
