"""Finds the landmarks of hands, and optionally the body, in videos and photos with MediaPipe."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.features.body_pose import BodyFinder, checked_pose_model, pose_model_sha256
from data_prep.features.extractor import Signal
from data_prep.features.hand_identity import HandIdentities
from data_prep.features.hand_model import hand_model_path
from data_prep.features.mediapipe_process import mediapipe_at_work
from data_prep.media import Media, MediaError, read_pictures

#: Landmarks of a clip: (T, hand, coordinates, landmark, axis); NaN where a hand is absent.
#: Coordinates 0 are those of the image: x and y in picture heights from the top left, z in the same unit away from the
#: viewer, from the wrist. Coordinates 1 are those of the world: metres from the middle of the hand.
#: The body, if tracked, follows the two hands: its seven points, then NaN (see `body_pose`).
HANDS, COORDINATES, LANDMARKS, AXES = 2, 2, 21, 3
IMAGE, WORLD = 0, 1
WRIST = 0
#: Rate of a single picture: its duration is so short that it is one frame at any frame rate.
PHOTO_RATE_HZ = 1000.0
MAX_BORDER = 4.0
#: Starts an iteration over pictures, each with its time in seconds, as `read_pictures` does.
Pictures = Callable[[], Iterator[tuple[float, np.ndarray]]]
#: Width added to the border when a clip is searched a second time.
SECOND_LOOK_BORDER = 0.5


class NoHandError(MediaError):
    """No frame of a clip shows a hand."""


@dataclass(frozen=True)
class HandTracker:
    """Finds hands, and optionally the body, in pictures.

    Attributes:
        min_confidence: Threshold for detection, presence and tracking, from 0 to 1.
        upscale: Factor by which pictures are enlarged first; 2 or 3 helps with tiny pictures.
        border: Width of a border around the picture, as a fraction of its size, for hands cut off by the edge. The
            border repeats the edge's pixels; on small photos this finds hands that a plain border does not.
        second_hand_every: Search for a second hand every N pictures while only one has been seen. With 5, a second
            hand is found up to 4 pictures late. With 1, clips of one hand take a third longer.
        second_look: Whether to search a clip in which no hand was found once more, with a wider border and a third of
            the confidence. This finds hands in small photos, but also false hands in clips that show none.
        pose_model: File of MediaPipe's PoseLandmarker, to find the body too; None to find hands only. The full model
            doubles the time per clip.
    """

    min_confidence: float = 0.5
    upscale: float = 1.0
    border: float = 0.0
    second_hand_every: int = 5
    second_look: bool = False
    pose_model: str | None = None

    def __post_init__(self) -> None:
        in_range = 0 <= self.min_confidence <= 1 and 0 < self.upscale <= 16 and 0 <= self.border <= MAX_BORDER
        if not (in_range and self.second_hand_every >= 1):
            raise InputError(
                "features.tracker: min_confidence must be from 0 to 1, upscale above 0 and at most 16, border from 0 "
                f"to 4, second_hand_every at least 1; found {self}"
            )

    def get_ready(self) -> None:
        """Check that MediaPipe is installed, fetch the hands' model if it is missing, and check both models.

        Raises:
            InputError: MediaPipe or OpenCV cannot be used, or a model cannot be fetched or is something else.
        """
        checked_model()
        if self.pose_model is not None:
            checked_pose_model(self.pose_model)

    def identity(self) -> dict[str, Any]:
        """Settings for a fingerprint: the pose model counts by its content, and unused settings do not count."""
        settings = asdict(self)
        del settings["pose_model"]
        if not self.second_look:
            del settings["second_look"]
        return settings if self.pose_model is None else settings | {"pose_model": pose_model_sha256(self.pose_model)}

    def track(self, media: Media) -> Signal:
        """Find the landmarks in a clip: (T, 2, 2, 21, 3) float32 at its mean rate, or (T, 3, 2, 21, 3) with a body.

        A hand keeps its index from frame to frame. The index does not tell left from right: MediaPipe's guess is too
        often wrong.

        Raises:
            InputError: MediaPipe cannot be used, the hand model cannot be fetched, or the pose model is unusable.
            MediaError: The file cannot be decoded.
            NoHandError: No hand is found in any frame.
        """
        return self.track_pictures(lambda: read_pictures(media), str(media.path))

    def track_pictures(self, pictures: Pictures, name: str) -> Signal:
        """Find the landmarks in pictures with their times, as `track` does; a second look starts them again.

        Args:
            pictures: Starts an iteration over the pictures.
            name: Name of the clip for messages.
        """
        try:
            return self._track(pictures, name)
        except NoHandError:
            if not self.second_look:
                raise
        wider = min(self.border + SECOND_LOOK_BORDER, MAX_BORDER)
        return replace(self, border=wider, min_confidence=self.min_confidence / 3)._track(pictures, name)

    def _track(self, pictures: Pictures, name: str) -> Signal:
        checked_model()
        times_s, frames = [], []
        coming = pictures()
        first = next(coming)  # fail on unreadable files before loading the tracker
        with mediapipe_at_work(), self.following() as follow:
            for time_s, picture in chain([first], coming):
                frames.append(follow(time_s, picture))
                times_s.append(time_s)
        values = np.stack(frames)
        if np.isnan(values[:, :HANDS]).all():
            raise NoHandError(f"{name}: no hand found in any of its {len(values)} frames{self._advice()}")
        return at_constant_rate(values, np.array(times_s))

    @contextmanager
    def following(self) -> Iterator[Callable[[float, np.ndarray], np.ndarray]]:
        """Follow hands from picture to picture: a function of the time in seconds and the next picture.

        It returns the landmarks (2, 2, 21, 3), or (3, 2, 21, 3) with a body. Errors are those of `get_ready`.
        """
        import cv2

        cv2.setNumThreads(1)  # several processes already share the cores
        identities, clock_ms = HandIdentities(), -1
        with _HandFinder(checked_model(), self) as find, self._body_finders() as bodies:

            def follow(time_s: float, picture: np.ndarray) -> np.ndarray:
                nonlocal clock_ms
                clock_ms = max(clock_ms + 1, round(time_s * 1000))  # must rise even if the file's times do not
                prepared = self._prepare(picture)
                detections = [self._undo(found, picture.shape) for found in find(prepared, clock_ms)]
                places = [*identities.assign(detections, time_s)]
                places += [self._undo(find_body(prepared, clock_ms), picture.shape) for find_body in bodies]
                return np.stack(places)  # (2 or 3, 2, 21, 3)

            yield follow

    @contextmanager
    def _body_finders(self) -> Iterator[list[BodyFinder]]:
        """A list with the finder of the body, or an empty list."""
        if self.pose_model is None:
            yield []
            return
        with BodyFinder(checked_pose_model(self.pose_model), self.min_confidence) as finder:
            yield [finder]

    def _advice(self) -> str:
        if self.upscale > 1 and self.border > 0:
            return ""
        return (
            "; if it does show one, prepare and train with features.tracker.upscale=3 features.tracker.border=0.5 "
            "features.tracker.min_confidence=0.3 features.tracker.second_look=true"
        )

    def _prepare(self, picture: np.ndarray) -> np.ndarray:
        import cv2

        if self.upscale != 1.0:
            picture = cv2.resize(picture, None, fx=self.upscale, fy=self.upscale, interpolation=cv2.INTER_CUBIC)
        if self.border:
            rows, columns = (round(self.border * length) for length in picture.shape[:2])
            picture = cv2.copyMakeBorder(picture, rows, rows, columns, columns, cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(picture)

    def _undo(self, found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Convert fractions of the prepared picture to heights of the original one, undoing border and aspect ratio."""
        aspect = shape[1] / shape[0]
        found = found.copy()
        image = found[IMAGE]  # (21, 3)
        image *= 1 + 2 * self.border
        image[:, :2] -= self.border
        image *= (aspect, 1.0, aspect)
        return found


@lru_cache(maxsize=1)
def checked_model() -> Path:
    """Check what finding hands needs, once in a process, and return the path of MediaPipe's model.

    Raises:
        InputError: MediaPipe or OpenCV cannot be used, or the model cannot be fetched.
    """
    require("finding hands in pictures", "mediapipe", "cv2")
    try:
        import cv2  # noqa: F401
    except ImportError as error:  # a system library is missing
        raise InputError(
            f"finding hands in pictures needs OpenCV, which cannot be loaded ({error}); in a slim Debian container, "
            "apt-get install libgl1 libglib2.0-0 libegl1 libgles2"
        ) from error
    return hand_model_path()


class _HandFinder:
    """Finds the hands in the pictures of one clip, with MediaPipe; a context manager.

    MediaPipe searches the whole picture while it follows fewer hands than its maximum, which is slow. So while there is
    one hand, a landmarker for one hand follows it, and another landmarker searches every few pictures for a second.
    Landmarkers are made anew for each clip, so that no clip depends on the one before.
    """

    def __init__(self, model: Path, tracker: HandTracker) -> None:
        self._model = model
        self._min_confidence = tracker.min_confidence
        self._search_every = tracker.second_hand_every
        self._landmarkers: dict[tuple[str, int], Any] = {}
        self._hands = HANDS if self._search_every == 1 else 1
        self._count = 0
        self._open = ExitStack()

    def __call__(self, picture: np.ndarray, clock_ms: int) -> list[np.ndarray]:
        """Find the hands in the next picture: each (2, 21, 3), image coordinates as fractions of the picture's size."""
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        self._count += 1
        if self._hands < HANDS and (self._count - 1) % self._search_every == 0:
            found = _landmarks(self._landmarker("IMAGE", HANDS).detect(image))
            if len(found) == 1:
                return found
            if len(found) == HANDS:
                self._hands = HANDS
        return _landmarks(self._landmarker("VIDEO", self._hands).detect_for_video(image, clock_ms))

    def _landmarker(self, mode: str, hands: int) -> Any:
        """Make a landmarker when first needed: VIDEO mode follows hands, IMAGE mode treats each picture alone."""
        if (mode, hands) not in self._landmarkers:
            made = self._open.enter_context(_landmarker(self._model, self._min_confidence, mode, hands))
            self._landmarkers[mode, hands] = made
        return self._landmarkers[mode, hands]

    def __enter__(self) -> "_HandFinder":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _landmarker(model: Path, min_confidence: float, mode: str, hands: int) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision  # takes 0.8 s to import

    options = vision.HandLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode[mode],
        num_hands=hands,
        min_hand_detection_confidence=min_confidence,
        min_hand_presence_confidence=min_confidence,
        min_tracking_confidence=min_confidence,
    )
    return vision.HandLandmarker.create_from_options(options)


def _landmarks(result: Any) -> list[np.ndarray]:
    return [
        np.array([[(p.x, p.y, p.z) for p in points] for points in hand], np.float32)
        for hand in zip(result.hand_landmarks, result.hand_world_landmarks, strict=True)
    ]


def at_constant_rate(values: np.ndarray, times_s: np.ndarray) -> Signal:
    """Resample landmarks at uneven times to their mean rate."""
    if len(values) == 1:
        return Signal(values, PHOTO_RATE_HZ)
    rate_hz = float((len(times_s) - 1) / max(times_s[-1] - times_s[0], 1e-3))
    even_s = times_s[0] + np.arange(len(times_s)) / rate_hz
    if np.abs(even_s - times_s).max() < 0.25 / rate_hz:
        return Signal(values, rate_hz)
    return Signal(resample_landmarks(values, times_s, even_s), rate_hz)


def resample_landmarks(values: np.ndarray, times_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """Interpolate linearly in time; between frames with and without the hand, take the nearer one.

    Args:
        values: (T, P, 2, 21, 3) for P hands and bodies, NaN where absent.
        times_s: (T,) times of the frames, rising.
        wanted_s: (T',) times at which to interpolate.

    Returns:
        (T', P, 2, 21, 3).
    """
    after = np.clip(np.searchsorted(times_s, wanted_s, side="left"), 1, len(times_s) - 1)
    before = after - 1
    share = (wanted_s - times_s[before]) / np.maximum(times_s[after] - times_s[before], 1e-9)
    share = np.clip(share, 0.0, 1.0).astype(np.float32)[:, None, None, None, None]
    mixed = values[before] * (1 - share) + values[after] * share
    nearest = np.where(share < 0.5, values[before], values[after])
    return np.where(np.isnan(mixed), nearest, mixed)
