"""The signer's upper body: found in pictures by MediaPipe's PoseLandmarker, and turned into features."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.operating_system import expand_home

#: A body is stored like one more hand, (coordinates, landmark, axis); the numbers are those of `hand_tracker`.
SHAPE = (2, 21, 3)
IMAGE, AXES = 0, 3
#: The seven of MediaPipe's 33 pose landmarks that are kept: nose, shoulders, elbows and wrists, left before right.
#: (https://ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker)
POSE_LANDMARKS = (0, 11, 12, 13, 14, 15, 16)
POINTS = len(POSE_LANDMARKS)
LEFT_SHOULDER, RIGHT_SHOULDER = 1, 2
#: The index that each point has after mirroring.
MIRRORED = (0, 2, 1, 4, 3, 6, 5)
NETWORKS = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
OFFICIAL_URL = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/float16/latest/"
    "pose_landmarker_full.task"
)


def checked_pose_model(path: str) -> Path:
    """Return the path of the model after checking that it is one.

    Raises:
        InputError: The file is missing, or it is not a PoseLandmarker model.
    """
    model = expand_home(path)
    if not model.is_file():
        raise _wrong_model(path, "no such file")
    try:
        with zipfile.ZipFile(model) as archive:
            missing = sorted(set(NETWORKS) - set(archive.namelist()))
    except Exception as error:  # zipfile raises many kinds of errors on damaged files
        raise _wrong_model(path, str(error)) from error
    if missing:
        raise _wrong_model(path, f"it lacks {' and '.join(missing)}")
    return model


def pose_model_sha256(path: str) -> str:
    """Hash the model file's content; raises InputError as `checked_pose_model` does."""
    return hashlib.sha256(checked_pose_model(path).read_bytes()).hexdigest()


def _wrong_model(path: str, found: str) -> InputError:
    return InputError(
        f"features.tracker.pose_model={path}: {found}; expected a file of MediaPipe's PoseLandmarker, an archive of "
        f"{' and '.join(NETWORKS)}: fetch {OFFICIAL_URL} and name the copy, or set features.tracker.pose_model=null"
    )


class BodyFinder:
    """Finds the body in the pictures of one clip, with MediaPipe; a context manager."""

    def __init__(self, model: Path, min_confidence: float) -> None:
        from mediapipe.tasks.python import BaseOptions, vision  # slow to import

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=1,
            min_pose_detection_confidence=min_confidence,
            min_pose_presence_confidence=min_confidence,
            min_tracking_confidence=min_confidence,
        )
        try:
            self._landmarker = vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError, OSError) as error:
            raise _wrong_model(str(model), f"MediaPipe cannot load it ({str(error).strip()})") from error

    def __call__(self, picture: np.ndarray, clock_ms: int) -> np.ndarray:
        """Find the body in the next picture.

        Args:
            picture: (height, width, 3) uint8, RGB.
            clock_ms: Time of the picture; it must rise from call to call.

        Returns:
            (2, 21, 3): the body's 7 points followed by NaN, or all NaN if there is none. Image coordinates are
            fractions of the picture's size, world coordinates are metres from the middle of the hips.
        """
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        result = self._landmarker.detect_for_video(image, clock_ms)
        body = np.full(SHAPE, np.nan, np.float32)
        if result.pose_landmarks:
            body[:, :POINTS] = _points(result)
        return body

    def __enter__(self) -> "BodyFinder":
        return self

    def __exit__(self, *_: object) -> None:
        self._landmarker.close()


def _points(result: Any) -> np.ndarray:
    """Extract the kept landmarks from MediaPipe's result: (2, 7, 3)."""
    both = (result.pose_landmarks[0], result.pose_world_landmarks[0])
    return np.array([[(body[i].x, body[i].y, body[i].z) for i in POSE_LANDMARKS] for body in both], np.float32)


def mirrored_body(body: np.ndarray) -> np.ndarray:
    """Mirror a body (..., 21, 3): negate x and swap left and right points."""
    mirrored = body.copy()
    mirrored[..., :POINTS, :] = body[..., MIRRORED, :]
    return mirrored * np.array([-1, 1, 1], body.dtype)


def body_shape(body: np.ndarray) -> np.ndarray:
    """Express the seven image points relative to the middle of the shoulders, in shoulder widths.

    The width is the median over the clip.

    Args:
        body: (T, 2, 21, 3), NaN where absent.

    Returns:
        (T, 21), NaN where absent: for each point x to the right, y down and z away from the viewer.
    """
    points = body[:, IMAGE, :POINTS]  # (T, 7, 3)
    left, right = points[:, LEFT_SHOULDER], points[:, RIGHT_SHOULDER]
    widths = np.linalg.norm(left - right, axis=-1)  # (T,)
    seen = ~np.isnan(widths)
    width = np.float32(max(np.median(widths[seen]), 1e-6) if seen.any() else 1.0)
    return ((points - ((left + right) / 2)[:, None]) / width).reshape(len(points), POINTS * AXES)
