"""Labels of sound that does not end: a window slides over it."""

import math
from collections import deque
from collections.abc import Iterator

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.sign_sequence import join_labels
from recognizers.interpreter import best_label
from recognizers.prediction import Label
from recognizers.segmentation.silero_detector import CONTINUE_PROBABILITY, SHORTEST_RUN_S, WINDOW_S
from recognizers.segmentation.speech_stream import SpeechStream
from recognizers.streaming.results import Final, Result
from recognizers.streaming.settings import StreamSettings
from recognizers.streaming.sound_input import SoundInput
from recognizers.vocabulary import Vocabulary

#: A longer chunk is taken in parts of this duration, so that memory stays small.
BLOCK_S = 1.0


class KeywordStream:
    """Finds keywords; a `Stream` without partial results.

    A recognizer of keywords knows clips of one word each. So it is asked about a window that slides over the sound,
    wherever there is speech in it (`KeywordWindows`), and a label counts if it stays probable (`KeywordDetector`).

    Args:
        predictor: A recognizer of labels of sound.
        sound: Converts the chunks.
        speech: Finds the speech in them.
        settings: The window, the threshold and the rest.

    Raises:
        InputError: A label to be ignored is none of the recognizer's.
    """

    def __init__(
        self, predictor: ClipPredictor, sound: SoundInput, speech: SpeechStream, settings: StreamSettings
    ) -> None:
        self._sound, self._settings = sound, settings
        self._windows = KeywordWindows(predictor, sound.rate_hz, speech, settings)
        self._detector = KeywordDetector(predictor.interpreter.vocabulary, settings)
        self._is_finished = False

    @property
    def latency_s(self) -> float:
        """How long a word that fills its window waits for the windows whose probabilities are averaged."""
        return self._settings.step_s + self._settings.smooth_s / 2

    def add(self, chunk: np.ndarray) -> list[Result]:
        """Take the next chunk, and return the keywords that it brings; see `Stream`."""
        self._check_open()
        return self._detect(self._sound.add(np.asarray(chunk)))

    def finish(self) -> list[Result]:
        """End the stream, and return the last keywords; a stream that is shorter than a window is one window."""
        self._check_open()
        self._is_finished = True
        results = self._detect(self._sound.finish())
        for end_s, probabilities in self._windows.finish():
            results += self._detector.add(end_s, probabilities, is_only=True)
        return results

    def _check_open(self) -> None:
        if self._is_finished:
            raise InputError("this stream is finished; open another one with stream() for the next recording")

    def _detect(self, samples: np.ndarray) -> list[Result]:
        step = round(BLOCK_S * self._sound.rate_hz)
        results: list[Result] = []
        for start in range(0, len(samples), step):
            for end_s, probabilities in self._windows.add(samples[start : start + step]):
                results += self._detector.add(end_s, probabilities)
        return results


class KeywordWindows:
    """The probabilities of labels in a window that slides over the sound; 0 where there is no speech in it.

    Args:
        predictor: A recognizer of labels of sound.
        rate_hz: Samples a second.
        speech: Finds the speech.
        settings: The window and its step.
    """

    def __init__(
        self, predictor: ClipPredictor, rate_hz: float, speech: SpeechStream, settings: StreamSettings
    ) -> None:
        self._predictor, self._rate_hz, self._speech = predictor, rate_hz, speech
        self._held = np.zeros(0, np.int16)  # samples from number `_first` on
        self._first = 0
        self._window, self._step = (round(each * rate_hz) for each in (settings.window_s, settings.step_s))
        self._next_end = self._window  # where the next window ends
        self._is_speech: deque[bool] = deque(maxlen=round(settings.window_s / WINDOW_S))
        self._num_heard = 0  # how many of the detector's windows were put into `_is_speech`
        self._waiting: list[bool] = []  # whether there is speech in those after

    def add(self, samples: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
        """(T,) int16 -> the end of each window that is complete by now, in seconds, and probabilities (C,)."""
        self._held = np.concatenate([self._held, samples])
        self._waiting += (self._speech.add(samples) >= CONTINUE_PROBABILITY).tolist()
        # A window waits until it is known whether there is speech up to its end.
        while self._next_end <= self._first + len(self._held) and self._hear_until(self._next_end):
            yield self._next_end / self._rate_hz, self._probabilities(self._held[: self._window])
            self._next_end += self._step
            self._held, self._first = self._held[self._step :], self._first + self._step

    def finish(self) -> Iterator[tuple[float, np.ndarray]]:
        """Return all sound as one window, if it is shorter than a window."""
        if self._next_end == self._window and len(self._held):
            self._is_speech.extend([True] * math.ceil(SHORTEST_RUN_S / WINDOW_S))
            yield len(self._held) / self._rate_hz, self._probabilities(self._held)

    def _hear_until(self, sample: int) -> bool:
        """Learn where there is speech up to a sample; False if that is not known yet."""
        count = math.floor(sample / self._rate_hz / WINDOW_S) - self._num_heard
        if count > len(self._waiting):
            return False
        self._is_speech.extend(self._waiting[:count])
        self._waiting = self._waiting[count:]
        self._num_heard += count
        return True

    def _probabilities(self, samples: np.ndarray) -> np.ndarray:
        """(T,) -> (C,)."""
        if sum(self._is_speech) * WINDOW_S < SHORTEST_RUN_S - WINDOW_S / 2:
            return np.zeros(self._predictor.interpreter.vocabulary.num_ids, np.float32)
        signal = Signal(np.ascontiguousarray(samples), self._rate_hz)
        [log_probs] = self._predictor.emissions([self._predictor.extractor.frames(signal)], batch_size=1)
        return np.exp(log_probs)


class KeywordDetector:
    """Decides where a keyword was said.

    The probabilities of the last few windows are averaged, because those of a word stay high while it passes through
    the window, but those of other sounds come and go (Chen et al., 2014). A label counts if its mean reaches the
    threshold, and then none counts for some time, because the same word is still there.

    Args:
        vocabulary: The labels.
        settings: The threshold and the rest.

    Raises:
        InputError: A label to be ignored is none of the recognizer's.
    """

    def __init__(self, vocabulary: Vocabulary, settings: StreamSettings) -> None:
        for label in settings.ignored:
            if label not in vocabulary.symbols:
                raise InputError(f"ignored: {label!r} is no label; found {', '.join(vocabulary.symbols)}")
        self._vocabulary, self._settings = vocabulary, settings
        self._recent: deque[np.ndarray] = deque(maxlen=max(1, round(settings.smooth_s / settings.step_s)))
        self._quiet_until_s = 0.0

    def add(self, end_s: float, probabilities: np.ndarray, is_only: bool = False) -> list[Final]:
        """Take the probabilities (C,) in the next window.

        Args:
            end_s: Where the window ends.
            probabilities: Those of the labels.
            is_only: Whether it is the only window there is.

        Returns:
            The keyword, if there is one.
        """
        self._recent.append(probabilities)
        is_full = is_only or len(self._recent) == self._recent.maxlen
        mean = np.mean(self._recent, axis=0)
        if end_s < self._quiet_until_s or not is_full or mean.max() < self._settings.threshold:
            return []
        best = best_label(np.log(np.maximum(mean, 1e-30)), self._vocabulary)
        if best.text in self._settings.ignored:
            return []
        self._quiet_until_s = end_s + self._settings.refractory_s
        start_s = max(0.0, end_s - self._settings.window_s)
        label = Label(best.text, start_s, end_s, best.confidence, best.scores)
        return [Final(join_labels([label], end_s - start_s), start_s, end_s)]
