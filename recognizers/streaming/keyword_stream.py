"""Labels of sound that does not end: a window slides over it."""

import math
from collections import deque

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

#: A longer chunk is taken in parts of this duration, so that memory stays small.
BLOCK_S = 1.0


class KeywordStream:
    """Finds keywords; a `Stream` without partial results.

    A recognizer of keywords knows clips of one word each. So it is asked about a window that slides over the sound,
    wherever there is speech in it. The probabilities of the last few windows are averaged, because those of a word stay
    high while it passes through the window, but those of other sounds come and go (Chen et al., 2014). A label counts
    if this mean reaches the threshold, and then none counts for some time, because the same word is still there.

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
        self._predictor, self._sound, self._speech, self._settings = predictor, sound, speech, settings
        self._vocabulary = predictor.interpreter.vocabulary
        for label in settings.ignored:
            if label not in self._vocabulary.symbols:
                raise InputError(f"ignored: {label!r} is no label; found {', '.join(self._vocabulary.symbols)}")
        self._held = np.zeros(0, np.int16)  # samples from number `_first` on
        self._first = 0
        self._window, self._step = (round(each * sound.rate_hz) for each in (settings.window_s, settings.step_s))
        self._next_end = self._window  # where the next window ends
        self._is_speech: deque[bool] = deque(maxlen=round(settings.window_s / WINDOW_S))
        self._speech_windows = 0
        self._waiting: list[bool] = []  # whether there is speech, for the windows after those of `_is_speech`
        self._recent: deque[np.ndarray] = deque(maxlen=max(1, round(settings.smooth_s / settings.step_s)))
        self._quiet_until = 0
        self._is_finished = False

    @property
    def latency_s(self) -> float:
        """How long after the end of a word its window can be complete: half of what a window exceeds it, and a step."""
        return self._settings.step_s + self._settings.smooth_s / 2

    def add(self, chunk: np.ndarray) -> list[Result]:
        """Take the next chunk, and return the keywords that it brings; see `Stream`."""
        self._check_open()
        samples = self._sound.add(np.asarray(chunk))
        step = round(BLOCK_S * self._sound.rate_hz)
        results: list[Result] = []
        for start in range(0, len(samples), step):
            results += self._take(samples[start : start + step])
        return results

    def finish(self) -> list[Result]:
        """End the stream, and return the last keywords; a stream that is shorter than a window is one window."""
        self._check_open()
        results = self._take(self._sound.finish())
        self._is_finished = True
        if self._next_end == self._window and len(self._held):
            self._recent.append(self._probabilities(self._held))
            results += self._detect(len(self._held))
        return results

    def _check_open(self) -> None:
        if self._is_finished:
            raise InputError("this stream is finished; open another one with stream() for the next recording")

    def _take(self, samples: np.ndarray) -> list[Result]:
        self._held = np.concatenate([self._held, samples])
        self._waiting += (self._speech.add(samples) >= CONTINUE_PROBABILITY).tolist()
        results: list[Result] = []
        # A window waits until it is known whether there is speech up to its end.
        while self._next_end <= self._first + len(self._held) and self._hear_until(self._next_end):
            window = self._held[self._next_end - self._window - self._first : self._next_end - self._first]
            self._recent.append(self._probabilities(window) if self._has_speech else self._nothing)
            results += self._detect(self._next_end)
            self._next_end += self._step
            dropped = self._next_end - self._window - self._first
            self._held, self._first = self._held[dropped:], self._first + dropped
        return results

    def _hear_until(self, sample: int) -> bool:
        """Learn where there is speech up to a sample; False if that is not known yet."""
        count = math.floor(sample / self._sound.rate_hz / WINDOW_S) - self._speech_windows
        if count > len(self._waiting):
            return False
        self._is_speech.extend(self._waiting[:count])
        self._waiting = self._waiting[count:]
        self._speech_windows += count
        return True

    @property
    def _has_speech(self) -> bool:
        return sum(self._is_speech) * WINDOW_S >= SHORTEST_RUN_S

    @property
    def _nothing(self) -> np.ndarray:
        return np.zeros(self._vocabulary.num_ids, np.float32)

    def _probabilities(self, samples: np.ndarray) -> np.ndarray:
        """(T,) -> (C,)."""
        signal = Signal(np.ascontiguousarray(samples), self._sound.rate_hz)
        [log_probs] = self._predictor.emissions([self._predictor.extractor.frames(signal)], batch_size=1)
        return np.exp(log_probs)

    def _detect(self, end: int) -> list[Result]:
        """Return the keyword, if there is one, in the last windows, of which the latest ends at sample `end`."""
        if end < self._quiet_until:
            return []
        mean = np.mean(self._recent, axis=0) if len(self._recent) == self._recent.maxlen or self._is_finished else None
        if mean is None or mean.max() < self._settings.threshold:
            return []
        best = best_label(np.log(np.maximum(mean, 1e-30)), self._vocabulary)
        if best.text in self._settings.ignored:
            return []
        self._quiet_until = end + round(self._settings.refractory_s * self._sound.rate_hz)
        end_s = end / self._sound.rate_hz
        start_s = max(0.0, end_s - self._settings.window_s)
        label = Label(best.text, start_s, end_s, best.confidence, best.scores)
        return [Final(join_labels([label], end_s - start_s), start_s, end_s)]
