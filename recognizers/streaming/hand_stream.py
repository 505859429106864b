"""Signs, or text that is signed, in pictures or landmarks that arrive in chunks."""

from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import AXES, COORDINATES, HANDS, IMAGE, LANDMARKS, WRIST, NoHandError
from data_prep.features.joint import signal_extractor
from data_prep.features.landmark_files import landmarks_of
from data_prep.features.mediapipe_process import mediapipe_at_work
from data_prep.media.arrays import PICTURE_RATES_HZ, check_array_rate, pictures_from_array
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.recognize import Classifier, SegmentFeatures, Transcriber
from recognizers.inference.segments import segments_of_signing
from recognizers.prediction import Prediction
from recognizers.segmentation.pause_splitting import LONG_PAUSE_S, Segment
from recognizers.segmentation.sign_activity import SHORTEST_SIGN_S
from recognizers.streaming.results import Final, Partial, Result, later
from recognizers.streaming.settings import StreamSettings

#: Landmarks that are kept: what is at rest, and how fast hands are, is judged by this much of the past.
KEPT_S = 30.0
#: A sign has ended if it ended this long ago: until then, a hand that was lost may come back, or a pause be too short.
SETTLED_S = {"label": 0.5, "text": LONG_PAUSE_S + 0.2}
#: How often signs are looked for.
LOOK_EVERY_S = 0.2
#: A whole stream up to this duration is one clip, as in `classify`, if no sign is found in it.
WHOLE_UP_TO_S = 5.0


class HandStream:
    """Recognises sign by sign, each once the hands have come to rest or left the picture; a `Stream`.

    Signs are found in the last `KEPT_S` seconds as `classify` finds them in a video, and each is recognised as a clip
    of its own. It is noticed when it is certain that it has ended: 1.5 s later if the hands come to rest in the
    picture, and sooner if they leave it.

    Args:
        predictor: A recognizer of hands.
        rate_hz: Pictures or frames of landmarks a second.
        settings: How often a sign is recognised before it has ended.

    Raises:
        MediaError: The rate is out of range.
    """

    def __init__(self, predictor: ClipPredictor, rate_hz: float, settings: StreamSettings) -> None:
        self._rate_hz = check_array_rate(rate_hz, PICTURE_RATES_HZ, "frames")
        self._predictor = predictor
        self._target = predictor.interpreter.target
        self._partial_every_s = settings.partial_every_s
        self._frames = LandmarkInput(predictor.extractor, self._rate_hz)
        self._held: np.ndarray | None = None  # landmarks from frame number `_first` on
        self._first = self._count = 0
        self._look_every = max(1, round(LOOK_EVERY_S * self._rate_hz))
        self._done = 0  # frames before this belong to signs that were recognised
        self._shown, self._shown_at = "", 0
        self._is_finished = False

    @property
    def latency_s(self) -> float:
        """How long after a sign it is recognised, if the hands leave the picture."""
        return SETTLED_S[self._target] + LOOK_EVERY_S

    def add(self, chunk: np.ndarray) -> list[Result]:
        """Take the next pictures or landmarks, and return the results that they bring; see `Stream`."""
        self._check_open()
        results: list[Result] = []
        for landmarks in self._frames.add(np.asarray(chunk)):
            self._hold(landmarks)
            if self._count % self._look_every == 0:
                results += self._look(is_last=False)
        return results

    def finish(self) -> list[Result]:
        """End the stream, and return the last results; a sign that is being made then ends with it."""
        self._check_open()
        self._is_finished = True
        self._frames.close()
        results = self._look(is_last=True)
        if self._done == 0 and not results and self._sees_hands and self._count <= WHOLE_UP_TO_S * self._rate_hz:
            results.append(self._final(0, self._count))
        return results

    def _check_open(self) -> None:
        if self._is_finished:
            raise InputError("this stream is finished; open another one with stream() for the next recording")

    def _hold(self, landmarks: np.ndarray) -> None:
        """Keep one more frame (P, 2, 21, 3)."""
        frame = landmarks[None]
        self._held = frame if self._held is None else np.concatenate([self._held, frame])
        self._count += 1
        dropped = max(0, len(self._held) - round(KEPT_S * self._rate_hz))
        self._held, self._first = self._held[dropped:], self._first + dropped

    @property
    def _sees_hands(self) -> bool:
        return self._held is not None and bool(np.isfinite(self._held[:, :HANDS, IMAGE, WRIST, 0]).any())

    def _look(self, is_last: bool) -> list[Result]:
        """Find the signs that have ended, and perhaps guess the one that has not."""
        if not self._sees_hands:
            return []
        assert self._held is not None
        results: list[Result] = []
        for segment in segments_of_signing(Signal(self._held, self._rate_hz), self._target):
            start, end = (self._first + round(each * self._rate_hz) for each in (segment.start_s, segment.end_s))
            start, end = max(start, self._done), min(end, self._count)
            if (end - start) / self._rate_hz < SHORTEST_SIGN_S:
                continue
            if is_last or end + SETTLED_S[self._target] * self._rate_hz <= self._count:
                results.append(self._final(start, end))
                self._done, self._shown = end, ""
            else:
                results += self._partial(start, end)
        return results

    def _final(self, start: int, end: int) -> Final:
        start_s, end_s = start / self._rate_hz, end / self._rate_hz
        return Final(later(self._recognize(start, end), start_s), start_s, end_s)

    def _partial(self, start: int, end: int) -> list[Result]:
        if self._partial_every_s is None or self._count - self._shown_at < self._partial_every_s * self._rate_hz:
            return []
        self._shown_at = self._count
        final = self._final(start, end)
        if final.text == self._shown:
            return []
        self._shown = final.text
        words = getattr(final.prediction, "words", ())
        return [Partial(final.text, words, final.start_s, final.end_s)]

    def _recognize(self, start: int, end: int) -> Prediction:
        assert self._held is not None
        values = np.ascontiguousarray(self._held[start - self._first : end - self._first])
        frames = self._predictor.extractor.frames(Signal(values, self._rate_hz))
        segment = Segment(0.0, len(frames.values) / frames.frame_rate_hz)
        features = [SegmentFeatures(segment, frames)]
        if self._target == "label":
            classifier = Classifier(self._predictor, batch_size=1)
            return classifier.join(classifier.recognize(features), segment.duration_s, None)
        transcriber = Transcriber(self._predictor, batch_size=1)
        return transcriber.join(transcriber.recognize(features), segment.duration_s, None)


class LandmarkInput:
    """Turns chunks of pictures or landmarks into the landmarks of each frame.

    Args:
        extractor: The recognizer's, whose tracker finds hands in pictures.
        rate_hz: Frames a second.

    Raises:
        InputError: The recognizer does not read hands.
    """

    def __init__(self, extractor: FeatureExtractor, rate_hz: float) -> None:
        first = signal_extractor(extractor)
        if not isinstance(first, HandKeypoints):
            raise InputError(f"features={type(first).__name__}: cannot be streamed; expected sound or hands")
        self._tracker = first.tracker
        self._rate_hz = rate_hz
        self._open = ExitStack()
        self._follow: Callable[[float, np.ndarray], np.ndarray] | None = None
        self._count = 0  # pictures so far

    def add(self, chunk: np.ndarray) -> np.ndarray:
        """Pictures (n, height, width, 3) or one of them, or landmarks -> (n, P, 2, 21, 3).

        Landmarks are (n, 21, 3) of one hand or (n, 2, 21, 3) of two, or those of a `Signal`.

        Raises:
            MediaError: The chunk is neither.
            InputError: MediaPipe cannot be used, which finds hands in pictures.
        """
        if chunk.dtype == np.uint8:
            pictures = chunk if chunk.ndim == 4 else chunk[None]
            return np.stack([self._track(picture) for _, picture in pictures_from_array(pictures, self._rate_hz)])
        if len(chunk) == 0:
            return np.zeros((0, HANDS, COORDINATES, LANDMARKS, AXES), np.float32)
        if chunk.ndim == 5 and chunk.shape[2:] == (COORDINATES, LANDMARKS, AXES):
            return chunk.astype(np.float32)
        try:
            return landmarks_of(chunk, self._rate_hz).values
        except NoHandError:
            return np.full((len(chunk), HANDS, COORDINATES, LANDMARKS, AXES), np.nan, np.float32)

    def close(self) -> None:
        """Stop following hands in pictures."""
        self._open.close()

    def _track(self, picture: np.ndarray) -> np.ndarray:
        with mediapipe_at_work():
            if self._follow is None:
                self._follow = self._open.enter_context(self._tracker.following())
            self._count += 1
            return self._follow((self._count - 1) / self._rate_hz, np.ascontiguousarray(picture))
