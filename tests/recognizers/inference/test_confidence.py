"""The confidence of a recording is the mean of its segments', weighted by their durations."""

import pytest

from recognizers.inference.confidence import mean_confidence


def test_longer_segments_weigh_more() -> None:
    assert mean_confidence([(0.9, 1.0), (0.4, 3.0)]) == pytest.approx((0.9 * 0.4**3) ** (1 / 4))


def test_a_single_segment_keeps_its_confidence_exactly() -> None:
    assert mean_confidence([(0.123456789, 0.0)]) == 0.123456789


def test_a_recording_without_segments_has_confidence_one() -> None:
    assert mean_confidence([]) == 1.0


def test_a_confidence_of_zero_is_allowed() -> None:
    assert mean_confidence([(0.0, 1.0), (0.5, 1.0)]) == pytest.approx(0.0)
