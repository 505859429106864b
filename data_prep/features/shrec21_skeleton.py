"""Reads the hand skeletons of SHREC'21 as the signal that video gives."""

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.features.hand_tracker import AXES
from data_prep.features.shrec_skeleton import skeleton_signal
from data_prep.media import Media, MediaError

#: Frames per second, which the files do not say.
FRAME_RATE_HZ = 50.0
#: A joint is its position and a quaternion; the palm comes first, then three joints of the thumb (knuckle to tip) and
#: four of each other finger, from index to little finger.
JOINTS, NUMBERS = 20, 7
SEPARATOR = ";"
#: MediaPipe has a joint more, at the root of the thumb. It is put this share of the way from the wrist to the knuckle.
THUMB_ROOT_SHARE = 0.4


def is_shrec21(media: Media) -> bool:
    """Tell a file of SHREC'21, whose numbers are separated by semicolons, from one of SHREC'17."""
    try:
        with open(media.path, "rb") as file:
            return SEPARATOR.encode() in file.readline(4096)
    except OSError:
        return False


def read_shrec21_skeleton(media: Media) -> Signal:
    """Read a sequence of SHREC'21: one line per frame, 20 joints of 3 coordinates in metres and 4 numbers of rotation.

    The palm serves as the wrist. The rotations are not used.

    Args:
        media: The file, and optionally the segment of it.

    Raises:
        MediaError: The file is missing, empty, or not a table of joints.
    """
    try:
        with open(media.path, encoding="ascii") as file:
            # Each line ends with a separator, and the last one holds nothing else.
            lines = [text for line in file if (text := line.strip().removesuffix(SEPARATOR))]
        table = np.loadtxt(lines, dtype=np.float32, delimiter=SEPARATOR, ndmin=2) if lines else np.empty((0, 0))
    except (OSError, ValueError) as error:
        raise MediaError(f"{media.path}: not readable as a table of joints ({error})") from None
    if table.size == 0:
        raise MediaError(f"{media.path}: the file holds no frame")
    if table.shape[1] != JOINTS * NUMBERS:
        raise MediaError(f"{media.path}: found {table.shape[1]} numbers per line, expected {JOINTS} joints x {NUMBERS}")
    joints = table.reshape(-1, JOINTS, NUMBERS)[..., :AXES]  # (T, 20, 3)
    wrist, knuckle = joints[:, :1], joints[:, 1:2]
    thumb_root = wrist + THUMB_ROOT_SHARE * (knuckle - wrist)
    landmarks = np.concatenate([wrist, thumb_root, joints[:, 1:]], axis=1)  # (T, 21, 3)
    return skeleton_signal(landmarks, media, FRAME_RATE_HZ)
