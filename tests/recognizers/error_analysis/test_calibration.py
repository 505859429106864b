import pytest

from recognizers.error_analysis.calibration import calibrate


def row(confidence: float | None, right: bool) -> dict[str, object]:
    return {"reference": "a", "prediction": "a" if right else "b", "confidence": confidence}


def test_clips_of_similar_confidence_are_compared_with_how_many_are_right() -> None:
    rows = [row(0.5, number % 2 == 0) for number in range(20)] + [row(0.9, number < 19) for number in range(20)]
    calibration = calibrate(rows)
    assert calibration is not None
    low, *_, high = calibration.bins
    assert (low.confidence, low.clips, low.right) == (0.5, 20, 0.5)
    assert high.confidence == pytest.approx(0.9)
    assert calibration.right == pytest.approx(29 / 40)
    assert calibration.mean_confidence == pytest.approx(0.7)
    assert all(each.low <= each.right <= each.high for each in calibration.bins)


def test_perfect_confidences_have_no_error() -> None:
    calibration = calibrate([row(1.0, True)] * 30)
    assert calibration is not None
    assert calibration.expected_error == 0
    overconfident = calibrate([row(1.0, False)] * 30)
    assert overconfident is not None
    assert overconfident.expected_error == 1


def test_few_clips_or_none_with_a_confidence_say_nothing() -> None:
    assert calibrate([row(0.5, True)] * 19) is None
    assert calibrate([row(None, False)] * 50) is None


def test_equal_confidences_are_one_group() -> None:
    calibration = calibrate([row(0.9, number >= 10) for number in range(100)])
    assert calibration is not None
    assert [(each.clips, each.right) for each in calibration.bins] == [(100, 0.9)]
    assert calibration.expected_error == pytest.approx(0)


def test_confidences_that_are_not_finite_are_left_out() -> None:
    calibration = calibrate([row(float("nan") if number % 7 == 0 else 0.5, True) for number in range(70)])
    assert calibration is not None
    assert sum(each.clips for each in calibration.bins) == 60
    assert calibration.mean_confidence == 0.5
