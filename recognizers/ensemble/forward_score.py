"""CTC's forward algorithm in numpy: how probable labellings are, whatever their alignment."""

from collections.abc import Sequence

import numpy as np

from recognizers.vocabulary import BLANK


def forward_scores(log_probs: np.ndarray, labellings: Sequence[Sequence[int]]) -> np.ndarray:
    """Compute ln P(labelling | frames), summed over all alignments (Graves et al., 2006).

    Args:
        log_probs: (T', C), natural logarithms, the blank first; NaN counts as impossible.
        labellings: U labellings, each a sequence of symbols without blanks.

    Returns:
        (U,), float64; -inf for a labelling that needs more than T' frames.
    """
    log_probs = np.asarray(log_probs, np.float64)
    log_probs = np.where(np.isnan(log_probs), -np.inf, log_probs)
    lengths = np.array([len(each) for each in labellings], np.int64)
    if not len(log_probs) or not len(labellings):
        return np.where(lengths == 0, 0.0, -np.inf)
    states = _states(labellings, lengths)  # (U, S)
    # A path may skip the blank between two symbols, unless they are equal.
    may_skip = np.zeros(states.shape, bool)
    may_skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    scores = np.full(states.shape, -np.inf)
    scores[:, :2] = log_probs[0][states[:, :2]]
    for frame in log_probs[1:]:
        reached = scores.copy()
        reached[:, 1:] = np.logaddexp(scores[:, 1:], scores[:, :-1])
        reached[:, 2:] = np.logaddexp(reached[:, 2:], np.where(may_skip[:, 2:], scores[:, :-2], -np.inf))
        scores = reached + frame[states]
    rows = np.arange(len(labellings))
    ends_in_symbol = np.where(lengths > 0, scores[rows, 2 * lengths - 1], -np.inf)
    return np.logaddexp(scores[rows, 2 * lengths], ends_in_symbol)


def _states(labellings: Sequence[Sequence[int]], lengths: np.ndarray) -> np.ndarray:
    """(U,) lengths -> (U, S): blank, first symbol, blank, second symbol, ..., blank; blanks after the shorter ones."""
    states = np.full((len(labellings), 2 * int(lengths.max()) + 1), BLANK)
    for row, labelling in zip(states, labellings, strict=True):
        row[1 : 2 * len(labelling) : 2] = labelling
    return states
