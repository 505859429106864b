"""Arrays of landmarks in the shapes that programs and tutorials use, as two hands."""

import logging
from functools import cache
from pathlib import Path

import numpy as np

from data_prep.features.hand_tracker import AXES, HANDS, LANDMARKS
from data_prep.media import MediaError

log = logging.getLogger(__name__)

#: First row of the left and of the right hand among the landmarks of MediaPipe Holistic, by the number of landmarks:
#: 543 as in Google's sign competitions (face 468, left hand, body 33, right hand), 75 without the face (body 33, left
#: hand, right hand), 42 for the hands alone.
HAND_ROWS = {543: (468, 522), 75: (33, 54), 42: (0, 21)}
#: First number of the left and of the right hand in rows that hold visibilities of the body, as in tutorials: body
#: 33 x 4, face 468 x 3, left hand, right hand; the second without the face.
HAND_NUMBERS = {1662: (1536, 1599), 258: (132, 195)}
HAND_SIZE = LANDMARKS * AXES
EXPECTED = (
    "expected numbers (frames, 21, 3) of one hand or (frames, 2, 21, 3) of two: MediaPipe's landmarks, x, y and z; "
    "also read are (frames, 63), (frames, 126), (frames, 42, 3), two coordinates instead of three, and MediaPipe "
    "Holistic's (frames, 543, 3), (frames, 75, 3), (frames, 1662) and (frames, 258)"
)


def to_two_hands(name: Path | str, array: np.ndarray) -> np.ndarray:
    """Return an array of landmarks as two hands (T, 2, 21, 3) float32; a hand or depth that is missing is NaN or 0.

    Raises:
        MediaError: The shape is not one of those that are known.
    """
    hands = _hands_of(array) if array.dtype.kind in "fiu" and array.ndim >= 2 else None
    if hands is None:
        raise MediaError(f"{name}: found {array.dtype} {array.shape}, {EXPECTED}")
    if array.shape[1:] not in ((LANDMARKS, AXES), (HANDS, LANDMARKS, AXES)):
        _log_layout(array.shape[1:], hands.shape[1])
    values = np.full((len(array), HANDS, LANDMARKS, AXES), np.nan, np.float32)
    values[:, : hands.shape[1], :, : hands.shape[3]] = hands
    values[..., hands.shape[3] :] = 0.0
    return values


def _hands_of(array: np.ndarray) -> np.ndarray | None:
    """Return (T, 1 or 2, 21, 2 or 3); None if the shape is unknown."""
    count, shape = len(array), array.shape[1:]
    if len(shape) == 1:
        if shape[0] in HAND_NUMBERS:
            hands = [array[:, start : start + HAND_SIZE] for start in HAND_NUMBERS[shape[0]]]
            return np.stack(hands, axis=1).reshape(count, HANDS, LANDMARKS, AXES)
        if shape[0] in (HAND_SIZE, HANDS * HAND_SIZE):
            return array.reshape(count, -1, LANDMARKS, AXES)
        points = shape[0] // AXES
        return _hands_of(array.reshape(count, points, AXES)) if shape[0] in (543 * AXES, 75 * AXES) else None
    if len(shape) == 2 and shape[1] in (2, AXES):
        if shape[0] == LANDMARKS:
            return array[:, None]
        if shape[0] in HAND_ROWS:
            return np.stack([array[:, start : start + LANDMARKS] for start in HAND_ROWS[shape[0]]], axis=1)
    if len(shape) == 3 and shape[:2] in ((1, LANDMARKS), (HANDS, LANDMARKS)) and shape[2] in (2, AXES):
        return array
    return None


@cache
def _log_layout(shape: tuple[int, ...], num_hands: int) -> None:
    """Say once what arrays of a shape are taken for."""
    log.info("arrays of %s a frame are read as landmarks of %d hand(s)", " x ".join(map(str, shape)), num_hands)
