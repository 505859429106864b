import numpy as np
import pytest

from benchmarks.gesture_times import GestureTimes, Recording
from data_prep.features.extractor import Frames
from recognizers.error_analysis.detection import Span, score_detection

RATE_HZ = 25.0


def recording_with_holds(seed: int) -> tuple[Recording, list[Span]]:
    """Return a hand that holds still during two gestures of various lengths, which are emitted near their end."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.3, (500, 66))
    truth = [
        Span(label, start_s, start_s + rng.uniform(0.5, 4.0))
        for label, start_s in (("ONE", rng.uniform(2, 5)), ("TWO", rng.uniform(11, 14)))
    ]
    for span in truth:
        steps[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)] *= 0.02
    values = np.cumsum(steps, axis=0).astype(np.float32)
    emitted = [Span(span.label, span.end_s - 0.3, span.end_s - 0.2) for span in truth]
    return Recording(Frames(values, RATE_HZ), emitted), truth


def test_movement_tells_when_gestures_of_any_length_begin_and_end() -> None:
    learned = [recording_with_holds(seed) for seed in range(40)]
    times = GestureTimes([recording for recording, _ in learned], [truth for _, truth in learned])
    unseen = [recording_with_holds(seed) for seed in range(40, 60)]
    found = [times(recording) for recording, _ in unseen]
    assert [[span.label for span in spans] for spans in found] == [["ONE", "TWO"]] * 20
    errors_s = [
        abs(span.start_s - true.start_s)
        for spans, (_, truth) in zip(found, unseen, strict=True)
        for span, true in zip(spans, truth, strict=True)
    ]
    assert np.median(errors_s) < 0.25  # one usual length would be wrong by 0.9 s
    scores = score_detection(found, [truth for _, truth in unseen])
    assert scores.detection_rate > 0.9
    assert scores.jaccard_index > 0.8


def test_a_class_that_was_never_seen_keeps_the_times_of_its_emission() -> None:
    recording, truth = recording_with_holds(0)
    unknown = Span("THREE", 9.0, 9.2)
    times = GestureTimes([recording], [truth])
    first, middle, last = times(Recording(recording.frames, [recording.emitted[0], unknown, recording.emitted[1]]))
    assert (first.label, middle, last.label) == ("ONE", unknown, "TWO")
    assert first.start_s == pytest.approx(truth[0].start_s)
    assert times(Recording(recording.frames, [])) == []


def test_recordings_with_wrong_gestures_teach_nothing() -> None:
    recording, truth = recording_with_holds(0)
    times = GestureTimes([recording, recording], [truth[:1], []])
    assert times(recording) == list(recording.emitted)


def test_an_emission_at_either_end_of_a_recording_and_a_single_frame_are_described() -> None:
    recording, truth = recording_with_holds(0)
    times = GestureTimes([recording], [truth])
    at_the_end = Span("ONE", 19.9, 20.4)  # its middle lies behind the last frame
    for frames in (recording.frames, Frames(recording.frames.values[:1], RATE_HZ)):
        assert len(times(Recording(frames, [Span("ONE", 0.0, 0.01), at_the_end]))) == 2
