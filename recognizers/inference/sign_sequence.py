"""The labels of the stretches of a recording, one after the other."""

import math
from collections.abc import Sequence

from recognizers.prediction import Label, Prediction


def in_sequence(predictions: Sequence[Prediction], spans_s: Sequence[tuple[float, float]]) -> Prediction:
    """One answer for a recording of several signs.

    Args:
        predictions: Of each stretch.
        spans_s: Where each begins and ends, in seconds.

    Returns:
        All labels with their times. The value is the labels with spaces between. Its confidence is the geometric mean
        of theirs, by their lengths, as a transcript's is; 1 where there is none. There are scores of the whole only
        where there is a single label.
    """
    labels = tuple(
        Label(each.value, start_s, end_s, each.confidence, each.scores)
        for each, (start_s, end_s) in zip(predictions, spans_s, strict=True)
    )
    total_s = sum(end_s - start_s for start_s, end_s in spans_s)
    logs = (math.log(max(label.confidence, 1e-300)) * (label.end_s - label.start_s) for label in labels)
    confidence = labels[0].confidence if len(labels) == 1 else math.exp(sum(logs) / total_s) if total_s else 1.0
    scores = labels[0].scores if len(labels) == 1 else {}
    return Prediction(" ".join(label.text for label in labels), confidence, scores, labels=labels)
