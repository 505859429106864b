from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HandTracker, at_constant_rate
from data_prep.media import Media, MediaError

RATE_HZ = 30.0
# From the wrist, in palm lengths, as in a picture: x right, y down; the thumb side is on the right.
FINGER_BASES = ((0.25, -0.3), (0.28, -0.95), (0.0, -1.0), (-0.2, -0.95), (-0.4, -0.85))
FINGER_LENGTHS = (0.8, 0.9, 1.0, 0.9, 0.7)
MIRROR = np.array([-1, 1, 1], np.float32)
SETTINGS = [
    HandKeypoints(coordinates=coordinates, num_hands=num_hands, velocity=velocity, one_side=one_side, fill_gaps_s=0)
    for coordinates, num_hands, velocity, one_side in product(("world", "image"), (1, 2), (False, True), (False, True))
]
SHAPE, POSITION = slice(0, 63), slice(63, 66)


def open_hand() -> np.ndarray:
    points = [(0.0, 0.0, 0.0)]
    for (x, y), length in zip(FINGER_BASES, FINGER_LENGTHS, strict=True):
        points += [(x * (1 + s), y - s * length, 0.05 * s) for s in (0.0, 0.4, 0.7, 1.0)]
    return np.array(points)


def moving_hand(
    times_s: np.ndarray, seed: int = 0, palm: float = 0.2, place: tuple[float, float] = (0.7, 0.6)
) -> np.ndarray:
    """A hand that bends and wanders slowly and smoothly: (T, 2, 21, 3), image and world."""
    rng = np.random.default_rng(seed)
    phase, bend = rng.uniform(0, 2 * np.pi, (21, 3)), rng.uniform(0, 0.08, (21, 3))
    bend[[0, 9]] = 0  # the palm keeps its length
    shape = open_hand() + bend * np.sin(3 * times_s[:, None, None] + phase)
    path = np.stack([np.sin(2 * times_s + seed), np.cos(3 * times_s + seed), 0.1 * np.sin(times_s)], axis=1)
    image = palm * (shape + 0.5 * path[:, None]) + [*place, 0.0]
    world = 0.09 * (shape - shape.mean(axis=1, keepdims=True))
    return np.stack([image, world], axis=1).astype(np.float32)


def signal_of(*hands: np.ndarray, rate_hz: float = RATE_HZ) -> Signal:
    values = np.full((len(hands[0]), 2, 2, 21, 3), np.nan, np.float32)
    for slot, hand in enumerate(hands):
        values[:, slot] = hand
    return Signal(values, rate_hz)


def at(rate_hz: float, duration_s: float = 1.0) -> np.ndarray:
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def one_hand(**how: Any) -> Signal:
    return signal_of(moving_hand(at(RATE_HZ), **how))


def two_hands(left_seed: int = 1, right_seed: int = 2) -> Signal:
    return signal_of(
        moving_hand(at(RATE_HZ), left_seed, place=(0.3, 0.6)), moving_hand(at(RATE_HZ), right_seed, place=(1.3, 0.6))
    )


def without(signal: Signal, absent: np.ndarray, slot: int = 0) -> Signal:
    values = signal.values.copy()
    values[absent, slot] = np.nan
    return Signal(values, signal.rate_hz)


@pytest.mark.parametrize("keypoints", SETTINGS, ids=str)
@pytest.mark.parametrize("signal", [one_hand(), two_hands()], ids=["one hand", "two hands"])
def test_num_features_is_the_width_in_every_combination(keypoints: HandKeypoints, signal: Signal) -> None:
    frames = keypoints.frames(signal)
    assert frames.values.shape == (30, keypoints.num_features)
    assert frames.values.dtype == np.float32
    assert frames.presence is not None
    assert frames.presence.shape == (30,)
    assert np.isfinite(frames.values).all()


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(SETTINGS),
    st.floats(0.2, 5),
    st.floats(0.2, 5),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)),
    st.booleans(),
)
def test_frames_do_not_depend_on_hand_size_or_camera_position(
    keypoints: HandKeypoints, image_scale: float, world_scale: float, shift: tuple[float, ...], both: bool
) -> None:
    signal = two_hands() if both else one_hand()
    moved = signal.values.copy()
    moved[:, :, 0] = moved[:, :, 0] * image_scale + np.array(shift, np.float32)
    moved[:, :, 1] *= world_scale
    expected = keypoints.frames(signal).values
    found = keypoints.frames(Signal(moved, RATE_HZ)).values
    # Velocities are differences of float32 coordinates, 30 times as large.
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3 if keypoints.velocity else 1e-4)


@pytest.mark.parametrize("coordinates", ["world", "image"])
def test_the_shape_is_relative_to_the_wrist_in_palm_lengths(coordinates: Any) -> None:
    still = np.repeat(moving_hand(np.zeros(1)), 5, axis=0)
    values = HandKeypoints(coordinates=coordinates, num_hands=1).frames(signal_of(still)).values
    shape = values[0, SHAPE].reshape(21, 3)
    np.testing.assert_allclose(shape[0], 0, atol=1e-6)
    assert np.linalg.norm(shape[9]) == pytest.approx(1.0, abs=1e-5)
    points = still[0, 1 if coordinates == "world" else 0]
    np.testing.assert_allclose(shape, (points - points[0]) / np.linalg.norm(points[9] - points[0]), atol=1e-5)
    np.testing.assert_allclose(values[:, POSITION], 0, atol=1e-5)


@pytest.mark.parametrize("keypoints", [one for one in SETTINGS if one.one_side], ids=str)
def test_a_mirrored_one_handed_clip_gives_the_same_frames(keypoints: HandKeypoints) -> None:
    signal = one_hand()
    mirrored = signal.values * MIRROR
    mirrored[:, :, 0, :, 0] += 1.6
    expected = keypoints.frames(signal).values
    np.testing.assert_allclose(keypoints.frames(Signal(mirrored, RATE_HZ)).values, expected, atol=1e-4)
    two_sided = replace(keypoints, one_side=False)
    assert np.abs(two_sided.frames(Signal(mirrored, RATE_HZ)).values - expected).max() > 0.1


def test_one_handed_clips_are_mirrored_to_have_the_thumb_on_the_right() -> None:
    for values in (one_hand().values, one_hand().values * MIRROR):
        shape = HandKeypoints().frames(Signal(values, RATE_HZ)).values[:, SHAPE].reshape(-1, 21, 3)
        assert (shape[:, 5, 0] > shape[:, 17, 0]).all()


def test_two_handed_clips_are_not_mirrored() -> None:
    mirrored = Signal(two_hands().values * MIRROR, RATE_HZ)
    one_sided, two_sided = HandKeypoints(one_side=True), HandKeypoints(one_side=False)
    for signal in (two_hands(), mirrored):
        np.testing.assert_array_equal(one_sided.frames(signal).values, two_sided.frames(signal).values)


@pytest.mark.parametrize("num_hands", [1, 2])
@pytest.mark.parametrize("slot", [0, 1])
def test_the_index_of_a_single_hand_does_not_matter(num_hands: int, slot: int) -> None:
    keypoints = HandKeypoints(num_hands=num_hands)
    values = one_hand().values[:, [slot, 1 - slot]]
    expected = keypoints.frames(one_hand()).values
    np.testing.assert_array_equal(keypoints.frames(Signal(values, RATE_HZ)).values, expected)


def test_two_hands_are_ordered_from_left_to_right() -> None:
    keypoints = HandKeypoints(velocity=True)
    signal = two_hands()
    swapped = Signal(signal.values[:, ::-1], RATE_HZ)
    frames = keypoints.frames(signal).values
    np.testing.assert_array_equal(keypoints.frames(swapped).values, frames)
    left, right = np.split(frames, 2, axis=1)
    assert (left[:, 63] < right[:, 63]).all()


@pytest.mark.parametrize(("seen", "kept"), [(7, False), (8, True)])
def test_a_rarely_seen_second_hand_is_dropped(seen: int, kept: bool) -> None:
    signal = without(two_hands(), np.arange(30) >= seen, slot=1)
    values = HandKeypoints().frames(signal).values
    assert values[:, 66].all()
    assert bool(values[:, 67:].any()) == kept


def test_with_one_hand_the_one_seen_more_is_chosen() -> None:
    signal = without(two_hands(1, 2), np.arange(30) % 2 == 0, slot=0)
    alone = signal_of(signal.values[:, 1])
    keypoints = HandKeypoints(num_hands=1)
    np.testing.assert_array_equal(keypoints.frames(signal).values, keypoints.frames(alone).values)


masks = st.lists(st.booleans(), min_size=30, max_size=30).map(np.array)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SETTINGS), masks, masks)
def test_absent_hands_are_exactly_0(keypoints: HandKeypoints, first: np.ndarray, second: np.ndarray) -> None:
    signal = without(without(two_hands(), first, 0), second, 1)
    if first.all() and second.all():
        return
    frames = keypoints.frames(signal)
    for hand in np.split(frames.values, keypoints.num_hands, axis=1):
        present = hand[:, -1]
        assert set(present.tolist()) <= {0.0, 1.0}
        assert not hand[present == 0].any()
        assert (np.abs(hand[present == 1, SHAPE]).max(axis=1, initial=0) >= 0.5).all()
    hands_present = frames.values.reshape(30, keypoints.num_hands, -1)[..., -1]
    np.testing.assert_array_equal(frames.presence, hands_present.any(axis=1))


def test_a_gap_of_one_frame_has_no_velocity() -> None:
    keypoints = HandKeypoints(num_hands=1, velocity=True, fill_gaps_s=0)
    frames = keypoints.frames(without(one_hand(), np.arange(30) == 10))
    assert not frames.values[10].any()
    assert not frames.values[[9, 11], 66:132].any()
    assert frames.values[[8, 12], 66:132].any()


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([one for one in SETTINGS if not one.velocity]), st.lists(st.integers(0, 30), max_size=40))
def test_absent_frames_do_not_change_the_others(keypoints: HandKeypoints, places: list[int]) -> None:
    signal = one_hand()
    longer = Signal(np.insert(signal.values, sorted(places), np.nan, axis=0), RATE_HZ)
    frames = keypoints.frames(longer)
    assert frames.presence is not None
    assert len(frames.values) == 30 + len(places)
    np.testing.assert_allclose(frames.values[frames.presence], keypoints.frames(signal).values, atol=1e-5)


@pytest.mark.parametrize("coordinates", ["world", "image"])
def test_velocity_does_not_depend_on_the_frame_rate(coordinates: Any) -> None:
    found = {}
    for rate_hz in (30.0, 60.0):
        keypoints = HandKeypoints(coordinates=coordinates, num_hands=1, velocity=True, frame_rate_hz=rate_hz)
        signal = signal_of(moving_hand(at(rate_hz)), rate_hz=rate_hz)
        found[rate_hz] = keypoints.frames(signal).values[:: round(rate_hz / 30), 66:132]
    assert np.abs(found[30.0]).max() > 0.5
    np.testing.assert_allclose(found[30.0][1:-1], found[60.0][1:-1], atol=0.02)


def test_velocity_is_in_palm_lengths_per_second() -> None:
    still = np.repeat(moving_hand(np.zeros(1), palm=0.2), 30, axis=0)
    still[:, 0, :, 0] += 0.2 * 3 * at(RATE_HZ)[:, None]
    palm = np.linalg.norm(still[0, 0, 9] - still[0, 0, 0])
    velocity = HandKeypoints(num_hands=1, velocity=True).frames(signal_of(still)).values[:, 66:132]
    np.testing.assert_allclose(velocity[:, :63], 0, atol=1e-3)
    np.testing.assert_allclose(velocity[:, 63], 0.6 / palm, rtol=1e-3)
    np.testing.assert_allclose(velocity[:, 64:], 0, atol=1e-3)


@pytest.mark.parametrize("rate_hz", [15.0, 24.0, 29.97, 60.0])
def test_clips_of_any_rate_give_frames_at_one_rate(rate_hz: float) -> None:
    keypoints = HandKeypoints(num_hands=1)
    expected = keypoints.frames(one_hand()).values
    frames = keypoints.frames(signal_of(moving_hand(at(rate_hz)), rate_hz=rate_hz))
    assert frames.frame_rate_hz == 30.0
    assert len(frames.values) == 30
    # The last frames may lie behind the last picture, which is then repeated.
    np.testing.assert_allclose(frames.values[:-2, SHAPE], expected[:-2, SHAPE], atol=0.02)


@pytest.mark.parametrize("keypoints", SETTINGS, ids=str)
def test_a_photo_is_one_frame(keypoints: HandKeypoints) -> None:
    photo = at_constant_rate(signal_of(moving_hand(np.zeros(1))).values, np.zeros(1))
    frames = keypoints.frames(photo)
    assert len(replace(keypoints, frame_rate_hz=1000.0).frames(photo).values) == 1
    assert frames.values.shape == (1, keypoints.num_features)
    hand = frames.values[0, : keypoints.num_features // keypoints.num_hands]
    np.testing.assert_allclose(hand[POSITION], 0, atol=1e-6)
    assert np.abs(hand[SHAPE]).max() > 1
    assert not hand[66:-1].any()
    assert hand[-1] == 1.0


def test_fingerprints_change_with_every_setting() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"coordinates": "image"},
        {"num_hands": 1},
        {"frame_rate_hz": 25.0},
        {"velocity": True},
        {"one_side": False},
        {"fill_gaps_s": 0.0},
    ]
    assert len({HandKeypoints(**change).fingerprint() for change in changes}) == len(changes)
    assert len({HandKeypoints(**change).signal_fingerprint() for change in changes}) == 1
    trackers = [HandTracker(), HandTracker(0.3), HandTracker(upscale=2.0), HandTracker(border=0.5)]
    trackers.append(HandTracker(second_hand_every=1))
    assert len({HandKeypoints(tracker=tracker).signal_fingerprint() for tracker in trackers}) == 5
    assert len({HandKeypoints(tracker=tracker).fingerprint() for tracker in trackers}) == 5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"coordinates": "camera"}, "coordinates must be world or image; found 'camera'"),
        ({"num_hands": 3}, "num_hands must be 1 or 2; found 3"),
        ({"num_hands": 0}, "num_hands must be 1 or 2; found 0"),
        ({"frame_rate_hz": 0}, "frame_rate_hz must be from 1 to 1000; found 0"),
        ({"frame_rate_hz": float("nan")}, "frame_rate_hz must be from 1 to 1000; found nan"),
        ({"fill_gaps_s": -0.1}, "fill_gaps_s must be from 0 to 1; found -0.1"),
    ],
)
def test_settings_out_of_range_are_errors(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        HandKeypoints(**settings)
    assert str(error.value) == f"features: {message}"


def test_a_skeleton_file_is_read_without_a_tracker(tmp_path: Path) -> None:
    joints = np.insert(moving_hand(at(RATE_HZ, 0.5))[:, 0], 1, 0.0, axis=1)
    np.savetxt(tmp_path / "skeletons_world.txt", joints.reshape(15, 66))
    keypoints = HandKeypoints(num_hands=1)
    frames = keypoints(Media(tmp_path / "skeletons_world.txt"))
    assert frames.values.shape == (15, keypoints.num_features)
    assert frames.presence is not None
    assert frames.presence.all()
    with pytest.raises(MediaError, match=r"gone\.txt"):
        keypoints(Media(tmp_path / "gone.txt"))
