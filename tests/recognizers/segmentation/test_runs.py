"""Runs of equal values are found as itertools.groupby finds them."""

import itertools

import numpy as np
import pytest

from recognizers.segmentation.runs import equal_runs, true_runs


@pytest.mark.parametrize("length", [0, 1, 2, 50])
@pytest.mark.parametrize("seed", range(5))
def test_runs_cover_the_array_in_order(length: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 3, size=length)
    expected = [(value, len(list(group))) for value, group in itertools.groupby(values.tolist())]
    runs = equal_runs(values).tolist()
    assert [(values[start], end - start) for start, end in runs] == expected
    assert [start for start, _ in runs] == [0, *(end for _, end in runs)][: len(runs)]


def test_true_runs_are_the_runs_of_true() -> None:
    assert true_runs(np.array([True, True, False, True, False])) == [(0, 2), (3, 4)]
    assert true_runs(np.zeros(3, bool)) == []
