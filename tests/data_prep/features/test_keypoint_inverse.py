"""Frames become landmarks from which the extractor computes the same frames."""

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.keypoint_inverse import rebuild_landmarks
from data_prep.features.landmark_files import with_world


def moving_hands(num_hands: int, seed: int = 0) -> Signal:
    """Hands of random shapes that drift across the picture, the first one on the left."""
    rng = np.random.default_rng(seed)
    shapes = rng.normal(0, 0.05, (1, num_hands, 21, 3)) + 0.01 * rng.normal(size=(12, num_hands, 21, 3))
    path = np.linspace(0, 0.2, 12)[:, None, None, None] * np.array([1, -1, 0.5])
    apart = np.array([0.0, 1.0])[:num_hands, None, None] * np.array([1, 0, 0])
    image = np.full((12, 2, 21, 3), np.nan, np.float32)
    image[:, :num_hands] = shapes + path + apart + 0.3
    return Signal(with_world(image), 30.0)


@pytest.mark.parametrize("num_hands", [1, 2])
def test_rebuilt_landmarks_give_the_same_frames(num_hands: int) -> None:
    extractor = HandKeypoints(num_hands=num_hands, one_side=False)
    frames = extractor.frames(moving_hands(num_hands)).values
    # Palms of different lengths in one clip are measured again, so the first hand's palm must be the mean.
    again = extractor.frames(rebuild_landmarks(frames, 30.0))
    if num_hands == 1:
        np.testing.assert_allclose(again.values, frames, atol=1e-4)
    else:
        twice = extractor.frames(rebuild_landmarks(again.values, 30.0))
        np.testing.assert_allclose(twice.values, again.values, atol=1e-4)
        np.testing.assert_allclose(again.values[:, 67 : 67 + 63], frames[:, 67 : 67 + 63], atol=1e-4)
    assert again.frame_rate_hz == 30.0


def test_an_absent_hand_stays_absent() -> None:
    signal = moving_hands(2)
    signal.values[:6, 1] = np.nan
    extractor = HandKeypoints(one_side=False, fill_gaps_s=0)
    frames = extractor.frames(signal).values
    rebuilt = rebuild_landmarks(frames, 30.0)
    assert np.isnan(rebuilt.values[:6, 1]).all()
    assert np.isfinite(rebuilt.values[6:]).all()
    np.testing.assert_array_equal(extractor.frames(rebuilt).values[:, 133], frames[:, 133])


def test_a_single_hand_leaves_the_second_one_absent() -> None:
    rebuilt = rebuild_landmarks(HandKeypoints(num_hands=1).frames(moving_hands(1)).values, 25.0)
    assert rebuilt.values.shape == (12, 2, 2, 21, 3)
    assert np.isnan(rebuilt.values[:, 1]).all()
    assert rebuilt.rate_hz == 25.0


def test_frames_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="frames are 133 wide, expected 67 for one hand or 134"):
        rebuild_landmarks(np.zeros((3, 133), np.float32), 30.0)
