import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.features.hand_gaps import fill_gaps
from data_prep.features.hand_keypoints import HandKeypoints
from tests.data_prep.features.test_hand_keypoints import (
    RATE_HZ,
    at,
    moving_hand,
    one_hand,
    signal_of,
    two_hands,
    without,
)


@pytest.mark.parametrize(
    ("absent", "max_gap_s", "filled"),
    [
        ([10], 0.15, [10]),
        ([10, 11, 12, 13], 0.15, [10, 11, 12, 13]),
        ([10, 11, 12, 13, 14], 0.15, []),
        ([10, 11, 12], 0.1, [10, 11, 12]),
        ([10], 0.0, []),
        ([0, 1, 28, 29], 0.15, []),
        ([3, 10, 11, 12, 13, 14, 20, 21], 0.15, [3, 20, 21]),
    ],
)
def test_short_gaps_are_filled(absent: list[int], max_gap_s: float, filled: list[int]) -> None:
    signal = without(two_hands(), np.isin(np.arange(30), absent), slot=1)
    before = signal.values.copy()
    found, marks = fill_gaps(signal.values, RATE_HZ, max_gap_s)
    np.testing.assert_array_equal(signal.values, before)
    assert not marks[:, 0].any()
    assert np.flatnonzero(marks[:, 1]).tolist() == filled
    still = [number for number in absent if number not in filled]
    assert np.flatnonzero(np.isnan(found[:, 1, 0, 0, 0])).tolist() == still
    np.testing.assert_array_equal(np.delete(found, filled, axis=0), np.delete(before, filled, axis=0))


def test_gaps_are_filled_linearly_and_close_to_the_truth() -> None:
    signal = two_hands()
    gap = np.isin(np.arange(30), [10, 11, 12])
    found, _ = fill_gaps(without(signal, gap).values, RATE_HZ, 0.15)
    straight = signal.values[9, 0] + (signal.values[13, 0] - signal.values[9, 0]) * 0.5
    np.testing.assert_allclose(found[11, 0], straight, atol=1e-6)
    palm = np.linalg.norm(signal.values[0, 0, 0, 9] - signal.values[0, 0, 0, 0])
    assert np.abs(found - signal.values)[gap].max() < 0.05 * palm


def test_a_filled_hand_is_marked_as_half_present_and_not_seen() -> None:
    keypoints = HandKeypoints(num_hands=1)
    frames = keypoints.frames(without(one_hand(), np.arange(30) == 10))
    np.testing.assert_array_equal(frames.values[:, -1], np.where(np.arange(30) == 10, 0.5, 1.0))
    assert frames.presence is not None
    np.testing.assert_array_equal(frames.presence, np.arange(30) != 10)
    np.testing.assert_allclose(frames.values[10, :63], keypoints.frames(one_hand()).values[10, :63], atol=0.05)


@pytest.mark.parametrize("rate_hz", [15.0, 25.0, 60.0])
def test_a_gap_is_measured_in_seconds_whatever_the_frame_rate(rate_hz: float) -> None:
    times_s = at(rate_hz, 2.0)
    short, long = (times_s >= 0.5) & (times_s < 0.6), (times_s >= 1.2) & (times_s < 1.5)
    signal = without(signal_of(moving_hand(times_s), rate_hz=rate_hz), short | long)
    presence = HandKeypoints(num_hands=1).frames(signal).values[:, -1]
    frame_s = np.arange(60) / RATE_HZ
    assert (presence[(frame_s > 0.53) & (frame_s < 0.56)] == 0.5).all()
    assert (presence[(frame_s > 1.27) & (frame_s < 1.4)] == 0.0).all()
    assert 0.05 <= (presence == 0.5).sum() / RATE_HZ <= 0.2


@pytest.mark.parametrize("signal", [one_hand(), two_hands(), Signal(one_hand().values[:1], 1000.0)])
def test_clips_without_gaps_are_unchanged(signal: Signal) -> None:
    expected = HandKeypoints(fill_gaps_s=0).frames(signal).values
    np.testing.assert_array_equal(HandKeypoints().frames(signal).values, expected)
