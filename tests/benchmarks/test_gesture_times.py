import itertools

import numpy as np
import pytest

from benchmarks.gesture_times import (
    AFTER_S,
    BEFORE_S,
    BIN_S,
    GestureTimes,
    Recording,
    bin_means,
    frames_until_break,
)
from data_prep.features.extractor import Frames, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from recognizers.error_analysis.detection import Span, score_detection

RATE_HZ = 25.0
FEATURES = HandKeypoints(num_hands=1, one_side=False, velocity=True, frame_rate_hz=RATE_HZ)


def recording_with_holds(seed: int) -> tuple[Recording, list[Span]]:
    """Return a hand that holds still during two gestures of various lengths, which are emitted anywhere in them."""
    rng = np.random.default_rng(seed)
    truth = [
        Span(label, start_s, start_s + rng.uniform(0.5, 4.0))
        for label, start_s in (("ONE", rng.uniform(2, 5)), ("TWO", rng.uniform(11, 14)))
    ]
    steps = rng.normal(0, 0.02, (500, 21, 3))
    for span in truth:
        steps[round(span.start_s * RATE_HZ) : round(span.end_s * RATE_HZ)] *= 0.02
    landmarks = np.full((500, 2, 2, 21, 3), np.nan, np.float32)
    hand = rng.normal(0, 0.3, (21, 3)) + np.cumsum(steps, axis=0)
    landmarks[:, 0, :] = hand[:, None]
    emissions = []
    for span in truth:
        middle_s = span.start_s + rng.uniform(0.2, 0.95) * span.duration_s
        emissions.append(Span(span.label, middle_s - 0.05, middle_s + 0.05))
    return Recording(FEATURES.frames(Signal(landmarks, RATE_HZ)), emissions), truth


@pytest.fixture(scope="module")
def times() -> GestureTimes:
    learned = [recording_with_holds(seed) for seed in range(40)]
    return GestureTimes([recording for recording, _ in learned], [truth for _, truth in learned])


def test_movement_tells_when_gestures_of_any_length_begin_and_end(times: GestureTimes) -> None:
    unseen = [recording_with_holds(seed) for seed in range(40, 60)]
    found = [times(recording) for recording, _ in unseen]
    assert [[span.label for span in spans] for spans in found] == [["ONE", "TWO"]] * 20
    pairs = [pair for spans, (_, truth) in zip(found, unseen, strict=True) for pair in zip(spans, truth, strict=True)]
    # Without the movement, both errors are above 0.4 s and the index is 0.6.
    assert np.median([abs(span.start_s - true.start_s) for span, true in pairs]) < 0.3
    assert np.median([abs(span.end_s - true.end_s) for span, true in pairs]) < 0.3
    assert score_detection(found, [truth for _, truth in unseen]).jaccard_index > 0.8


def test_without_any_variation_a_gesture_gets_the_usual_times_of_its_class() -> None:
    still = Frames(np.zeros((1000, FEATURES.num_features), np.float32), RATE_HZ)
    right = Recording(still, [Span("TAP", 4.9, 5.1), Span("ONE", 7.9, 8.1)])
    wrong = Recording(still, [Span("TAP", 4.9, 5.1)])
    truth = [Span("TAP", 4.0, 5.5), Span("ONE", 6.0, 9.0)]
    times = GestureTimes([right, right, wrong], [truth, truth, [Span("V", 0.0, 9.0)]])
    tap, unknown = times(Recording(still, [Span("TAP", 19.9, 20.1), Span("V", 30.0, 30.1)]))
    assert (tap.start_s, tap.end_s) == pytest.approx((19.0, 20.5))
    assert unknown == Span("V", 30.0, 30.1)


def test_a_class_that_was_never_seen_keeps_the_times_of_its_emission(times: GestureTimes) -> None:
    recording, _ = recording_with_holds(0)
    unknown = Span("THREE", 9.0, 9.2)
    one, two = recording.emissions
    assert times(Recording(recording.frames, [one, unknown, two]))[1] == unknown
    assert times(Recording(recording.frames, [])) == []


def test_recordings_with_wrong_gestures_teach_nothing() -> None:
    recording, truth = recording_with_holds(0)
    untaught = GestureTimes([recording, recording], [truth[:1], []])
    assert untaught(recording) == list(recording.emissions)


def test_spans_lie_in_the_recording_and_those_of_one_class_do_not_overlap(times: GestureTimes) -> None:
    recording, _ = recording_with_holds(0)
    emissions = [Span("ONE", 0.0, 0.01), Span("ONE", 0.3, 0.4), Span("TWO", 6.0, 6.1), Span("TWO", 6.2, 6.3)]
    emissions += [Span(label, at_s, at_s + 0.1) for label, at_s in (("ONE", 9.0), ("TWO", 9.2), ("ONE", 9.4))]
    emissions += [Span("ONE", 19.9, 20.4)]  # its middle lies behind the last frame
    spans = times(Recording(recording.frames, emissions))
    assert [span.label for span in spans] == [span.label for span in emissions]
    assert all(span.duration_s > 0 for span in spans)
    assert all(span.start_s >= 0 and span.end_s <= 20.4 for span in spans)
    for label in ("ONE", "TWO"):
        for first, second in itertools.pairwise(span for span in spans if span.label == label):
            assert first.end_s <= second.start_s
    one_frame = Frames(recording.frames.values[:1], RATE_HZ)
    assert len(times(Recording(one_frame, emissions[:1]))) == 1


@pytest.mark.parametrize(
    ("holds", "now", "expected"),
    [("11011", 3, (0, 1)), ("11111", 2, (2, 2)), ("1", 0, (0, 0)), ("10111", 4, (2, 0)), ("1101100", 0, (0, 1))],
)
def test_frames_are_counted_up_to_the_first_break(holds: str, now: int, expected: tuple[int, int]) -> None:
    assert frames_until_break(np.array([each == "1" for each in holds]), now) == expected


def test_bins_beyond_the_recording_repeat_its_first_or_last_value() -> None:
    means = bin_means(np.arange(20.0), time_s=0.4, rate_hz=10.0)  # two frames a bin; the emission is at frame 4
    before = round(BEFORE_S / BIN_S)
    assert len(means) == before + round(AFTER_S / BIN_S)
    assert means[: before - 2] == [0.0] * (before - 2)
    assert means[before - 2 : before + 8] == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5]
    assert means[before + 8 :] == [19.0, 19.0]
