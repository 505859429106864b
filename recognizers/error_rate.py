"""Error rates of predictions against references, with confidence intervals."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

#: What is counted: wrong words or characters of a text (Levenshtein distance), or wrong labels.
Counted = Literal["word", "character", "label"]
#: 97.5 % quantile of the standard normal distribution.
NORMAL_QUANTILE = 1.959963984540054
#: Clips that a bootstrap draws at once, so that its memory stays small.
DRAWN_AT_ONCE = 1_000_000


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

    If all clips have the same rate, such as 0, every draw gives that rate, and the bootstrap says nothing about other
    clips. The interval is then Wilson's, as if each clip were right or wrong as a whole.

    Args:
        counts: (errors, total) of each clip.
        seed: Seed of the draws.
        draws: How often all clips are drawn with replacement.

    Returns:
        The rate, and [low, high].
    """
    table = np.asarray(counts, dtype=np.int64)  # (clips, 2)
    rate = float(table[:, 0].sum() / max(table[:, 1].sum(), 1))
    if not bootstrap_is_informative(counts):
        highest = max(rate, 1.0)  # above 1 if there are more errors than symbols
        return rate, [highest * edge for edge in wilson_interval(rate / highest * len(table), len(table))]
    rng = np.random.default_rng(seed)
    at_once = max(1, DRAWN_AT_ONCE // len(table))
    parts = [min(at_once, draws - start) for start in range(0, draws, at_once)]
    sums = np.concatenate([table[rng.integers(len(table), size=(part, len(table)))].sum(axis=1) for part in parts])
    rates = sums[:, 0] / np.maximum(sums[:, 1], 1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return rate, [float(low), float(high)]


def bootstrap_is_informative(counts: Sequence[tuple[int, int]]) -> bool:
    """Return whether clips differ in their rates, without which a bootstrap has no width."""
    return len({errors / max(total, 1) for errors, total in counts}) > 1


def wilson_interval(correct: float, total: int) -> list[float]:
    """Compute the 95 % score interval of a proportion (Wilson, 1927), which has a width even if all or none are right.

    Args:
        correct: Number of clips that were recognised.
        total: Number of clips, at least 1.

    Returns:
        [low, high], from 0 to 1.
    """
    share, spread = correct / total, NORMAL_QUANTILE**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = float(np.sqrt(share * (1 - share) * spread + spread**2 / 4)) / (1 + spread)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return [low if share else 0.0, high if share < 1 else 1.0]


def balanced_accuracy(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Average the recalls, the share of each reference label's clips that were recognised: rare labels count alike."""
    table = count_labels(predictions, references)
    return float(np.mean([right / there for right, there, _ in table.values() if there]))


def macro_f1(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Average the F1 scores, the harmonic means of precision and recall, of all labels that occur."""
    table = count_labels(predictions, references)
    return float(np.mean([2 * right / (there + given) for right, there, given in table.values()]))


def count_labels(predictions: Sequence[str], references: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Count, for each label, the clips that were recognised, those that have it, and those that it was given to."""
    right = Counter(label for label, expected in zip(predictions, references, strict=True) if label == expected)
    there, given = Counter(references), Counter(filter(None, predictions))
    return {label: (right[label], there[label], given[label]) for label in sorted(there | given)}
