"""Whether confidences are reliable: how often clips recognised with a given confidence are right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recognizers.error_rate import wilson_interval

#: Confidences are split into up to this many groups of the same number of clips, but no smaller ones than this.
MAX_BINS, MIN_CLIPS_PER_BIN = 10, 10


@dataclass(frozen=True)
class CalibrationBin:
    """Clips that were recognised with similar confidence.

    Attributes:
        confidence: Their mean confidence.
        right: Share of them without any error.
        low: Lower edge of its 95 % interval (Wilson, 1927).
        high: Upper edge.
        clips: How many they are.
    """

    confidence: float
    right: float
    low: float
    high: float
    clips: int


@dataclass(frozen=True)
class Calibration:
    """How well confidences agree with what is right.

    Attributes:
        bins: Clips of similar confidence, the least confident first.
        expected_error: Mean distance between confidence and share of right clips, weighted by clips: the expected
            calibration error with groups of equal size (Nixon et al., 2019).
        mean_confidence: Mean over all clips.
        right: Share of all clips without any error.
    """

    bins: list[CalibrationBin]
    expected_error: float
    mean_confidence: float
    right: float


def calibrate(rows: Sequence[dict[str, Any]]) -> Calibration | None:
    """Compare the confidence of clips with the share of them that is right; None if too few have a confidence."""
    known = [
        (row["confidence"], row["prediction"] == row["reference"])
        for row in rows
        if row.get("confidence") is not None and math.isfinite(row["confidence"])
    ]
    if len(known) < 2 * MIN_CLIPS_PER_BIN:
        return None
    table = np.array(known, dtype=np.float64)  # (clips, 2): confidence, right
    table = table[np.argsort(table[:, 0], kind="stable")]
    parts = _split(table, min(MAX_BINS, len(table) // MIN_CLIPS_PER_BIN))
    bins = []
    for part in parts:
        low, high = wilson_interval(float(part[:, 1].sum()), len(part))
        confidence, right = part.mean(axis=0)
        bins.append(CalibrationBin(float(confidence), float(right), low, high, len(part)))
    gap = sum(each.clips * abs(each.confidence - each.right) for each in bins) / len(table)
    return Calibration(bins, gap, *map(float, table.mean(axis=0)))


def _split(table: np.ndarray, count: int) -> list[np.ndarray]:
    """Split sorted rows into about `count` parts; rows of equal confidence stay together."""
    wanted = [part[0] for part in np.array_split(np.arange(len(table)), count)][1:]
    starts = np.searchsorted(table[:, 0], table[wanted, 0], side="left")
    return [part for part in np.split(table, np.unique(starts)) if len(part)]
