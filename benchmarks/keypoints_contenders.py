"""Contenders that find hand landmarks in videos: this project's tracker, and the loop of the tutorials."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from benchmarks.pacing import cpu_seconds
from data_prep.features.hand_model import hand_model_path
from data_prep.features.hand_tracker import HANDS, IMAGE, LANDMARKS, HandTracker
from data_prep.features.mediapipe_process import mediapipe_at_work
from data_prep.media import Media
from data_prep.synthesis.hand_pose import HANDSHAPES
from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video


@dataclass(frozen=True)
class Videos:
    """Input of the contenders.

    Attributes:
        paths: Video files.
        tracker: This project's hand tracker.
        seed: Seed that the protocol requires; no contender does anything random.
    """

    paths: tuple[Path, ...]
    tracker: HandTracker
    seed: int = 0


@dataclass(frozen=True)
class Tracked:
    """Work of a contender in one turn.

    Attributes:
        landmarks: Landmarks (T, 2, 21, 2) of each video in picture heights, NaN where a hand is absent.
        seconds: Wall-clock time.
        cpu_seconds: CPU time.
        detecting_s: CPU time that MediaPipe spent on detection.
        creating_s: CPU time that MediaPipe spent on loading and releasing its models.
    """

    landmarks: dict[Path, np.ndarray]
    seconds: float
    cpu_seconds: float
    detecting_s: float
    creating_s: float

    @property
    def frames(self) -> int:
        """Number of frames in all videos."""
        return sum(map(len, self.landmarks.values()))


#: Function that returns the landmarks of a video.
TrackVideo = Callable[[Path], np.ndarray]


def render_demo(folder: Path, count: int, seed: int) -> None:
    """Render videos of a hand that signs four handshapes."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        keys = tuple(Key(name, hold_s=0.4, transition_s=0.3) for name in rng.choice(list(HANDSHAPES), 4))
        write_sign_video(folder / f"{number}.mp4", render_keys(keys, draw_signer(rng, left_handed=False), rng))


def ours(videos: Videos, connection: Connection) -> None:
    """Run this project's tracker: VIDEO mode, one landmarker per clip."""
    _take_turns(lambda path: videos.tracker.track(Media(path)).values[:, :, IMAGE, :, :2], videos, connection)


def run_image_loop(videos: Videos, connection: Connection) -> None:
    """Run a loop over single pictures: `cv2.VideoCapture`, IMAGE mode, one landmarker for all clips."""
    options = vision.HandLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(hand_model_path())), num_hands=HANDS
    )
    with vision.HandLandmarker.create_from_options(options) as landmarker:
        _take_turns(lambda path: _track_by_image(landmarker, path), videos, connection)


def _track_by_image(landmarker: Any, path: Path) -> np.ndarray:
    hands = []
    video = cv2.VideoCapture(str(path))
    while True:
        more, picture = video.read()
        if not more:
            break
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        found = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture))
        frame = np.full((HANDS, LANDMARKS, 2), np.nan, np.float32)
        aspect = picture.shape[1] / picture.shape[0]
        for place, points in enumerate(found.hand_landmarks):
            frame[place] = [(point.x * aspect, point.y) for point in points]
        hands.append(frame)
    video.release()
    return np.stack(hands)


class _Stopwatch:
    """Measures the CPU time spent in some methods of a class."""

    def __init__(self, owner: type, *names: str) -> None:
        self.seconds = 0.0
        for name in names:
            setattr(owner, name, self._timed(getattr(owner, name)))

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - start

        return timed


def _take_turns(track: TrackVideo, videos: Videos, connection: Connection) -> None:
    detecting = _Stopwatch(vision.HandLandmarker, "detect", "detect_for_video")
    creating = _Stopwatch(vision.HandLandmarker, "create_from_options", "close")
    paths = cycle(videos.paths)
    connection.send(None)
    while True:
        count, _ = connection.recv()
        detecting.seconds = creating.seconds = 0.0
        clock, cpu = time.perf_counter(), cpu_seconds()
        with mediapipe_at_work():
            landmarks = {path: track(path) for path in islice(paths, count)}
        seconds, cpu = time.perf_counter() - clock, cpu_seconds() - cpu
        connection.send(Tracked(landmarks, seconds, cpu, detecting.seconds, creating.seconds))
