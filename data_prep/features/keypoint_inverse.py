"""The way back from keypoint frames to hand landmarks, for hands that were generated rather than seen."""

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import PALM, SHAPE
from data_prep.features.hand_tracker import AXES, HANDS, LANDMARKS
from data_prep.features.landmark_files import with_world

#: Values of one hand in a frame without velocities: its shape, its position and its presence.
HAND_FEATURES = SHAPE + AXES + 1
#: Length of the palm of a rebuilt hand, in picture heights; a hand that fills a third of the picture.
PALM_HEIGHTS = 0.12
#: Where the middle of the movement is placed, in picture heights.
MIDDLE = (0.5, 0.5, 0.0)


def rebuild_landmarks(frames: np.ndarray, rate_hz: float) -> Signal:
    """Rebuild the landmarks of hands from their shape, position and presence, as `HandKeypoints` computes them.

    The frames of the rebuilt landmarks equal the given ones, except that `HandKeypoints` moves the mean position of a
    clip to 0, measures the palm again, mirrors left hands if `one_side` is set, and interpolates short gaps.

    Args:
        frames: (T, 67) for one hand or (T, 134) for two, without velocities and body. A hand is absent where its
            presence is below a quarter.
        rate_hz: Frames per second.

    Returns:
        Landmarks (T, 2, 2, 21, 3), NaN where a hand is absent; the middle of the movement is the middle of the picture.

    Raises:
        ValueError: The frames have another width.
    """
    count, width = frames.shape
    if width not in (HAND_FEATURES, 2 * HAND_FEATURES):
        raise ValueError(f"frames are {width} wide, expected {HAND_FEATURES} for one hand or {2 * HAND_FEATURES}")
    hands = frames.reshape(count, -1, HAND_FEATURES).astype(np.float32)  # (T, P, 67)
    shape = hands[..., :SHAPE].reshape(count, -1, LANDMARKS, AXES)
    position = hands[..., SHAPE : SHAPE + AXES]  # (T, P, 3), the middle of the palm
    points = shape + (position - shape[:, :, PALM].mean(axis=2))[:, :, None]  # (T, P, 21, 3), in palm lengths
    points[hands[..., -1] < 0.25] = np.nan
    image = np.full((count, HANDS, LANDMARKS, AXES), np.nan, np.float32)
    image[:, : points.shape[1]] = points * PALM_HEIGHTS + np.array(MIDDLE, np.float32)
    return Signal(with_world(image), rate_hz)
