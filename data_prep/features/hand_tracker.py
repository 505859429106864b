"""Videos and photos to landmarks of hands, and perhaps the body, by MediaPipe's landmarkers."""

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
#: Coordinates 0 are the image's: x and y in picture heights from the top left, z in the same unit towards the back,
#: from the wrist. Coordinates 1 are the world's: metres from the middle of the hand.
#: A third place after the two hands, if there is one, is the body's: its seven points, then NaN (see `body_pose`).
HANDS, COORDINATES, LANDMARKS, AXES = 2, 2, 21, 3
IMAGE, WORLD = 0, 1
WRIST = 0
#: A single picture lasts so short that it is one frame at any frame rate.
PHOTO_RATE_HZ = 1000.0
MAX_BORDER = 4.0
#: Gives pictures from the first one on, each with its time in seconds, as `read_pictures` does.
Pictures = Callable[[], Iterator[tuple[float, np.ndarray]]]
#: How much wider the border is when a clip is looked through a second time.
SECOND_LOOK_BORDER = 0.5


class NoHandError(MediaError):
    """A clip in which no hand is ever found."""


@dataclass(frozen=True)
class HandTracker:
    """How hands are looked for.

    Attributes:
        min_confidence: Of detection, presence and tracking alike, from 0 to 1.
        upscale: Factor by which pictures are enlarged first; tiny pictures gain by 2 or 3.
        border: Width of a border, as a share of the picture, for hands cut off by its edge. It repeats the edge: on
            small photos that finds hands which a plain grey, black or white border hides.
        second_hand_every: While only one hand has been seen, a second is looked for in every how-manieth picture. With
            5, a second hand that comes later is found up to 4 pictures late. With 1 each picture is searched for it,
            which takes as long as following the first hand: clips of one hand take a third as long again.
        second_look: Whether a clip in which no hand is ever found is looked through once more, with a wider border and
            a third of the confidence. That finds hands in small photos; where clips may well hold none, it also
            finds hands that are not there.
        pose_model: A file of MediaPipe's PoseLandmarker with which the body is looked for too, or None. The full model
            doubles the time that a clip takes.
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
        """The settings for a fingerprint: a model counts by its content; what is not used does not count."""
        settings = asdict(self)
        del settings["pose_model"]
        if not self.second_look:
            del settings["second_look"]
        return settings if self.pose_model is None else settings | {"pose_model": pose_model_sha256(self.pose_model)}

    def track(self, media: Media) -> Signal:
        """Landmarks (T, 2, 2, 21, 3) float32 at the video's own (mean) frame rate; with a body, (T, 3, 2, 21, 3).

        A hand keeps its place among the two from frame to frame. Which of the two is the signer's right hand is not
        said: MediaPipe's own guess of it is too often wrong.

        Raises:
            InputError: The model of hands cannot be fetched, or the body's is not there or is no such model.
            MediaError: The file cannot be decoded.
            NoHandError: No hand is found in any frame.
        """
        return self.track_pictures(lambda: read_pictures(media), str(media.path))

    def track_pictures(self, pictures: Pictures, name: str) -> Signal:
        """The same of pictures with their times, which are looked through from the beginning as often as need be.

        Args:
            pictures: Gives them.
            name: What they are called in messages.
        """
        try:
            return self._track(pictures, name)
        except NoHandError:
            if not self.second_look:
                raise
        wider = min(self.border + SECOND_LOOK_BORDER, MAX_BORDER)
        return replace(self, border=wider, min_confidence=self.min_confidence / 3)._track(pictures, name)

    def _track(self, pictures: Pictures, name: str) -> Signal:
        model = checked_model()
        import cv2

        cv2.setNumThreads(1)  # to enlarge small pictures; more threads only fight over the cores
        times_s, frames, clock_ms = [], [], -1
        identities = HandIdentities()
        coming = pictures()
        first = next(coming)  # before the tracker is loaded, which is in vain for what is no picture
        with mediapipe_at_work(), _HandFinder(model, self) as find, self._body_finders() as bodies:
            for time_s, picture in chain([first], coming):
                clock_ms = max(clock_ms + 1, round(time_s * 1000))  # must rise, whatever the file says
                prepared = self._prepare(picture)
                detections = [self._undo(found, picture.shape) for found in find(prepared, clock_ms)]
                places = [*identities.assign(detections, time_s)]
                places += [self._undo(find_body(prepared, clock_ms), picture.shape) for find_body in bodies]
                frames.append(np.stack(places))  # (2 or 3, 2, 21, 3)
                times_s.append(time_s)
        values = np.stack(frames)
        if np.isnan(values[:, :HANDS]).all():
            raise NoHandError(f"{name}: no hand found in any of its {len(values)} frames{self._advice()}")
        return at_constant_rate(values, np.array(times_s))

    @contextmanager
    def _body_finders(self) -> Iterator[list[BodyFinder]]:
        """The one, or none, that looks for the body."""
        if self.pose_model is None:
            yield []
            return
        with BodyFinder(checked_pose_model(self.pose_model), self.min_confidence) as finder:
            yield [finder]

    def _advice(self) -> str:
        if self.upscale > 1 and self.border > 0:
            return ""
        return (
            "; if one is to be seen, prepare and train with features.tracker.upscale=3 features.tracker.border=0.5 "
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
        """From shares of the prepared picture to heights of the original one, which undoes the aspect ratio."""
        aspect = shape[1] / shape[0]
        found = found.copy()
        image = found[IMAGE]  # (21, 3), of a hand or the body
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
    """The hands in the pictures of one clip, from MediaPipe; a context manager.

    MediaPipe searches a whole picture anew as long as it follows fewer hands than it may. So while there is one hand,
    a landmarker for one hand follows it, and only some pictures are searched for another, each by itself. All are
    made for each clip, so that no clip depends on the one before.
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
        """Hands in the next picture: each (2, 21, 3), image coordinates as shares of the picture; the clock rises."""
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
        """One that is made when it is first needed: in VIDEO mode it follows hands, in IMAGE mode it remembers none."""
        if (mode, hands) not in self._landmarkers:
            made = self._open.enter_context(_landmarker(self._model, self._min_confidence, mode, hands))
            self._landmarkers[mode, hands] = made
        return self._landmarkers[mode, hands]

    def __enter__(self) -> "_HandFinder":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _landmarker(model: Path, min_confidence: float, mode: str, hands: int) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision  # 0.8 s to import: only who tracks pays

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
    """Landmarks at uneven times become landmarks at their mean rate."""
    if len(values) == 1:
        return Signal(values, PHOTO_RATE_HZ)
    rate_hz = float((len(times_s) - 1) / max(times_s[-1] - times_s[0], 1e-3))
    even_s = times_s[0] + np.arange(len(times_s)) / rate_hz
    if np.abs(even_s - times_s).max() < 0.25 / rate_hz:
        return Signal(values, rate_hz)
    return Signal(resample_landmarks(values, times_s, even_s), rate_hz)


def resample_landmarks(values: np.ndarray, times_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """Linear interpolation in time; between a frame with the hand and one without, the nearer of the two decides.

    Args:
        values: (T, P, 2, 21, 3) of P hands and bodies, NaN where absent.
        times_s: (T,) rising.
        wanted_s: (T',).

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
