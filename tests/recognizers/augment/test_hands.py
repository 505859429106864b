"""Variations of hand landmarks."""

from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from recognizers.augment.hands import HandsAugment
from tests.recognizers.conftest import play

NEUTRAL: dict[str, Any] = {
    "tempo": (1, 1),
    "rotation_deg": 0,
    "stretch": 0,
    "joint_noise": 0,
    "mirror_share": 0,
    "lost_share": 0,
    "time_masks": 0,
}


def make_signal(frames: int = 30) -> Signal:
    """Two hands, the first missing in frame 3, the second in the later half."""
    values = np.random.default_rng(0).standard_normal((frames, 2, 2, 21, 3)).astype(np.float32)
    values[3:4, 0] = np.nan
    values[frames // 2 + 1 :, 1] = np.nan
    return Signal(values, 25.0)


def absent(signal: Signal) -> np.ndarray:
    """(T, 2), where a hand is missing; checks that it is missing as a whole."""
    missing = np.isnan(signal.values)
    assert (missing.any(axis=(2, 3, 4)) == missing.all(axis=(2, 3, 4))).all()
    return missing.all(axis=(2, 3, 4))


def vary(seed: int = 0, signal: Signal | None = None, **settings: Any) -> Signal:
    return play(HandsAugment(**NEUTRAL | settings), signal or make_signal(), np.random.default_rng(seed))


def test_neutral_settings_change_nothing() -> None:
    varied = vary()
    assert np.array_equal(varied.values, make_signal().values, equal_nan=True)
    assert (varied.values.dtype, varied.rate_hz) == (np.float32, 25.0)
    frames = Frames(np.ones((9, 4), np.float32), 30.0, np.ones(9, bool))
    kept = HandsAugment(**NEUTRAL).frames(frames, np.random.default_rng(0))
    assert np.array_equal(kept.values, frames.values)
    assert kept.presence is frames.presence


def test_variations_depend_on_the_generator_only() -> None:
    augment = HandsAugment(mirror_share=0.5)
    first, again, other = (play(augment, make_signal(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.values, again.values, equal_nan=True)
    assert first.rate_hz == again.rate_hz
    assert not np.array_equal(first.values, other.values, equal_nan=True)
    assert first.rate_hz != other.rate_hz


def test_inputs_are_not_changed() -> None:
    signal = make_signal()
    signal.values.flags.writeable = False
    frames = Frames(np.ones((20, 4), np.float32), 30.0)
    frames.values.flags.writeable = False
    augment = HandsAugment(mirror_share=1, lost_share=0.5, time_mask_share=1.0)
    varied = play(augment, signal, np.random.default_rng(0))
    assert not np.shares_memory(varied.values, signal.values)
    assert not augment.frames(frames, np.random.default_rng(0)).values.all()
    assert np.array_equal(signal.values, make_signal().values, equal_nan=True)


@pytest.mark.parametrize(
    "settings", [{"rotation_deg": 30}, {"stretch": 0.5}, {"joint_noise": 0.1}, {"tempo": (0.5, 2)}]
)
def test_absent_hands_stay_absent_and_present_ones_present(settings: dict[str, Any]) -> None:
    assert np.array_equal(absent(vary(**settings)), absent(make_signal()))


def test_hands_are_lost_in_the_given_share_of_frames() -> None:
    signal = make_signal(2000)
    before, after = absent(signal), absent(vary(signal=signal, lost_share=0.1))
    assert after[before].all()
    assert after[~before].mean() == pytest.approx(0.1, abs=0.02)
    kept = ~after
    assert np.array_equal(vary(signal=signal, lost_share=0.1).values[kept], signal.values[kept])


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_a_clip_never_loses_all_its_hands(frames: int, seed: int) -> None:
    values = make_signal(10).values[:frames]
    for lost_share in (0.9, 1.0):
        assert not absent(vary(seed, Signal(values, 25.0), lost_share=lost_share)).all()


def test_mirroring_swaps_the_hands_and_the_sides() -> None:
    signal = make_signal()
    varied = vary(mirror_share=1)
    assert np.array_equal(varied.values[:, 0], signal.values[:, 1] * np.float32([-1, 1, 1]), equal_nan=True)
    assert np.array_equal(varied.values[:, 1], signal.values[:, 0] * np.float32([-1, 1, 1]), equal_nan=True)


def with_body(signal: Signal) -> Signal:
    """The signal with a body of seven points in the third place; missing in frame 5."""
    body = np.full((len(signal.values), 1, 2, 21, 3), np.nan, np.float32)
    body[:, :, :, :7] = np.random.default_rng(1).standard_normal((len(body), 1, 2, 7, 3))
    body[5:6] = np.nan
    return Signal(np.concatenate([signal.values, body], axis=1), signal.rate_hz)


@pytest.mark.parametrize(
    "settings", [{}, {"rotation_deg": 30, "stretch": 0.3, "joint_noise": 0.1, "tempo": (0.5, 2)}, {"lost_share": 0.5}]
)
def test_a_body_keeps_its_points_and_does_not_affect_the_hands(settings: dict[str, Any]) -> None:
    signal = with_body(make_signal())
    varied = vary(signal=signal, **settings)
    assert np.array_equal(np.isnan(varied.values[:, 2]), np.isnan(signal.values[:, 2]))
    assert varied.values.dtype == np.float32
    assert np.array_equal(varied.values[:, :2], vary(**settings).values, equal_nan=True)


def test_a_body_is_rotated_with_the_hands_but_gets_no_noise() -> None:
    signal = with_body(make_signal())
    signal.values[:, 2, :, :7] = signal.values[:, 0, :, :7]
    turned = vary(signal=signal, rotation_deg=30, stretch=0.3).values
    np.testing.assert_allclose(turned[:, 2, :, :7], turned[:, 0, :, :7], atol=1e-5)
    shaken = vary(signal=signal, joint_noise=0.5).values
    assert np.array_equal(shaken[:, 2], signal.values[:, 2], equal_nan=True)
    assert not np.array_equal(shaken[:, 0], signal.values[:, 0], equal_nan=True)


def test_mirroring_swaps_the_sides_of_the_body() -> None:
    signal = with_body(make_signal())
    varied = vary(signal=signal, mirror_share=1).values
    swapped = signal.values[:, 2][:, :, [0, 2, 1, 4, 3, 6, 5]] * np.float32([-1, 1, 1])
    assert np.array_equal(varied[:, 2, :, :7], swapped, equal_nan=True)
    assert np.isnan(varied[:, 2, :, 7:]).all()
    assert np.array_equal(varied[:, 0], signal.values[:, 1] * np.float32([-1, 1, 1]), equal_nan=True)


def test_tempo_changes_duration_and_number_of_frames() -> None:
    signal = make_signal(50)
    extractor = HandKeypoints(frame_rate_hz=25)
    assert len(extractor.frames(signal).values) == 50
    for tempo, frames in ((2.0, 25), (0.5, 100)):
        varied = vary(signal=signal, tempo=(tempo, tempo))
        assert varied.duration_s == pytest.approx(signal.duration_s / tempo)
        assert len(extractor.frames(varied).values) == frames


def test_rotations_keep_distances_and_stretches_stay_in_range() -> None:
    def bones(signal: Signal) -> np.ndarray:
        return np.linalg.norm(np.diff(signal.values.astype(float), axis=3), axis=-1)

    before = bones(make_signal())
    turned = vary(rotation_deg=40)
    np.testing.assert_allclose(bones(turned), before, rtol=1e-4)
    assert not np.allclose(turned.values, make_signal().values, atol=0.05, equal_nan=True)
    ratio = bones(vary(stretch=0.2)) / before
    assert np.nanmin(ratio) >= 0.8 - 1e-4
    assert np.nanmax(ratio) <= 1.2 + 1e-4
    assert np.nanmax(ratio) - np.nanmin(ratio) > 0.01


def test_joint_noise_is_in_palm_lengths() -> None:
    signal = make_signal(400)
    scaled = Signal(signal.values * 7, signal.rate_hz)
    palm = np.linalg.norm(signal.values[:, :, :, 9] - signal.values[:, :, :, 0], axis=-1)[..., None, None]
    for source, scale in ((signal, 1), (scaled, 7)):
        error = (vary(signal=source, joint_noise=0.05).values - source.values) / (scale * palm)
        assert np.nanstd(error) == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tempo": (0, 1)}, "tempo must be"),
        ({"tempo": (1.2, 0.8)}, "tempo must be"),
        ({"mirror_share": 1.1}, "shares must be from 0 to 1"),
        ({"lost_share": -0.1}, "shares must be from 0 to 1"),
        ({"time_mask_share": 3}, "shares must be from 0 to 1"),
        ({"stretch": 1.0}, "stretch must be from 0 to below 1"),
        ({"rotation_deg": -1}, "rotation_deg, joint_noise and time_masks must be 0 or more"),
        ({"joint_noise": -1}, "rotation_deg, joint_noise and time_masks must be 0 or more"),
        ({"time_masks": -1}, "rotation_deg, joint_noise and time_masks must be 0 or more"),
    ],
)
def test_errors_name_the_setting_that_is_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^augment: {message}"):
        HandsAugment(**settings)
