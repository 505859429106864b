"""Hand-keypoint frames: the shape of each hand, where it is, whether it is there, and perhaps the body."""

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
from data_prep.features.shrec_skeleton import read_shrec_skeleton
from data_prep.media import LANDMARK_SUFFIXES, PHOTO_SUFFIXES, VIDEO_SUFFIXES, Media, pictures_from_array
from data_prep.media.arrays import ARRAY

SIGNAL_VERSION = 2
FRAMES_VERSION = 2
INDEX_MCP, MIDDLE_MCP, PINKY_MCP = 5, 9, 17
#: The ending of a SHREC'17 skeleton file.
SHREC_SUFFIX = ".txt"
PALM = (WRIST, INDEX_MCP, PINKY_MCP)
SHAPE = LANDMARKS * AXES
#: A second hand seen in a smaller share of the frames than this, of those with the first, is taken for a mistake.
SECOND_HAND_SHARE = 0.25
#: The presence feature of a hand that was not seen, but filled in between two sightings.
FILLED = 0.5


@dataclass(frozen=True)
class HandKeypoints:
    """Landmarks of one or two hands as features that do not depend on the camera.

    A frame holds, for each hand: its shape (21 x 3: landmarks from the wrist, in palm lengths of the clip), its
    position (3: the palm's middle from its mean place in the clip, in palm lengths), both again as velocities if
    asked for, and its presence: 1 where it was seen, 0.5 where the tracker missed it for a moment and it was filled
    in, 0 where it is absent. An absent hand is all 0. Statistics are taken over frames with a hand.

    If the tracker looks for the body (`tracker.pose_model`), a frame ends with the body: nose, shoulders, elbows and
    wrists (7 x 3: in the picture, from the middle of the shoulders, in shoulder widths of the clip), velocities if
    asked for, and presence, as of a hand. A signal without a body, such as a file of landmarks, has an absent one.

    Attributes:
        coordinates: What the shape is made of: "world" (3-D, from MediaPipe's metric model) or "image".
        num_hands: 1 or 2; with 1, the hand that is seen more.
        frame_rate_hz: Frames a second; videos of any rate are resampled to it by time.
        velocity: Whether to append velocities, in palm lengths a second.
        one_side: Whether a clip with one hand is mirrored so that its thumb side is on the right of the picture on
            average: a left-handed signer's clip becomes a right-handed one's; its body is mirrored with it.
        fill_gaps_s: The longest gap between two sightings of a hand (or the body) that is filled by straight lines, in
            seconds; 0 fills none.
        tracker: How hands, and perhaps the body, are looked for in pictures.

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
        """F."""
        return self.num_hands * ((SHAPE + AXES) * (2 if self.velocity else 1) + 1) + self._num_body_features

    def get_ready(self, media: Sequence[Media]) -> None:
        """Get the hand tracker ready if any of the media are pictures; files of landmarks do without it."""
        if any(_shows_pictures(item) for item in media):
            self.tracker.get_ready()

    def signal(self, media: Media) -> Signal:
        """Landmarks (T, 2, 2, 21, 3), NaN where a hand is absent; from pictures, or a file of landmarks.

        From pictures and with a `tracker.pose_model`, (T, 3, 2, 21, 3): the body's come last.
        """
        if _shows_pictures(media):
            return self.tracker.track(media)
        if media.path.suffix.lower() == SHREC_SUFFIX:
            return read_shrec_skeleton(media, rate_hz=30.0)
        return read_landmarks(media)

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """The same of an array: of pictures if it is uint8 (see `pictures_from_array`), else of landmarks."""
        looks_like_pictures = values.ndim == 4 and values.shape[1:] != (HANDS, LANDMARKS, AXES)  # of a wrong type
        if values.dtype == np.uint8 or looks_like_pictures:
            return self.tracker.track_pictures(lambda: pictures_from_array(values, rate_hz), ARRAY)
        return landmarks_of(values, rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Features of landmarks."""
        landmarks, marks = fill_gaps(signal.values, signal.rate_hz, self.fill_gaps_s)
        landmarks = _resample(Signal(landmarks, signal.rate_hz), self.frame_rate_hz)  # (T, 2 or 3, 2, 21, 3)
        marks = _resample_marks(marks, signal.rate_hz, self.frame_rate_hz, len(landmarks))  # (T, 2 or 3)
        hands, filled, body = landmarks[:, :HANDS], marks[:, :HANDS], landmarks[:, HANDS:]
        chosen = _chosen_hands(hands, self.num_hands)
        hands, filled = _taken(hands, chosen, np.nan), _taken(filled, chosen, False)
        if self.one_side and _is_one_handed(hands) and _thumb_is_left(hands):
            hands, body = hands * np.array([-1, 1, 1], np.float32), mirrored_body(body)
        position = _position(hands)
        present = ~np.isnan(position[..., 0])  # (T, num_hands)
        values = self._features([self._shape(hands), position], filled)
        if self._num_body_features:
            values = np.concatenate([values, self._body_features(body, marks[:, HANDS:])], axis=1)
        return Frames(np.ascontiguousarray(values, np.float32), self.frame_rate_hz, (present & ~filled).any(axis=1))

    def __call__(self, media: Media) -> Frames:
        """Both steps."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Of the tracker: the other settings work on stored landmarks."""
        return fingerprint(signal="hand_landmarks", version=SIGNAL_VERSION, **self.tracker.identity())

    def fingerprint(self) -> str:
        """Of everything the frames depend on."""
        settings = asdict(self) | {"tracker": self.tracker.identity()}
        return fingerprint(features="hand_keypoints", versions=[SIGNAL_VERSION, FRAMES_VERSION], **settings)

    @property
    def _num_body_features(self) -> int:
        return 0 if self.tracker.pose_model is None else POINTS * AXES * (2 if self.velocity else 1) + 1

    def _features(self, parts: list[np.ndarray], filled: np.ndarray) -> np.ndarray:
        """What each hand, or the body, is in a frame, with velocities if asked for and its presence.

        Args:
            parts: (T, P, ...) each, of P hands or bodies, NaN where absent.
            filled: (T, P) bool: where it was filled in.

        Returns:
            (T, F), the P one after the other, 0 where absent.
        """
        present = ~np.isnan(parts[-1][..., 0])  # (T, P)
        if self.velocity:
            parts = parts + [_velocity(part, self.frame_rate_hz) for part in parts]
        presence = np.where(filled, FILLED, 1.0).astype(np.float32)[..., None] * present[..., None]
        values = np.nan_to_num(np.concatenate([*parts, presence], axis=2), nan=0.0)  # (T, P, F / P)
        return values.reshape(len(values), -1)

    def _body_features(self, body: np.ndarray, filled: np.ndarray) -> np.ndarray:
        """(T, F) of a body (T, 1, 2, 21, 3), or of none (T, 0, 2, 21, 3), which is absent throughout."""
        if body.shape[1] == 0:
            return np.zeros((len(body), self._num_body_features), np.float32)
        return self._features([body_shape(body[:, 0])[:, None]], filled)

    def _shape(self, hands: np.ndarray) -> np.ndarray:
        """(T, num_hands, 63): landmarks from the wrist, in the clip's palm lengths."""
        points = hands[:, :, WORLD if self.coordinates == "world" else IMAGE]  # (T, num_hands, 21, 3)
        from_wrist = (points - points[:, :, [WRIST]]) / _palm_length(points)[:, None, None]
        return from_wrist.reshape(*from_wrist.shape[:2], SHAPE)


def _shows_pictures(media: Media) -> bool:
    """Whether hands must be found in pictures first; other media hold landmarks."""
    suffix = media.path.suffix.lower()
    return suffix != SHREC_SUFFIX and (suffix not in LANDMARK_SUFFIXES or media.path.is_dir())


def _resample(signal: Signal, frame_rate_hz: float) -> np.ndarray:
    count = num_frames(signal.duration_s, frame_rate_hz)
    if count == len(signal.values):
        return signal.values
    times_s = np.arange(len(signal.values)) / signal.rate_hz
    wanted_s = np.minimum(np.arange(count) / frame_rate_hz, times_s[-1])
    return resample_landmarks(signal.values, times_s, wanted_s)


def _resample_marks(filled: np.ndarray, rate_hz: float, frame_rate_hz: float, count: int) -> np.ndarray:
    """(T, P) bool: that of the nearest frame."""
    if count == len(filled):
        return filled
    nearest = np.round(np.arange(count) * (rate_hz / frame_rate_hz)).astype(int)
    return filled[np.minimum(nearest, len(filled) - 1)]


def _chosen_hands(hands: np.ndarray, num_hands: int) -> list[int | None]:
    """The hand seen most alone, or two in the order they stand in the picture; None is a hand that is not there."""
    seen = (~np.isnan(hands[:, :, IMAGE, WRIST, 0])).sum(axis=0)  # (2,)
    most = int(np.argmax(seen))
    if num_hands == 1:
        return [most]
    if seen[1 - most] < SECOND_HAND_SHARE * seen[most]:
        return [most, None]
    across = np.nanmean(hands[:, :, IMAGE, WRIST, 0], axis=0)  # (2,)
    return [int(hand) for hand in np.argsort(across)]


def _taken(values: np.ndarray, chosen: list[int | None], absent: float) -> np.ndarray:
    """(T, num_hands, ...): the chosen of (T, 2, ...)."""
    taken = [np.full_like(values[:, 0], absent) if hand is None else values[:, hand] for hand in chosen]
    return np.stack(taken, axis=1)


def _is_one_handed(hands: np.ndarray) -> bool:
    return hands.shape[1] == 1 or bool(np.isnan(hands[:, 1]).all())


def _thumb_is_left(hands: np.ndarray) -> bool:
    """Whether the thumb side of the clip's hand lies left of the little finger's on average.

    Mirrored if so, a hand and its mirror image give the same result, whether or not the palm is seen, so no guess of
    left or right (which a single picture often cannot tell) is needed.
    """
    image = hands[:, 0, IMAGE, :, :2]  # (T, 21, 2)
    to_index = image[:, INDEX_MCP] - image[:, WRIST]
    to_pinky = image[:, PINKY_MCP] - image[:, WRIST]
    area = to_index[:, 0] * to_pinky[:, 1] - to_index[:, 1] * to_pinky[:, 0]  # (T,): its sign is the side
    return bool(np.nansum(area) > 0)


def _palm_length(points: np.ndarray) -> np.ndarray:
    """(num_hands,): median distance from the wrist to the middle knuckle over the frames with the hand."""
    lengths = np.linalg.norm(points[:, :, MIDDLE_MCP] - points[:, :, WRIST], axis=-1)  # (T, num_hands)
    seen = ~np.isnan(lengths)
    return np.array(
        [np.median(lengths[seen[:, hand], hand]) if seen[:, hand].any() else 1.0 for hand in range(lengths.shape[1])],
        np.float32,
    ).clip(min=1e-6)


def _position(hands: np.ndarray) -> np.ndarray:
    """(T, num_hands, 3): the palm's middle from the mean place of all hands, in the clip's mean palm length."""
    image = hands[:, :, IMAGE]  # (T, num_hands, 21, 3)
    middle = image[:, :, PALM].mean(axis=2)  # (T, num_hands, 3)
    seen = ~np.isnan(middle[..., 0])
    if not seen.any():
        return middle
    lengths = _palm_length(image)[seen.any(axis=0)]
    return (middle - middle[seen].mean(axis=0)) / lengths.mean()


def _velocity(part: np.ndarray, frame_rate_hz: float) -> np.ndarray:
    """(T, num_hands, F): change a second, 0 where the frame or a neighbouring one lacks the hand."""
    if len(part) == 1:
        return np.zeros_like(part)
    change = np.gradient(part, axis=0) * frame_rate_hz
    # The gradient of a frame is taken over its neighbours alone, so a gap of one frame must be emptied by hand.
    return np.where(np.isnan(change) | np.isnan(part), 0.0, change).astype(np.float32)
