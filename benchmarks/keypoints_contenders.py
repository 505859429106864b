"""Ways from videos to hand landmarks: this project's tracker, and the loop that tutorials show."""

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
    """What contenders work on.

    Attributes:
        paths: The videos.
        tracker: How this project looks for hands.
        seed: Of nothing: no contender does anything random.
    """

    paths: tuple[Path, ...]
    tracker: HandTracker
    seed: int = 0


@dataclass(frozen=True)
class Tracked:
    """What a contender did in one of its turns.

    Attributes:
        landmarks: Of each video: (T, 2, 21, 2), in picture heights, NaN where a hand is absent.
        seconds: By the clock.
        cpu_seconds: Of the CPU.
        detecting_s: CPU seconds in which MediaPipe looked for hands.
        creating_s: CPU seconds in which MediaPipe loaded its models and let go of them.
    """

    landmarks: dict[Path, np.ndarray]
    seconds: float
    cpu_seconds: float
    detecting_s: float
    creating_s: float

    @property
    def frames(self) -> int:
        """Of all videos."""
        return sum(map(len, self.landmarks.values()))


#: A video to its landmarks.
Way = Callable[[Path], np.ndarray]


def render_demo(folder: Path, count: int, seed: int) -> None:
    """Videos of a hand that goes through four shapes."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        keys = tuple(Key(name, hold_s=0.4, transition_s=0.3) for name in rng.choice(list(HANDSHAPES), 4))
        write_sign_video(folder / f"{number}.mp4", render_keys(keys, draw_signer(rng, left_handed=False), rng))


def ours(videos: Videos, connection: Connection) -> None:
    """This project's tracker: VIDEO mode, a landmarker a clip."""
    _take_turns(lambda path: videos.tracker.track(Media(path)).values[:, :, IMAGE, :, :2], videos, connection)


def by_image_loop(videos: Videos, connection: Connection) -> None:
    """Every frame by itself: IMAGE mode, one landmarker for all clips, `cv2.VideoCapture`."""
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
    """Counts the CPU time inside some methods of a class."""

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


def _take_turns(track: Way, videos: Videos, connection: Connection) -> None:
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
