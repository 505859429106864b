"""Writing of ``.pose`` files, which other tools for sign language read (github.com/sign-language-processing/pose)."""

import io
from pathlib import Path

import numpy as np

from data_prep.atomic import atomic_write
from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import HANDS, IMAGE, LANDMARKS
from data_prep.features.landmarks.csv_tables import LANDMARK_NAMES

#: Side of the picture, in pixels, that image coordinates are scaled to.
SIDE = 1000
#: Landmarks between which a bone is drawn.
LIMBS = [(0, 1), (0, 5), (0, 9), (0, 13), (0, 17)] + [
    (index, index + 1) for index in range(1, LANDMARKS - 1) if index % 4
]


def write_pose(path: Path, signal: Signal) -> None:
    """Write tracked hands as a ``.pose`` file, atomically: components LEFT_HAND_LANDMARKS and RIGHT_HAND_LANDMARKS.

    Which hand is left is not known; the first one is written as the left. Image coordinates, which are shares of the
    picture's height, become pixels of a picture with a height of 1000.

    Args:
        path: File to write.
        signal: Hands as `HandKeypoints.signal` gives them, (T, 2, 2, 21, 3) with NaN where a hand is absent.

    Raises:
        ImportError: The package pose-format is not installed.
    """
    from pose_format import Pose
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    hands = np.asarray(signal.values[:, :HANDS, IMAGE], np.float32)  # (T, 2, 21, 3)
    points = (hands * SIDE).reshape(len(hands), 1, HANDS * LANDMARKS, 3)
    seen = np.asarray(np.isfinite(points).all(axis=-1))
    components = [
        PoseHeaderComponent(f"{side}_HAND_LANDMARKS", list(LANDMARK_NAMES), LIMBS, [(0, 0, 0)], "XYZC")
        for side in ("LEFT", "RIGHT")
    ]
    width = max(SIDE, int(np.nanmax(points[..., 0], initial=0)))
    header = PoseHeader(0.2, PoseHeaderDimensions(width, SIDE, SIDE), components)
    data = np.ma.masked_array(np.nan_to_num(points), mask=np.repeat(~seen[..., None], 3, axis=-1))
    buffer = io.BytesIO()
    Pose(header, NumPyPoseBody(float(signal.rate_hz), data, seen.astype(np.float32))).write(buffer)
    with atomic_write(path) as partial:
        partial.write_bytes(buffer.getvalue())
