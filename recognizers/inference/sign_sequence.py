"""One classification from the labels of a recording's segments."""

from collections.abc import Sequence

from recognizers.inference.confidence import mean_confidence
from recognizers.prediction import Classification, Label


def join_labels(labels: Sequence[Label], duration_s: float) -> Classification:
    """Join the labels of a recording's signs.

    Args:
        labels: The signs in order; none if nobody signs.
        duration_s: Duration of the recording.
    """
    return Classification(
        label=" ".join(label.text for label in labels),
        confidence=mean_confidence([(label.confidence, label.end_s - label.start_s) for label in labels]),
        scores=labels[0].scores if len(labels) == 1 else {},
        labels=tuple(labels),
        duration_s=duration_s,
    )
