"""Which labels are taken for which others."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recognizers.error_rate import count_labels


@dataclass(frozen=True)
class LabelScore:
    """How well one label is recognised.

    Attributes:
        label: The label.
        right: Clips of this label that were recognised.
        there: Clips of this label.
        given: Clips that were given this label.
    """

    label: str
    right: int
    there: int
    given: int

    @property
    def recall(self) -> float | None:
        """Share of the label's clips that were recognised; None if it has no clips."""
        return self.right / self.there if self.there else None

    @property
    def precision(self) -> float | None:
        """Share of the clips given this label that have it; None if it was never given."""
        return self.right / self.given if self.given else None


@dataclass(frozen=True)
class ConfusedPair:
    """Clips of one label that were given another.

    Attributes:
        reference: The label that they have.
        prediction: The label that they were given; empty if nothing was recognised.
        rows: The rows of these clips, the most confident first.
    """

    reference: str
    prediction: str
    rows: list[dict[str, Any]]


def score_labels(rows: Sequence[dict[str, Any]]) -> list[LabelScore]:
    """Count the clips of each label that occurs as a reference or a prediction, in the order of the labels."""
    table = count_labels([row["prediction"] for row in rows], [row["reference"] for row in rows])
    return [LabelScore(label, *counts) for label, counts in table.items()]


def confusion_counts(rows: Sequence[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Count the clips of each pair of a reference and a prediction."""
    return Counter((row["reference"], row["prediction"]) for row in rows)


def confused_pairs(rows: Sequence[dict[str, Any]]) -> list[ConfusedPair]:
    """Group the clips that were recognised wrongly by reference and prediction, the most frequent pair first."""
    groups: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["reference"] != row["prediction"]:
            groups[row["reference"], row["prediction"]].append(row)
    pairs = [
        ConfusedPair(reference, prediction, sorted(found, key=lambda row: -(row.get("confidence") or 0.0)))
        for (reference, prediction), found in groups.items()
    ]
    return sorted(pairs, key=lambda pair: (-len(pair.rows), pair.reference, pair.prediction))


def most_confused_labels(rows: Sequence[dict[str, Any]], count: int) -> list[str]:
    """Return up to `count` labels, those in most errors first: as the reference or as what was recognised instead."""
    errors: Counter[str] = Counter()
    for row in rows:
        if row["reference"] != row["prediction"]:
            errors.update(filter(None, (row["reference"], row["prediction"])))
    return [label for label, _ in sorted(errors.items(), key=lambda item: (-item[1], item[0]))[:count]]
