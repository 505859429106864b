"""What the page makes of detected hands: as Python does."""

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.features.hand_identity import HandIdentities
from data_prep.features.hand_tracker import at_constant_rate
from recognizers.segmentation.sign_activity import detect_signs

pytestmark = pytest.mark.browser


def hand(rng: np.random.Generator) -> np.ndarray:
    """A random hand (2, 21, 3) in picture heights, a palm of 0.1 long."""
    found = 0.04 * rng.standard_normal((2, 21, 3))
    found[0, 9] = found[0, 0] + (0.0, -0.1, 0.0)
    return found


def as_mediapipe(found: np.ndarray, aspect: float) -> dict:
    """A detection (2, 21, 3), shares of the picture, as MediaPipe's web task gives it."""
    points = [[dict(zip("xyz", map(float, point), strict=True)) for point in each] for each in found]
    return {"landmarks": points[0], "worldLandmarks": points[1]}


def moving_hands(rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[list[np.ndarray]]]:
    """Times, and the detections of one or two hands that cross, vanish, jump, and are found twice."""
    times_s = np.cumsum(rng.choice([0.033, 0.034, 0.1], count))
    shapes = [hand(rng), hand(rng)]
    detections: list[list[np.ndarray]] = []
    for time_s in times_s:
        found = []
        for number, shape in enumerate(shapes):
            if rng.random() < 0.75:
                moved = shape + 0.003 * rng.standard_normal(shape.shape)
                moved[0, :, 0] += 0.5 + (0.3 - 0.6 * number) * np.cos(2 * time_s)
                moved[0, :, 1] += 0.6 + 0.1 * np.sin(3 * time_s)
                found.append(moved.astype(np.float32))
        if len(found) == 1 and rng.random() < 0.1:
            found.append((found[0] + 0.001).astype(np.float32))
        detections.append([found[place] for place in rng.permutation(len(found))])
    return times_s, detections


def tracked(times_s: np.ndarray, detections: list[list[np.ndarray]], aspect: float) -> Signal:
    """Do what `HandTracker` does with detections."""
    identities = HandIdentities()
    frames = []
    for time_s, found in zip(times_s, detections, strict=True):
        scaled = [each.copy() for each in found]
        for each in scaled:
            each[0] *= (aspect, 1.0, aspect)
        frames.append(identities.assign(scaled, time_s))
    return at_constant_rate(np.stack(frames), times_s)


TRACK = """const { placeOf } = module;
    const tracker = await import("/recognition/hand_tracker.js");
    return given[0].map(([pictures, aspect]) => {
        const signal = tracker.trackHands(pictures, aspect);
        return [signal.values, signal.rateHz];
    });"""


def test_hands_keep_their_places_and_get_a_constant_rate(call) -> None:
    rng = np.random.default_rng(0)
    cases, given = [], []
    for number in range(6):
        times_s, detections = moving_hands(rng, 1 if number == 0 else 60)
        detections[0] = detections[0] or [hand(rng).astype(np.float32)]
        times_s = np.round(times_s * 1000) / 1000
        cases.append((times_s, detections, 16 / 9))
        pictures = [
            {"timeMs": round(1000 * time_s), "hands": [as_mediapipe(each, 16 / 9) for each in found]}
            for time_s, found in zip(times_s, detections, strict=True)
        ]
        given.append([pictures, 16 / 9])
    for (values, rate_hz), case in zip(call("hand_signal", TRACK, given), cases, strict=True):
        expected = tracked(*case)
        assert rate_hz == pytest.approx(expected.rate_hz, rel=1e-12)
        np.testing.assert_allclose(
            np.reshape(values, expected.values.shape), expected.values, rtol=0, atol=1e-6, equal_nan=True
        )


def signing(rng: np.random.Generator) -> Signal:
    """Half a minute of hands that sign, rest, are lowered out of the picture, or get lost for a moment."""
    rate_hz = float(rng.choice([12.0, 25.0, 29.97]))
    count = round(30 * rate_hz)
    values = np.tile(hand(rng)[None, None], (count, 2, 1, 1, 1)).astype(np.float64)
    place, start = np.zeros((count, 2, 2)), 0
    while start < count:
        length = round(rate_hz * rng.choice([0.3, 0.6, 1.0, 2.0, 4.0]))
        time_s = np.arange(length)[:, None, None] / rate_hz
        kind = rng.choice(["sign", "rest", "low", "gone", "one"])
        part = np.full((length, 2, 2), 0.5)
        if kind in ("sign", "one"):
            part += 0.1 * np.sin(rng.uniform(3, 12) * time_s + rng.uniform(0, 6, (1, 2, 2)))
            bend = 0.05 * np.sin(8 * time_s[..., None])
            values[start : start + length, :, 0, 5:9, :2] += bend[: count - start]
        elif kind == "low":
            part += (0, rng.choice([0.25, 0.6]))
        elif kind == "gone":
            part[:] = np.nan
        if kind == "one":
            part[:, 1] = np.nan
        place[start : start + length] = part[: count - start]
        start += length
    values[:, :, 0, :, :2] += place[:, :, None] + 0.001 * rng.standard_normal((count, 2, 21, 2))
    values[rng.random((count, 2)) < 0.05] = np.nan
    values[np.isnan(values[:, :, 0, 0, 0])] = np.nan
    return Signal(values.astype(np.float32), rate_hz)


def test_signs_are_found_at_the_same_times(call) -> None:
    rng = np.random.default_rng(1)
    cases = [signing(rng) for _ in range(12)]
    body = """const { HandSignal } = await import("/recognition/hand_signal.js");
        return given[0].map(([values, rateHz]) => {
            const activity = module.signActivity(new HandSignal(values, rateHz));
            return [activity.signs.map((s) => [s.startS, s.endS]), activity.states(),
                    activity.segments(3).map((s) => [s.startS, s.endS])];
        });"""
    given = [[case.values.ravel(), case.rate_hz] for case in cases]
    numbers = []
    for (signs, states, segments), case in zip(call("sign_activity", body, given), cases, strict=True):
        expected = detect_signs(case)
        assert [tuple(each) for each in signs] == [(sign.start_s, sign.end_s) for sign in expected.signs]
        np.testing.assert_array_equal(states, expected.states())
        assert segments == pytest.approx(np.array([(s.start_s, s.end_s) for s in expected.segments(3.0)]), abs=1e-9)
        numbers.append(len(signs))
    assert len(set(numbers)) > 2
