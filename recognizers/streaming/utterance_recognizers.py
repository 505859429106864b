"""Recognise one utterance whose samples come in chunks: each frame once, or all anew."""

from typing import Protocol

import numpy as np

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.mfcc import Mfcc
from recognizers.inference.clip_predictor import ClipPredictor, DecodedClip
from recognizers.inference.predictor import Predictor
from recognizers.inference.recognize import RecordingQueue, SegmentFeatures, Transcriber
from recognizers.inference.segments import RecordingReader, is_recognised_whole
from recognizers.inference.word_times import words_from_symbols
from recognizers.prediction import Transcript, Word
from recognizers.runtime.stepwise.step_network import StepNetwork
from recognizers.segmentation.pause_splitting import Segment
from recognizers.segmentation.voice_activity import VoiceActivityDetector
from recognizers.streaming.emission_stream import EmissionStream
from recognizers.streaming.greedy_path import GreedyPath

#: As in `transcribe`: an utterance is shorter than this, so it is recognised in one piece.
WHOLE_UP_TO_S = 30.0

Guess = tuple[str, tuple[Word, ...]]


class UtteranceRecognizer(Protocol):
    """Recognises one utterance; its times count from the beginning of the utterance."""

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples (T,) int16."""
        ...

    def guess(self) -> Guess | None:
        """Return text and words so far; None if they are not known to differ from those returned before."""
        ...

    def finish(self) -> Transcript:
        """End the utterance, and return what `transcribe` gives for its samples."""
        ...


class RecomputedUtterance:
    """Recognises all samples of the utterance anew for each result.

    Args:
        predictor: The recognizer.
        rate_hz: Samples a second.
        detector: Finds the speech in the utterance, from which its words have their times.
        every_s: Seconds of new samples before the utterance is recognised anew; None for only once, at its end.
    """

    def __init__(
        self, predictor: ClipPredictor, rate_hz: float, detector: VoiceActivityDetector, every_s: float | None
    ) -> None:
        self._transcriber = Transcriber(predictor, batch_size=1)
        self._rate_hz = rate_hz
        self._detector = detector
        self._every = float("inf") if every_s is None else every_s * rate_hz
        self._chunks: list[np.ndarray] = []
        self._new = 0

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples (T,) int16."""
        self._chunks.append(samples)
        self._new += len(samples)

    def guess(self) -> Guess | None:
        """Return text and words so far; None unless there are enough new samples."""
        if self._new < self._every:
            return None
        self._new = 0
        predictor = self._transcriber.predictor
        frames = predictor.extractor.frames(self._signal())
        segment = Segment(0.0, len(frames.values) / frames.frame_rate_hz)
        decoded = self._transcriber.recognize([SegmentFeatures(segment, frames)])
        transcript = self._transcriber.join(decoded, segment.duration_s, None)
        return transcript.text, transcript.words

    def finish(self) -> Transcript:
        """End the utterance, and return what `transcribe` gives for its samples."""
        return transcribe_signal(self._transcriber, self._signal(), self._detector)

    def _signal(self) -> Signal:
        self._chunks = [np.concatenate(self._chunks)]
        return Signal(self._chunks[0], self._rate_hz)


class IncrementalUtterance:
    """Computes each frame and each row of log-probabilities once.

    Args:
        predictor: The recognizer.
        network: Its network, step by step.
        detector: Finds the speech in the utterance, from which its words have their times.
    """

    def __init__(self, predictor: Predictor, network: StepNetwork, detector: VoiceActivityDetector) -> None:
        extractor: FeatureExtractor = predictor.extractor
        assert isinstance(extractor, Mfcc)
        self._predictor = predictor
        self._detector = detector
        self._rate_hz = extractor.sample_rate_hz
        self._emissions = EmissionStream(extractor, network)
        self._path = GreedyPath(predictor.emission_rate_hz, extractor.frame_rate_hz)
        self._rows = [np.zeros((0, network.num_ids), np.float32)]
        self._chunks: list[np.ndarray] = []
        self._has_changed = False

    def add(self, samples: np.ndarray) -> None:
        """Take the next samples (T,) int16."""
        self._chunks.append(samples)
        self._take(self._emissions.add(samples))

    def guess(self) -> Guess | None:
        """Return text and words so far; None if there is no new symbol."""
        if not self._has_changed:
            return None
        self._has_changed = False
        symbols, vocabulary = self._path.symbols, self._predictor.interpreter.vocabulary
        duration_s = self._emissions.num_frames / self._predictor.extractor.frame_rate_hz
        words = words_from_symbols(symbols, vocabulary, duration_s, None)
        return vocabulary.spell([symbol.id for symbol in symbols]), tuple(words)

    def finish(self) -> Transcript:
        """End the utterance, and return what `transcribe` gives for its samples."""
        self._take(self._emissions.finish())
        signal = Signal(np.concatenate(self._chunks), self._rate_hz)
        activity = self._detector(signal.values, signal.rate_hz)
        transcriber = Transcriber(self._predictor, batch_size=1)
        if not is_recognised_whole(activity, signal.duration_s):
            return transcribe_signal(transcriber, signal, self._detector)
        log_probs = np.concatenate(self._rows)
        segment = Segment(0.0, self._emissions.num_frames / self._predictor.extractor.frame_rate_hz)
        decoded = transcriber.place(segment, DecodedClip(*self._predictor.decode(log_probs), log_probs))
        return transcriber.join([decoded], segment.duration_s, activity)

    def _take(self, rows: np.ndarray) -> None:
        self._rows.append(rows)
        self._has_changed |= self._path.add(rows)


def transcribe_signal(transcriber: Transcriber, signal: Signal, detector: VoiceActivityDetector) -> Transcript:
    """Recognise a signal as a recording of its own."""
    reader = RecordingReader(transcriber.predictor.extractor, WHOLE_UP_TO_S, "text", detector)
    queue: RecordingQueue = RecordingQueue(transcriber)
    [recognized] = [*queue.add(None, reader.recording_of(signal)), *queue.flush()]
    transcript: Transcript = recognized.prediction
    return transcript
