"""Which of two recognizers is better on the same clips, by how much, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 10_000
#: A bootstrap of fewer clips or speakers that differ is too sure of itself: of four that all speak for one recognizer,
#: over 97.5 % of the draws hold at least one, but of two equally good recognizers, one in eight would look like that.
FEW = 10


@dataclass(frozen=True)
class PairedDifference:
    """The difference of two error rates on the same clips.

    Attributes:
        difference: Error rate of the second minus that of the first; below 0 if the second is better.
        low: Lower edge of the 95 % interval of the difference.
        high: Upper edge.
        second_better: Share of the draws in which the second has the lower error rate; draws in which both are equal
            count half.
        units: What was drawn: number of clips, or of speakers.
        differing: How many of these tell the recognizers apart, because their numbers of errors differ.
    """

    difference: float
    low: float
    high: float
    second_better: float
    units: int
    differing: int

    @property
    def is_little_evidence(self) -> bool:
        """Whether so few clips or speakers tell the recognizers apart that the interval is too narrow."""
        return self.differing < FEW

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes 0, and can be believed."""
        return not self.low <= 0 <= self.high and not self.is_little_evidence


def paired_bootstrap(
    first: Sequence[tuple[int, int]],
    second: Sequence[tuple[int, int]],
    groups: Sequence[str] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> PairedDifference:
    """Draw the same clips with replacement for both, again and again (Bisani & Ney, 2004).

    Args:
        first: (errors, total) of each clip.
        second: The same clips in the same order.
        groups: The speaker of each clip. If given, speakers are drawn instead of clips, because the errors with one
            voice are alike; intervals are wider then.
        seed: Seed of the draws.
        draws: How many.

    Raises:
        ValueError: The numbers of clips differ, or there are none.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"expected the same clips in both, at least one; found {len(first)} and {len(second)}")
    names = np.unique(np.arange(len(first)) if groups is None else np.asarray(groups), return_inverse=True)[1]
    units = int(names.max()) + 1
    sums = np.zeros((units, 4))  # errors and total of the first, of the second
    np.add.at(sums, names, np.hstack([np.asarray(first), np.asarray(second)]))
    rng = np.random.default_rng(seed)
    differences = np.concatenate([_difference(_draw(rng, units, part) @ sums) for part in _parts(draws, units)])
    low, high = np.percentile(differences, [2.5, 97.5])
    better = float((differences < 0).mean() + 0.5 * (differences == 0).mean())
    differing = int((sums[:, 0] != sums[:, 2]).sum())
    return PairedDifference(float(_difference(sums.sum(axis=0))), float(low), float(high), better, units, differing)


def _draw(rng: np.random.Generator, units: int, draws: int) -> np.ndarray:
    """Draw as many units as there are, again and again -> (draws, units), how often each was drawn."""
    drawn = rng.integers(units, size=(draws, units)) + units * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * units).reshape(draws, units)


def _difference(sums: np.ndarray) -> np.ndarray:
    """(..., 4) errors and totals -> (...,) difference of the rates."""
    rates = sums[..., [0, 2]] / np.maximum(sums[..., [1, 3]], 1)
    return rates[..., 1] - rates[..., 0]


def _parts(draws: int, units: int) -> list[int]:
    """Split the draws such that the table of each part has at most about ten million entries."""
    size = max(1, min(draws, 2_500_000 // units))
    return [size] * (draws // size) + ([draws % size] if draws % size else [])
