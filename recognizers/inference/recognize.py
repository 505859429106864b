"""Recordings to predictions, many recordings at a time; without torch.

`Transcriber` and `Classifier` recognise segments, and join the results of a recording's segments to its prediction.
`RecordingQueue` feeds them: it collects segments of many recordings, so that batches hold segments of similar length,
and gives the prediction for each recording as soon as its last segment is recognised.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import numpy as np

from data_prep.features.extractor import Frames, Signal
from recognizers.inference.clip_predictor import ClipPredictor, DecodedClip
from recognizers.inference.ctc_alignment import align
from recognizers.inference.segments import Recording
from recognizers.inference.sign_sequence import join_labels
from recognizers.inference.stitching import DecodedSegment, stitch
from recognizers.interpreter import best_label
from recognizers.prediction import Classification, Label, Prediction, Transcript
from recognizers.segmentation.pause_splitting import Segment
from recognizers.segmentation.voice_activity import VoiceActivity

#: The most that a queue holds: entries (segments, and ends of recordings), and seconds of segments.
MAX_QUEUED, MAX_QUEUED_S = 512, 1800.0

Source = TypeVar("Source")
SegmentResult = TypeVar("SegmentResult")
PredictionT = TypeVar("PredictionT", bound=Prediction)
PredictionT_co = TypeVar("PredictionT_co", bound=Prediction, covariant=True)


@dataclass(frozen=True)
class SegmentFeatures:
    """A segment of a recording, ready for the network.

    Attributes:
        segment: The segment.
        frames: Its features.
    """

    segment: Segment
    frames: Frames


class SegmentRecognizer(Protocol[SegmentResult, PredictionT_co]):
    """Recognises segments, and joins those of a recording."""

    @property
    def predictor(self) -> ClipPredictor:
        """The recognizer that computes."""
        ...

    def recognize(self, segments: Sequence[SegmentFeatures]) -> list[SegmentResult]:
        """Recognise segments of any recordings; returns a result for each, in their order."""
        ...

    def join(
        self, results: Sequence[SegmentResult], duration_s: float, activity: VoiceActivity | None
    ) -> PredictionT_co:
        """Make the prediction for a recording from the results for its segments."""
        ...


@dataclass(frozen=True)
class Transcriber:
    """Recognises text.

    Attributes:
        predictor: A recognizer of text.
        batch_size: Segments in a batch.
    """

    predictor: ClipPredictor
    batch_size: int

    def recognize(self, segments: Sequence[SegmentFeatures]) -> list[DecodedSegment]:
        """Decode segments; the emissions of a batch are released before those of the next are computed."""
        by_length = sorted(range(len(segments)), key=lambda index: len(segments[index].frames.values))
        decoded: dict[int, DecodedSegment] = {}
        for start in range(0, len(segments), self.batch_size):
            batch = by_length[start : start + self.batch_size]
            clips = self.predictor.decode_clips([segments[index].frames for index in batch], self.batch_size)
            for index, clip in zip(batch, clips, strict=True):
                decoded[index] = self.place(segments[index].segment, clip)
        return [decoded[index] for index in range(len(segments))]

    def place(self, segment: Segment, clip: DecodedClip) -> DecodedSegment:
        """Give the symbols of a segment times from the beginning of the recording."""
        rates_hz = self.predictor.emission_rate_hz, self.predictor.extractor.frame_rate_hz
        symbols = [
            replace(
                symbol,
                start_s=segment.start_s + symbol.start_s,
                end_s=min(segment.start_s + symbol.end_s, segment.end_s),
            )
            for symbol in align(clip.log_probs, clip.ids, *rates_hz)
        ]
        return DecodedSegment(segment, symbols, clip.confidence)

    def join(self, results: Sequence[DecodedSegment], duration_s: float, activity: VoiceActivity | None) -> Transcript:
        """Stitch the segments of a recording to its transcript."""
        return stitch(results, self.predictor.interpreter.vocabulary, duration_s, activity)


@dataclass(frozen=True)
class Classifier:
    """Recognises labels.

    Attributes:
        predictor: A recognizer of labels.
        batch_size: Segments in a batch.
        top_k: How many labels get a score, the most probable ones; None for all.
    """

    predictor: ClipPredictor
    batch_size: int
    top_k: int | None = None

    def recognize(self, segments: Sequence[SegmentFeatures]) -> list[Label]:
        """Find the best label of each segment."""
        emissions = self.predictor.emissions([each.frames for each in segments], self.batch_size)
        return [self._label(each.segment, log_probs) for each, log_probs in zip(segments, emissions, strict=True)]

    def _label(self, segment: Segment, log_probs: np.ndarray) -> Label:
        """(C,) emissions of a segment -> its best label."""
        best = best_label(log_probs, self.predictor.interpreter.vocabulary)
        scores = dict(list(best.scores.items())[: self.top_k])
        return Label(best.text, segment.start_s, segment.end_s, best.confidence, scores)

    def join(self, results: Sequence[Label], duration_s: float, activity: VoiceActivity | None) -> Classification:
        """Put the labels of a recording in sequence."""
        return join_labels(results, duration_s)


@dataclass(frozen=True)
class Recognized(Generic[Source, PredictionT]):
    """A recording and the prediction for it.

    Attributes:
        source: What the caller added the recording as.
        prediction: The prediction.
        landmarks: Hand landmarks, from which an overlay video can be drawn; None for audio.
    """

    source: Source
    prediction: PredictionT
    landmarks: Signal | None


@dataclass(frozen=True)
class _RecordingEnd(Generic[Source]):
    """Follows the segments of a recording in the queue, with what else its prediction needs."""

    source: Source
    duration_s: float
    activity: VoiceActivity | None
    landmarks: Signal | None


class RecordingQueue(Generic[Source, SegmentResult, PredictionT]):
    """Recognises recordings in the order in which they are added, in batches that mix their segments.

    Args:
        recognizer: A `Transcriber` or a `Classifier`.
    """

    def __init__(self, recognizer: SegmentRecognizer[SegmentResult, PredictionT]) -> None:
        self._recognizer = recognizer
        self._queue: list[SegmentFeatures | _RecordingEnd[Source]] = []
        self._queued_s = 0.0
        #: The results for the first segments of a recording whose last ones are not recognised yet.
        self._results: list[SegmentResult] = []

    def add(self, source: Source, recording: Recording) -> Iterator[Recognized[Source, PredictionT]]:
        """Add a recording, and recognise what is in the queue whenever it is full.

        Args:
            source: Identifies the recording in the results.
            recording: The recording. Its features are computed as the queue takes them in.

        Yields:
            The recordings that are completed by this, often none.
        """
        for segment, frames in recording.segment_frames(self._recognizer.predictor.extractor):
            if self._is_full:
                yield from self.flush()
            self._queue.append(SegmentFeatures(segment, frames))
            self._queued_s += segment.duration_s
        self._queue.append(_RecordingEnd(source, recording.duration_s, recording.activity, recording.landmarks))
        if self._is_full:
            yield from self.flush()

    @property
    def _is_full(self) -> bool:
        return len(self._queue) >= MAX_QUEUED or self._queued_s > MAX_QUEUED_S

    def flush(self) -> Iterator[Recognized[Source, PredictionT]]:
        """Recognise what is left in the queue once all recordings are added."""
        queue, self._queue, self._queued_s = self._queue, [], 0.0
        results = iter(self._recognizer.recognize([each for each in queue if isinstance(each, SegmentFeatures)]))
        for each in queue:
            if isinstance(each, SegmentFeatures):
                self._results.append(next(results))
            else:
                prediction = self._recognizer.join(self._results, each.duration_s, each.activity)
                self._results = []
                yield Recognized(each.source, prediction, each.landmarks)
