"""Error rates summed over batches."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.error_rate import Counted, count_errors
from recognizers.training.metrics import ErrorRateMetric

PAIRS = [("a b", "a b"), ("", "a b c"), ("x y z", "x"), ("the cat", "the bat"), ("q", "")]


@settings(deadline=None)
@given(cuts=st.sets(st.integers(1, len(PAIRS) - 1)))
@pytest.mark.parametrize("counted", ["word", "character", "label"])
def test_error_rates_do_not_depend_on_how_clips_are_batched(counted: Counted, cuts: set[int]) -> None:
    metric = ErrorRateMetric(counted)
    edges = [0, *sorted(cuts), len(PAIRS)]
    for start, end in itertools.pairwise(edges):
        metric.update(*zip(*PAIRS[start:end], strict=True))
    errors, total = np.sum([count_errors(*pair, counted) for pair in PAIRS], axis=0)
    assert metric.compute().item() == pytest.approx(errors / total)


def test_an_error_rate_can_exceed_one_and_is_finite_for_empty_references() -> None:
    metric = ErrorRateMetric("word")
    metric.update(["a b c"], ["x"])
    assert metric.compute().item() == 3.0
    metric.reset()
    metric.update(["a b"], [""])
    assert metric.compute().item() == 2.0


def test_accuracy_is_the_share_of_right_labels_since_the_last_reset() -> None:
    metric = ErrorRateMetric("label", as_accuracy=True)
    metric.update(["a", "b", "a", "a"], ["a", "a", "a", "a"])
    assert metric.compute().item() == 0.75
    metric.reset()
    metric.update(["b"], ["b"])
    assert metric.compute().item() == 1.0


def test_each_prediction_needs_a_reference() -> None:
    with pytest.raises(ValueError, match="zip"):
        ErrorRateMetric("label").update(["a"], ["a", "b"])
