"""The confidence of a whole recording, from those of its segments."""

import math
from collections.abc import Sequence


def mean_confidence(parts: Sequence[tuple[float, float]]) -> float:
    """The geometric mean of confidences, weighted by durations.

    Args:
        parts: The confidence of each segment and its duration in seconds.

    Returns:
        The mean; 1 if there are no segments.
    """
    if len(parts) == 1:
        return parts[0][0]
    total_s = sum(duration_s for _, duration_s in parts)
    log_confidence = sum(math.log(max(confidence, 1e-300)) * duration_s for confidence, duration_s in parts)
    return math.exp(log_confidence / total_s) if total_s else 1.0
