"""What a report says about labels: which are taken for which others, and how well each is recognised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.clip_views import ClipView, Viewer, draw_views
from recognizers.error_analysis.confusion import (
    ConfusedPair,
    LabelScore,
    confused_pairs,
    confusion_counts,
    most_confused_labels,
    score_labels,
)

#: A larger table of confusions cannot be read; the labels in most errors are shown then.
MAX_TABLE_LABELS = 40
#: Pairs of labels whose clips are shown, and clips of each.
MAX_PAIRS, MAX_CLIPS_PER_PAIR = 6, 3


@dataclass(frozen=True)
class LabelSection:
    """Where a recognizer of labels goes wrong.

    Attributes:
        labels: The rows and columns of the table of confusions.
        num_labels: How many labels there are in all.
        cells: Number of clips for each reference and prediction among these labels.
        row_totals: Number of clips of each of these labels.
        scores: How well each label is recognised, the worst recall first.
        pairs: The most frequent confusions.
        num_pairs: How many pairs are confused in all.
        views: Clips of each of these pairs.
    """

    labels: list[str]
    num_labels: int
    cells: dict[tuple[str, str], int]
    row_totals: dict[str, int]
    scores: list[LabelScore]
    pairs: list[ConfusedPair]
    num_pairs: int
    views: list[list[ClipView]]


def describe_labels(rows: Sequence[dict[str, Any]], viewer: Viewer, num_views: int) -> LabelSection:
    """Count confusions in the rows of scored clips, and draw clips of the most frequent ones."""
    scores = score_labels(rows)
    labels = [score.label for score in scores if score.label]
    if len(labels) > MAX_TABLE_LABELS:
        confused = most_confused_labels(rows, MAX_TABLE_LABELS)
        others = [label for label in labels if label not in set(confused)]
        labels = sorted([*confused, *others][:MAX_TABLE_LABELS])
    pairs = confused_pairs(rows)
    shown = pairs[:MAX_PAIRS]
    return LabelSection(
        labels=labels,
        num_labels=len(scores),
        cells=dict(confusion_counts(rows)),
        row_totals={score.label: score.there for score in scores},
        scores=sorted(scores, key=lambda score: (score.recall if score.recall is not None else 2.0, score.label)),
        pairs=shown,
        num_pairs=len(pairs),
        views=[draw_views(viewer, pair.rows, min(num_views, MAX_CLIPS_PER_PAIR)) for pair in shown],
    )
