"""The queue gives each recording its own segments, however many recordings share a batch."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data_prep.features.extractor import Frames, Signal
from recognizers.inference import recognize
from recognizers.inference.recognize import RecordingQueue, SegmentFeatures
from recognizers.inference.segments import Recording, SegmentedRecording, WholeClip
from recognizers.prediction import Transcript
from recognizers.segmentation.pause_splitting import Segment


class SpanRecognizer:
    """Gives as text the spans of a recording's segments, and notes how many segments it gets at once."""

    def __init__(self) -> None:
        extractor = SimpleNamespace(frames=lambda signal: Frames(np.zeros((len(signal.values), 1)), signal.rate_hz))
        self.predictor: Any = SimpleNamespace(extractor=extractor)
        self.calls: list[int] = []

    def recognize(self, segments: Sequence[SegmentFeatures]) -> list[str]:
        self.calls.append(len(segments))
        return [f"{each.segment.start_s:g}-{each.segment.end_s:g}" for each in segments]

    def join(self, results: Sequence[str], duration_s: float, activity: object) -> Transcript:
        return Transcript(" ".join(results), 1.0, (), duration_s)


def whole_clip(duration_s: float) -> WholeClip:
    return WholeClip(Frames(np.zeros((round(10 * duration_s), 1)), 10.0))


def segmented(*spans: tuple[float, float]) -> SegmentedRecording:
    return SegmentedRecording(Signal(np.zeros(1000, np.int16), 10.0), tuple(Segment(*span) for span in spans))


RECORDINGS: dict[str, Recording] = {
    "whole": whole_clip(2.0),
    "silent": segmented(),
    "long": segmented((0, 5), (10, 20), (30, 33)),
    "last": whole_clip(3.0),
}
EXPECTED = [("whole", "0-2", 2.0), ("silent", "", 100.0), ("long", "0-5 10-20 30-33", 100.0), ("last", "0-3", 3.0)]


@pytest.mark.parametrize("max_queued", [1, 2, 3, 5, 512])
def test_each_recording_gets_its_segments_in_order(max_queued: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "MAX_QUEUED", max_queued)
    queue: RecordingQueue[str, str, Transcript] = RecordingQueue(SpanRecognizer())
    found = [each for name, recording in RECORDINGS.items() for each in queue.add(name, recording)]
    found += queue.flush()
    assert [(each.source, each.prediction.text, each.prediction.duration_s) for each in found] == EXPECTED


def test_segments_of_different_recordings_are_recognised_together() -> None:
    recognizer = SpanRecognizer()
    queue: RecordingQueue[str, str, Transcript] = RecordingQueue(recognizer)
    for name, recording in RECORDINGS.items():
        assert list(queue.add(name, recording)) == []
    assert len(list(queue.flush())) == len(RECORDINGS)
    assert recognizer.calls == [5]


def test_a_full_queue_gives_results_before_the_next_recording_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "MAX_QUEUED_S", 1.0)
    queue: RecordingQueue[str, str, Transcript] = RecordingQueue(SpanRecognizer())
    assert [each.source for each in queue.add("a", whole_clip(2.0))] == ["a"]


def test_a_long_recording_is_recognised_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "MAX_QUEUED_S", 4.0)
    recognizer = SpanRecognizer()
    queue: RecordingQueue[str, str, Transcript] = RecordingQueue(recognizer)
    [found] = [*queue.add("long", RECORDINGS["long"]), *queue.flush()]
    assert found.prediction.text == "0-5 10-20 30-33"
    assert recognizer.calls[:2] == [1, 1]


def test_landmarks_are_passed_on_for_video_only() -> None:
    landmarks = Signal(np.zeros((30, 2, 2, 21, 3), np.float32), 30.0)
    video = SegmentedRecording(landmarks, (Segment(0.0, 1.0),))
    assert video.landmarks is landmarks
    assert segmented().landmarks is None
