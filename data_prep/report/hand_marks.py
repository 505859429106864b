"""Where in a clip hands were found, where they were filled in, and where there are none: marks for pictures of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.hand_gaps import fill_gaps
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HANDS, IMAGE
from data_prep.features.joint import signal_extractor
from data_prep.report.palette import FILLED_COLOUR, FOUND_COLOUR, MISSING_COLOUR, PANEL, Colour

#: The states of a frame; a higher one hides a lower one where several frames share a pixel.
FOUND, FILLED, MISSING = 0, 1, 2


@dataclass(frozen=True)
class Mark:
    """How a state is marked.

    Attributes:
        name: What legends call it.
        colour: Its colour.
        height: How much of a timeline's height it takes, so that it is also told apart without colours.
    """

    name: str
    colour: Colour
    height: float


#: What a legend begins with, and the marks by state.
LEGEND_TITLE = "hand:"
MARKS = (
    Mark("found", FOUND_COLOUR, 1.0),
    Mark("filled in", FILLED_COLOUR, 0.65),
    Mark("missing", MISSING_COLOUR, 0.3),
)


@dataclass(frozen=True)
class MarkedHands:
    """The hands of a clip as the recognizer gets them.

    Attributes:
        points: (T, 2, 21, 2): x to the right and y down, NaN where a hand is absent.
        filled: (T, 2) bool: the hands that the tracker missed, and that were interpolated over a short gap.
    """

    points: np.ndarray
    filled: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """(T, 2) bool: the hands that can be drawn."""
        return np.isfinite(self.points).all(axis=(2, 3))

    @cached_property
    def states(self) -> np.ndarray:
        """(T,): `FOUND`, `FILLED` if any of the hands was filled in, or `MISSING` if there is none."""
        present = self.present
        states = np.where((self.filled & present).any(axis=1), FILLED, FOUND)
        return np.where(present.any(axis=1), states, MISSING)


def mark_hands(signal: Signal, fill_gaps_s: float) -> MarkedHands:
    """Fill the gaps of landmarks (T, 2 or 3, 2, 21, 3) as the features do, and mark what was filled.

    Args:
        signal: The landmarks; those of a body in the third place are left out.
        fill_gaps_s: The longest gap that is filled, in seconds.
    """
    hands, filled = fill_gaps(signal.values[:, :HANDS], signal.rate_hz, fill_gaps_s)
    return MarkedHands(hands[:, :, IMAGE, :, :2].astype(np.float64), filled)


def draw_timeline(states: np.ndarray, width: int, height: int) -> np.ndarray:
    """Draw the states (T,) of a clip's frames from left to right: (height, width, 3) uint8.

    Where several frames share a column, it shows the rarest: one without a hand, or else one that was filled in.
    """
    edges = np.arange(width + 1) * len(states) // width
    worst = np.maximum.reduceat(states, np.minimum(edges[:-1], len(states) - 1))  # (width,)
    colours = np.array([mark.colour for mark in MARKS], np.uint8)[worst]  # (width, 3)
    heights = np.array([mark.height for mark in MARKS])[worst]  # (width,)
    is_marked = np.arange(height, 0, -1)[:, None] <= np.maximum(1, np.round(heights * height))  # (height, width)
    return np.where(is_marked[..., None], colours, np.array(PANEL, np.uint8))


def longest_filled_gap_s(extractor: FeatureExtractor) -> float:
    """Return the longest gap in seconds that an extractor fills; 0 for extractors of sound."""
    first = signal_extractor(extractor)
    return first.fill_gaps_s if isinstance(first, HandKeypoints) else 0.0
