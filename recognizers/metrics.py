"""Error rates that sum counts, over clips, batches and processes alike."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from rapidfuzz.distance import Levenshtein
from torchmetrics import Metric

#: What is counted: wrong words or characters of a text (Levenshtein distance), or wrong labels.
Counted = Literal["word", "character", "label"]


def count_errors(prediction: str, reference: str, counted: Counted) -> tuple[int, int]:
    """Errors in one prediction, and the number of things that could be wrong: the length of the reference."""
    if counted == "label":
        return int(prediction != reference), 1
    if counted == "word":
        return Levenshtein.distance(prediction.split(), reference.split()), len(reference.split())
    return Levenshtein.distance(prediction, reference), len(reference)


class ErrorRate(Metric):
    """Errors over reference length (WER, CER), or the share of right labels.

    Counts are summed, over processes too: the mean of batches' rates would depend on how clips are batched.

    Args:
        counted: What is counted.
        as_accuracy: Whether to give 1 - errors / total.
    """

    full_state_update = False
    errors: torch.Tensor
    total: torch.Tensor

    def __init__(self, counted: Counted, as_accuracy: bool = False) -> None:
        super().__init__()
        self.counted: Counted = counted
        self.as_accuracy = as_accuracy
        self.add_state("errors", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions: Sequence[str], references: Sequence[str]) -> None:
        """Count the errors of some clips."""
        for prediction, reference in zip(predictions, references, strict=True):
            errors, total = count_errors(prediction, reference, self.counted)
            self.errors += errors
            self.total += total

    def compute(self) -> torch.Tensor:
        """The rate over all clips so far."""
        rate = self.errors / self.total.clamp(min=1)
        return 1 - rate if self.as_accuracy else rate


def rate_with_interval(
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
