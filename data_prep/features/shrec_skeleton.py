"""Reads the hand skeletons of SHREC'17 as the signal that video gives."""

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import AXES, COORDINATES, HANDS, IMAGE, LANDMARKS, WORLD
from data_prep.media import Media, MediaError

#: Intel RealSense's hand (SHREC'17, DHG) has 22 joints: the second is the palm, the others are MediaPipe's 21.
REALSENSE_JOINTS, REALSENSE_PALM = 22, 1


def read_shrec_skeleton(media: Media, rate_hz: float) -> Signal:
    """Read a ``skeletons_world.txt`` of SHREC'17: one line per frame, 22 joints of 3 coordinates in metres.

    The camera's coordinates serve as image coordinates; world coordinates are the same, from the middle of the hand.

    Args:
        media: The file, and optionally the segment of it.
        rate_hz: Frames per second, which the file does not say.

    Raises:
        MediaError: The file is missing, empty, or not a table of joints.
    """
    try:
        table = np.loadtxt(media.path, dtype=np.float32, ndmin=2)
    except (OSError, ValueError) as error:
        raise MediaError(f"{media.path}: not readable as a table of joints ({error})") from None
    if table.size == 0:
        raise MediaError(f"{media.path}: the file holds no frame")
    if table.shape[1] != REALSENSE_JOINTS * AXES:
        raise MediaError(
            f"{media.path}: found {table.shape[1]} numbers per line, expected {REALSENSE_JOINTS} joints x {AXES}"
        )
    landmarks = np.delete(table.reshape(-1, REALSENSE_JOINTS, AXES), REALSENSE_PALM, axis=1)  # (T, 21, 3)
    return skeleton_signal(landmarks, media, rate_hz)


def skeleton_signal(joints: np.ndarray, media: Media, rate_hz: float) -> Signal:
    """Make the signal of one hand of a file's joints, in the order of MediaPipe's landmarks.

    Args:
        joints: (T, 21, 3), of the whole file; y points up.
        media: The file, and optionally the segment of it.
        rate_hz: Frames per second.

    Raises:
        MediaError: Numbers are not finite, or the segment holds no frame.
    """
    if not np.isfinite(joints).all():
        raise MediaError(f"{media.path}: holds numbers that are not finite")
    start = round((media.start_s or 0.0) * rate_hz)
    stop = len(joints) if media.end_s is None else round(media.end_s * rate_hz)
    joints = joints[start:stop]
    if len(joints) == 0:
        raise MediaError(f"{media.path}: no frame between {media.start_s} s and {media.end_s} s")
    joints = joints * np.array([1, -1, 1], np.float32)  # these files point y up, pictures point it down
    values = np.full((len(joints), HANDS, COORDINATES, LANDMARKS, AXES), np.nan, np.float32)
    values[:, 0, IMAGE] = joints
    values[:, 0, WORLD] = joints - joints.mean(axis=1, keepdims=True)
    return Signal(values, rate_hz)
