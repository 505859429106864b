"""The labels of a clip by the mean of several recognizers' probabilities."""

from collections.abc import Sequence

import numpy as np


def mean_log_probs(members: Sequence[np.ndarray]) -> np.ndarray:
    """Return ln of the mean probability of each label.

    Args:
        members: Each member's log-probabilities (C,) of the labels, in the same order.

    Returns:
        (C,), float64.
    """
    stacked = np.stack([np.asarray(each, np.float64) for each in members])  # (M, C)
    return np.logaddexp.reduce(stacked, axis=0) - np.log(len(members))
