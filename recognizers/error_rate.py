"""What a recognizer is measured by, over any clips; without torch."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

#: What is counted: wrong words or characters of a text (Levenshtein distance), or wrong labels.
Counted = Literal["word", "character", "label"]


class ErrorRate(NamedTuple):
    """Errors over reference length, or the share of what is right.

    Attributes:
        counted: What is counted.
        as_accuracy: Whether it is 1 - errors / total.
    """

    counted: Counted
    as_accuracy: bool = False


def count_errors(prediction: str, reference: str, counted: Counted) -> tuple[int, int]:
    """Errors in one prediction, and the number of things that could be wrong: the length of the reference."""
    if counted == "label":
        return int(prediction != reference), 1
    if counted == "word":
        return Levenshtein.distance(prediction.split(), reference.split()), len(reference.split())
    return Levenshtein.distance(prediction, reference), len(reference)


def error_rate_with_interval(
    counts: Sequence[tuple[int, int]], seed: int = 0, draws: int = 2000
) -> tuple[float, list[float]]:
    """An error rate and its 95 % interval by the bootstrap over clips (Bisani & Ney, 2004).

    Args:
        counts: (errors, total) of each clip.
        seed: Of the draws.
        draws: How many times the clips are drawn with replacement.

    Returns:
        The rate, and [low, high].
    """
    table = np.asarray(counts, dtype=np.int64)  # (clips, 2)
    rng = np.random.default_rng(seed)
    sums = np.stack([table[rng.integers(len(table), size=len(table))].sum(axis=0) for _ in range(draws)])
    rates = sums[:, 0] / np.maximum(sums[:, 1], 1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(table[:, 0].sum() / max(table[:, 1].sum(), 1)), [float(low), float(high)]
