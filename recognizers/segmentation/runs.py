"""Runs of equal values in an array."""

import numpy as np


def equal_runs(values: np.ndarray) -> np.ndarray:
    """(T,) -> (R, 2): the start and the end (exclusive) of each run of equal values, in order."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(values)]]) if len(values) else np.zeros(1, np.int64)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def true_runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(T,) bool -> the start and the end (exclusive) of each run of True, in order."""
    return [(start, end) for start, end in equal_runs(mask).tolist() if mask[start]]
