"""Error rates of predictions against references, with confidence intervals."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

#: What is counted: wrong words or characters of a text (Levenshtein distance), or wrong labels.
Counted = Literal["word", "character", "label"]


class ErrorRate(NamedTuple):
    """How predictions are scored.

    Attributes:
        counted: What is counted.
        as_accuracy: Whether the score is 1 - errors / total instead of errors / total.
    """

    counted: Counted
    as_accuracy: bool = False


def count_errors(prediction: str, reference: str, counted: Counted) -> tuple[int, int]:
    """Count the errors of one prediction.

    Returns:
        The number of errors, and the total they are divided by: the length of the reference, or 1 for a label.
    """
    if counted == "label":
        return int(prediction != reference), 1
    if counted == "word":
        return Levenshtein.distance(prediction.split(), reference.split()), len(reference.split())
    return Levenshtein.distance(prediction, reference), len(reference)


def error_rate_with_interval(
    counts: Sequence[tuple[int, int]], seed: int = 0, draws: int = 2000
) -> tuple[float, list[float]]:
    """Compute an error rate and its 95 % interval by bootstrap over clips (Bisani & Ney, 2004).

    `counts` are (errors, total) of each clip; `draws` times, all clips are drawn with replacement.

    Returns:
        The rate, and [low, high].
    """
    table = np.asarray(counts, dtype=np.int64)  # (clips, 2)
    rng = np.random.default_rng(seed)
    sums = np.stack([table[rng.integers(len(table), size=len(table))].sum(axis=0) for _ in range(draws)])
    rates = sums[:, 0] / np.maximum(sums[:, 1], 1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(table[:, 0].sum() / max(table[:, 1].sum(), 1)), [float(low), float(high)]
