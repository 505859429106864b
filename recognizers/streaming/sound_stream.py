"""The text of sound that arrives in chunks."""

from collections.abc import Callable

import numpy as np

from data_prep.errors import InputError
from recognizers.segmentation.silero_detector import WINDOW_S
from recognizers.segmentation.speech_stream import SpeechStream
from recognizers.segmentation.utterances import LEAD_S, UtteranceBegins, UtteranceFinder
from recognizers.streaming.results import Final, Partial, Result, later, later_words
from recognizers.streaming.sound_input import SoundInput
from recognizers.streaming.utterance_recognizers import UtteranceRecognizer

#: A longer chunk is taken in parts of this duration, so that memory stays small.
BLOCK_S = 1.0
#: Sound that is kept while nobody speaks: what belongs to an utterance before its speech is noticed.
KEPT_S = LEAD_S + 1.0


class SoundStream:
    """Recognises utterance by utterance; a `Stream`.

    Args:
        sound: Converts the chunks.
        speech: Finds the speech in them.
        utterances: Finds utterances by the speech.
        begin: Makes the recognizer of an utterance.
        latency_s: See `Stream`.
    """

    def __init__(
        self,
        sound: SoundInput,
        speech: SpeechStream,
        utterances: UtteranceFinder,
        begin: Callable[[], UtteranceRecognizer],
        latency_s: float,
    ) -> None:
        self.latency_s = latency_s
        self._sound, self._speech, self._utterances, self._begin = sound, speech, utterances, begin
        self._held = np.zeros(0, np.int16)  # samples from number `_first` on
        self._first = 0
        self._window = 0  # windows of which it is known whether there is speech
        self._current: UtteranceRecognizer | None = None
        self._start = 0  # first sample of the utterance
        self._shown = ""
        self._is_finished = False

    def add(self, chunk: np.ndarray) -> list[Result]:
        """Take the next chunk, and return the results that it brings; see `Stream`."""
        self._check_open()
        samples = self._sound.add(np.asarray(chunk))
        step = round(BLOCK_S * self._sound.rate_hz)
        results: list[Result] = []
        for start in range(0, len(samples), step):
            results += self._take(samples[start : start + step])
        return results + self._partial()

    def finish(self) -> list[Result]:
        """End the stream, and return the last results; what is being said then ends with it."""
        self._check_open()
        results = self._take(self._sound.finish())
        self._is_finished = True
        if self._current is not None:
            is_pause = self._utterances.end_so_far < self._window
            end = self._sample(self._utterances.end_so_far) if is_pause else self._first + len(self._held)
            results.append(self._end(end))
        return results

    def _check_open(self) -> None:
        if self._is_finished:
            raise InputError("this stream is finished; open another one with stream() for the next recording")

    def _take(self, samples: np.ndarray) -> list[Result]:
        self._held = np.concatenate([self._held, samples])
        probabilities = self._speech.add(samples)
        results: list[Result] = []
        for boundary in self._utterances.add(probabilities.tolist()):
            sample = self._sample(boundary.window)
            if isinstance(boundary, UtteranceBegins):
                self._drop_before(sample)
                self._start, self._current, self._shown = sample, self._begin(), ""
            else:
                results.append(self._end(sample))
        self._window += len(probabilities)
        if self._current is not None:
            self._feed(self._sample(self._utterances.end_so_far))
        else:
            self._drop_before(self._sample(self._window) - round(KEPT_S * self._sound.rate_hz))
        return results

    def _sample(self, window: int) -> int:
        """The sample with which a window begins."""
        return round(window * WINDOW_S * self._sound.rate_hz)

    def _feed(self, end: int) -> None:
        """Give the utterance its samples up to `end`; what follows may belong to another one."""
        assert self._current is not None
        samples = self._held[: max(0, end - self._first)]
        if len(samples):
            self._current.add(samples)
            self._drop_before(end)

    def _drop_before(self, sample: int) -> None:
        dropped = min(max(0, sample - self._first), len(self._held))
        self._held = self._held[dropped:]
        self._first += dropped

    def _end(self, end: int) -> Final:
        self._feed(end)
        assert self._current is not None
        transcript, self._current = self._current.finish(), None
        start_s = self._start / self._sound.rate_hz
        return Final(later(transcript, start_s), start_s, end / self._sound.rate_hz)

    def _partial(self) -> list[Result]:
        guess = None if self._current is None else self._current.guess()
        if guess is None or guess[0] == self._shown:
            return []
        self._shown = guess[0]
        start_s = self._start / self._sound.rate_hz
        return [Partial(guess[0], later_words(guess[1], start_s), start_s, self._first / self._sound.rate_hz)]
