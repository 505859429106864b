"""Hand-keypoint frames: shape, position and presence of each hand, and optionally of the body."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import ClassVar, Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.features.body_pose import POINTS, body_shape, mirrored_body
from data_prep.features.extractor import Frames, Signal, fingerprint, num_frames
from data_prep.features.hand_gaps import fill_gaps
from data_prep.features.hand_tracker import (
    AXES,
    HANDS,
    IMAGE,
    LANDMARKS,
    WORLD,
    WRIST,
    HandTracker,
    resample_landmarks,
)
from data_prep.features.landmark_files import landmarks_of, read_landmarks
from data_prep.features.landmarks.json_dumps import json_frame_files
from data_prep.features.shrec21_skeleton import is_shrec21, read_shrec21_skeleton
from data_prep.features.shrec_skeleton import read_shrec_skeleton
from data_prep.media import (
    LANDMARK_SUFFIXES,
    NAMED_LANDMARK_SUFFIXES,
    PHOTO_SUFFIXES,
    VIDEO_SUFFIXES,
    Media,
    pictures_from_array,
)
from data_prep.media.arrays import ARRAY

SIGNAL_VERSION = 2
FRAMES_VERSION = 2
INDEX_MCP, MIDDLE_MCP, PINKY_MCP = 5, 9, 17
#: The ending of the skeleton files of SHREC'17 and SHREC'21.
SHREC_SUFFIX = ".txt"
PALM = (WRIST, INDEX_MCP, PINKY_MCP)
SHAPE = LANDMARKS * AXES
#: A second hand is taken for a false detection if it is seen in less than this fraction of the first one's frames.
SECOND_HAND_SHARE = 0.25
#: Value of the presence feature where a hand was interpolated over a gap.
FILLED = 0.5


@dataclass(frozen=True)
class HandKeypoints:
    """Landmarks of one or two hands as features that do not depend on the camera.

    For each hand a frame holds its shape (21 x 3: landmarks relative to the wrist, in palm lengths of the clip), its
    position (3: middle of the palm relative to its mean over the clip, in palm lengths), optionally the velocities of
    both, and its presence: 1 where it was seen, 0.5 where it was interpolated over a short gap, 0 where it is absent.
    All values of an absent hand are 0. Statistics are computed over the frames with a hand.

    If the tracker finds the body (`tracker.pose_model`), a frame ends with it: nose, shoulders, elbows and wrists
    (7 x 3: image coordinates relative to the middle of the shoulders, in shoulder widths of the clip), optionally
    velocities, and presence. In a signal without a body, such as a file of landmarks, the body is absent.

    Attributes:
        coordinates: Coordinates of the shape: "world" (3-D, from MediaPipe's metric model) or "image".
        num_hands: 1 or 2; with 1, the hand that is seen in more frames.
        frame_rate_hz: Frames per second; videos of other rates are resampled.
        velocity: Whether to append velocities, in palm lengths per second.
        one_side: Whether to mirror a clip with one hand, and its body, so that the thumb is on the right of the
            picture on average: left-handed and right-handed signers then look alike.
        fill_gaps_s: Longest gap in seconds over which a hand or the body is interpolated; 0 for none.
        tracker: Finds hands, and optionally the body, in pictures.

    Raises:
        InputError: A setting is out of its range.
    """

    coordinates: Literal["world", "image"] = "world"
    num_hands: int = 2
    frame_rate_hz: float = 30.0
    velocity: bool = False
    one_side: bool = True
    fill_gaps_s: float = 0.15
    tracker: HandTracker = field(default_factory=HandTracker)

    modality: ClassVar[str] = "hands"
    suffixes: ClassVar[frozenset[str]] = VIDEO_SUFFIXES | PHOTO_SUFFIXES | LANDMARK_SUFFIXES

    def __post_init__(self) -> None:
        if self.coordinates not in ("world", "image"):
            raise InputError(f"features: coordinates must be world or image; found {self.coordinates!r}")
        if self.num_hands not in (1, 2):
            raise InputError(f"features: num_hands must be 1 or 2; found {self.num_hands!r}")
        if not 1 <= self.frame_rate_hz <= 1000:
            raise InputError(f"features: frame_rate_hz must be from 1 to 1000; found {self.frame_rate_hz!r}")
        if not 0 <= self.fill_gaps_s <= 1:
            raise InputError(f"features: fill_gaps_s must be from 0 to 1; found {self.fill_gaps_s!r}")

    @property
    def num_features(self) -> int:
        """F, the width of a frame."""
        return self.num_hands * ((SHAPE + AXES) * (2 if self.velocity else 1) + 1) + self._num_body_features

    def get_ready(self, media: Sequence[Media]) -> None:
        """Get the hand tracker ready if any of the media are pictures; files of landmarks do not need it."""
        if any(shows_pictures(item) for item in media):
            self.tracker.get_ready()

    def signal(self, media: Media) -> Signal:
        """Track pictures, or read a file of landmarks: (T, 2, 2, 21, 3), NaN where a hand is absent.

        Pictures tracked with a `tracker.pose_model` give (T, 3, 2, 21, 3): the body comes last.
        """
        if shows_pictures(media):
            return self.tracker.track(media)
        if media.path.suffix.lower() == SHREC_SUFFIX:
            return read_shrec21_skeleton(media) if is_shrec21(media) else read_shrec_skeleton(media, rate_hz=30.0)
        return read_landmarks(media)

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """The same of an array: of pictures if it is uint8 (see `pictures_from_array`), else of landmarks."""
        looks_like_pictures = values.ndim == 4 and values.shape[1:] != (HANDS, LANDMARKS, AXES)  # of a wrong type
        if values.dtype == np.uint8 or looks_like_pictures:
            return self.tracker.track_pictures(lambda: pictures_from_array(values, rate_hz), ARRAY)
        return landmarks_of(values, rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Compute the features of landmarks."""
        landmarks, marks = fill_gaps(signal.values, signal.rate_hz, self.fill_gaps_s)
        landmarks = _resample(Signal(landmarks, signal.rate_hz), self.frame_rate_hz)  # (T, 2 or 3, 2, 21, 3)
        marks = _resample_marks(marks, signal.rate_hz, self.frame_rate_hz, len(landmarks))  # (T, 2 or 3)
        hands, filled, body = landmarks[:, :HANDS], marks[:, :HANDS], landmarks[:, HANDS:]
        chosen = _choose_hands(hands, self.num_hands)
        hands, filled = _pick_hands(hands, chosen, np.nan), _pick_hands(filled, chosen, False)
        if self.one_side and _is_one_handed(hands) and _thumb_is_left(hands):
            hands, body = hands * np.array([-1, 1, 1], np.float32), mirrored_body(body)
        position = _position(hands)
        present = ~np.isnan(position[..., 0])  # (T, num_hands)
        values = self._features([self._shape(hands), position], filled)
        if self._num_body_features:
            values = np.concatenate([values, self._body_features(body, marks[:, HANDS:])], axis=1)
        return Frames(np.ascontiguousarray(values, np.float32), self.frame_rate_hz, (present & ~filled).any(axis=1))

    def __call__(self, media: Media) -> Frames:
        """Read media and compute their features."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Hash the tracker's settings; the others work on stored landmarks."""
        return fingerprint(signal="hand_landmarks", version=SIGNAL_VERSION, **self.tracker.identity())

    def fingerprint(self) -> str:
        """Hash everything on which the frames depend."""
        settings = asdict(self) | {"tracker": self.tracker.identity()}
        return fingerprint(features="hand_keypoints", versions=[SIGNAL_VERSION, FRAMES_VERSION], **settings)

    @property
    def _num_body_features(self) -> int:
        return 0 if self.tracker.pose_model is None else POINTS * AXES * (2 if self.velocity else 1) + 1

    def _features(self, parts: list[np.ndarray], filled: np.ndarray) -> np.ndarray:
        """Join the features of hands or bodies, their velocities if wanted, and their presence.

        Args:
            parts: Arrays (T, P, ...) for P hands or bodies, NaN where absent.
            filled: (T, P) bool: where they were interpolated.

        Returns:
            (T, F): one hand after the other, 0 where absent.
        """
        present = ~np.isnan(parts[-1][..., 0])  # (T, P)
        if self.velocity:
            parts = parts + [_velocity(part, self.frame_rate_hz) for part in parts]
        presence = np.where(filled, FILLED, 1.0).astype(np.float32)[..., None] * present[..., None]
        values = np.nan_to_num(np.concatenate([*parts, presence], axis=2), nan=0.0)  # (T, P, F / P)
        return values.reshape(len(values), -1)

    def _body_features(self, body: np.ndarray, filled: np.ndarray) -> np.ndarray:
        """Compute (T, F) for a body (T, 1, 2, 21, 3), or zeros for no body (T, 0, 2, 21, 3)."""
        if body.shape[1] == 0:
            return np.zeros((len(body), self._num_body_features), np.float32)
        return self._features([body_shape(body[:, 0])[:, None]], filled)

    def _shape(self, hands: np.ndarray) -> np.ndarray:
        """Compute landmarks relative to the wrist, in the clip's palm lengths: (T, num_hands, 63)."""
        points = hands[:, :, WORLD if self.coordinates == "world" else IMAGE]  # (T, num_hands, 21, 3)
        from_wrist = (points - points[:, :, [WRIST]]) / _palm_length(points)[:, None, None]
        return from_wrist.reshape(*from_wrist.shape[:2], SHAPE)


def shows_pictures(media: Media) -> bool:
    """Whether hands must be found in pictures first; other media hold landmarks."""
    if media.path.is_dir():
        return not json_frame_files(media.path)
    return media.path.suffix.lower() not in LANDMARK_SUFFIXES | NAMED_LANDMARK_SUFFIXES | {SHREC_SUFFIX}


def _resample(signal: Signal, frame_rate_hz: float) -> np.ndarray:
    count = num_frames(signal.duration_s, frame_rate_hz)
    if count == len(signal.values):
        return signal.values
    times_s = np.arange(len(signal.values)) / signal.rate_hz
    wanted_s = np.minimum(np.arange(count) / frame_rate_hz, times_s[-1])
    return resample_landmarks(signal.values, times_s, wanted_s)


def _resample_marks(filled: np.ndarray, rate_hz: float, frame_rate_hz: float, count: int) -> np.ndarray:
    """Resample marks (T, P) by taking the nearest frame's."""
    if count == len(filled):
        return filled
    nearest = np.round(np.arange(count) * (rate_hz / frame_rate_hz)).astype(int)
    return filled[np.minimum(nearest, len(filled) - 1)]


def _choose_hands(hands: np.ndarray, num_hands: int) -> list[int | None]:
    """Choose the hand seen most, or both from left to right in the picture; None stands for an absent hand."""
    seen = (~np.isnan(hands[:, :, IMAGE, WRIST, 0])).sum(axis=0)  # (2,)
    most = int(np.argmax(seen))
    if num_hands == 1:
        return [most]
    if seen[1 - most] < SECOND_HAND_SHARE * seen[most]:
        return [most, None]
    across = np.nanmean(hands[:, :, IMAGE, WRIST, 0], axis=0)  # (2,)
    return [int(hand) for hand in np.argsort(across)]


def _pick_hands(values: np.ndarray, chosen: list[int | None], absent: float) -> np.ndarray:
    """Pick the chosen hands out of (T, 2, ...): (T, num_hands, ...)."""
    taken = [np.full_like(values[:, 0], absent) if hand is None else values[:, hand] for hand in chosen]
    return np.stack(taken, axis=1)


def _is_one_handed(hands: np.ndarray) -> bool:
    return hands.shape[1] == 1 or bool(np.isnan(hands[:, 1]).all())


def _thumb_is_left(hands: np.ndarray) -> bool:
    """Whether the thumb of the clip's hand is left of its little finger on average.

    If clips are mirrored by this rule, a hand and its mirror image give the same features whether the palm or the back
    is seen. Guessing left or right, which a single picture often does not show, is not needed.
    """
    image = hands[:, 0, IMAGE, :, :2]  # (T, 21, 2)
    to_index = image[:, INDEX_MCP] - image[:, WRIST]
    to_pinky = image[:, PINKY_MCP] - image[:, WRIST]
    area = to_index[:, 0] * to_pinky[:, 1] - to_index[:, 1] * to_pinky[:, 0]  # (T,): its sign is the side
    return bool(np.nansum(area) > 0)


def _palm_length(points: np.ndarray) -> np.ndarray:
    """Compute the median distance from wrist to middle knuckle over the frames with each hand: (num_hands,)."""
    lengths = np.linalg.norm(points[:, :, MIDDLE_MCP] - points[:, :, WRIST], axis=-1)  # (T, num_hands)
    seen = ~np.isnan(lengths)
    return np.array(
        [np.median(lengths[seen[:, hand], hand]) if seen[:, hand].any() else 1.0 for hand in range(lengths.shape[1])],
        np.float32,
    ).clip(min=1e-6)


def _position(hands: np.ndarray) -> np.ndarray:
    """Compute the middle of each palm relative to the mean of all, in mean palm lengths: (T, num_hands, 3)."""
    image = hands[:, :, IMAGE]  # (T, num_hands, 21, 3)
    middle = image[:, :, PALM].mean(axis=2)  # (T, num_hands, 3)
    seen = ~np.isnan(middle[..., 0])
    if not seen.any():
        return middle
    lengths = _palm_length(image)[seen.any(axis=0)]
    return (middle - middle[seen].mean(axis=0)) / lengths.mean()


def _velocity(part: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """Compute the change per second, 0 where the frame or a neighbour lacks the hand: (T, num_hands, F)."""
    if len(part) == 1:
        return np.zeros_like(part)
    change = np.gradient(part, axis=0) * frame_rate_hz
    # The gradient uses only a frame's neighbours, so a frame without the hand between two with it must be set to 0.
    return np.where(np.isnan(change) | np.isnan(part), 0.0, change).astype(np.float32)
