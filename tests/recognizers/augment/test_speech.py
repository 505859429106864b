"""Variations of speech."""

from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from recognizers.augment.speech import SpeechAugment
from tests.recognizers.conftest import play

RATE_HZ = 8000
NEUTRAL: dict[str, Any] = {
    "speed": (1, 1),
    "bandwidth_share": 0,
    "telephone_share": 0,
    "noise_share": 0,
    "time_masks": 0,
    "feature_masks": 0,
}


def tone(duration_s: float = 1.0, amplitude: float = 8000) -> Signal:
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return Signal((amplitude * np.sin(2 * np.pi * 400 * times_s)).astype(np.int16), RATE_HZ)


def make_frames() -> Frames:
    return Frames(np.random.default_rng(0).standard_normal((80, 13)).astype(np.float32), 100)


def test_neutral_settings_change_nothing() -> None:
    augment = SpeechAugment(**NEUTRAL)
    signal, frames = tone(), make_frames()
    varied = play(augment, signal, np.random.default_rng(0))
    assert np.array_equal(varied.values, signal.values)
    assert (varied.values.dtype, varied.rate_hz) == (np.int16, RATE_HZ)
    assert np.allclose(augment.frames(frames, np.random.default_rng(0)).values, frames.values, atol=1e-6)


def test_variations_depend_on_the_generator_only() -> None:
    augment = SpeechAugment(noise_share=1, feature_masks=2, pitch=(0.9, 1.1), channel_db=6, gain_db=6, band_masks=2)
    signal, frames = tone(), make_frames()
    first, again, other = (
        (play(augment, signal, rng).values, augment.frames(frames, rng).values)
        for rng in map(np.random.default_rng, (1, 1, 2))
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(a.shape != b.shape or not np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_inputs_are_not_changed() -> None:
    augment = SpeechAugment(noise_share=1, time_mask_share=0.5, feature_masks=2, channel_db=6, band_masks=2)
    signal, frames = tone(), make_frames()
    signal.values.flags.writeable = frames.values.flags.writeable = False
    for seed in range(5):
        rng = np.random.default_rng(seed)
        play(augment, signal, rng)
        varied = augment.frames(frames, rng)
        assert not np.shares_memory(varied.values, frames.values)
    assert np.array_equal(signal.values, tone().values)
    assert np.array_equal(frames.values, make_frames().values)


@pytest.mark.parametrize("speed", [0.8, 1.25, 2.0])
def test_speed_changes_length_and_pitch(speed: float) -> None:
    varied = play(SpeechAugment(**NEUTRAL | {"speed": (speed, speed)}), tone(), np.random.default_rng(0))
    assert len(varied.values) == pytest.approx(RATE_HZ / speed, abs=1)
    assert varied.rate_hz == RATE_HZ
    peak = np.abs(np.fft.rfft(varied.values.astype(float))).argmax()
    assert peak / varied.duration_s == pytest.approx(400 * speed, abs=3)


def test_speeds_cover_the_range() -> None:
    augment = SpeechAugment(**NEUTRAL | {"speed": (0.5, 2.0)})
    signal = tone(0.1)
    speeds = [len(signal.values) / len(play(augment, signal, np.random.default_rng(seed)).values) for seed in range(60)]
    assert 0.49 < min(speeds) < 0.65
    assert 1.8 < max(speeds) < 2.02


def test_each_end_is_cut_half_of_the_time() -> None:
    ramp = Signal(np.arange(8000, dtype=np.int16), RATE_HZ)
    augment = SpeechAugment(**NEUTRAL, cut_share=0.25)
    rng = np.random.default_rng(0)
    ends = np.array([play(augment, ramp, rng).values[[0, -1]] for _ in range(400)])
    cut = np.stack([ends[:, 0], 7999 - ends[:, 1]])
    assert 1900 < cut.max() <= 2000
    assert np.all(np.abs((cut == 0).mean(axis=1) - 0.5) < 0.1)


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 30.0])
def test_noise_has_the_given_signal_to_noise_ratio(snr_db: float) -> None:
    augment = SpeechAugment(**NEUTRAL | {"noise_share": 1, "noise_snr_db": (snr_db, snr_db)})
    signal = tone(amplitude=4000)
    for seed in range(5):
        noise = play(augment, signal, np.random.default_rng(seed)).values - signal.values.astype(float)
        power = np.mean(signal.values.astype(float) ** 2)
        assert 10 * np.log10(power / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.1)


def test_noise_is_added_to_the_given_share_of_clips() -> None:
    augment = SpeechAugment(**NEUTRAL | {"noise_share": 0.3})
    signal = tone(0.02)
    noisy = sum(
        not np.array_equal(play(augment, signal, np.random.default_rng(seed)).values, signal.values)
        for seed in range(300)
    )
    assert 60 < noisy < 120


def test_some_clips_are_replaced_by_sound_without_words() -> None:
    signal = tone(0.5)
    augment = SpeechAugment(wordless_share=0.25)
    made = [augment.wordless(signal, np.random.default_rng(seed)) for seed in range(200)]
    replaced = [each for each in made if each is not None]
    assert 30 < len(replaced) < 70
    assert {each.values.shape for each in replaced} == {signal.values.shape}
    assert {each.values.dtype for each in replaced} == {np.dtype(np.int16)}
    rng = np.random.default_rng(0)
    assert SpeechAugment().wordless(signal, rng) is None
    assert rng.random() == np.random.default_rng(0).random()  # no number was drawn, so other recipes are unchanged


def test_the_given_share_of_clips_gets_longer() -> None:
    signal = tone(0.5)
    augment = SpeechAugment(**NEUTRAL | {"pad_share": 0.3, "pad_s": (0.1, 0.2)})
    longer = [
        len(play(augment, signal, np.random.default_rng(seed)).values) - len(signal.values) for seed in range(200)
    ]
    assert 40 < sum(length > 0 for length in longer) < 80
    assert max(longer) <= 2 * 0.2 * RATE_HZ


def test_silence_stays_silent_and_loud_sound_is_clipped() -> None:
    augment = SpeechAugment(speed=(0.9, 1.1), noise_share=1, noise_snr_db=(0, 0))
    silence = play(augment, Signal(np.zeros(800, np.int16), RATE_HZ), np.random.default_rng(0))
    assert not silence.values.any()
    loud = Signal(np.full(800, 32767, np.int16), RATE_HZ)
    noisy = SpeechAugment(**NEUTRAL | {"noise_share": 1, "noise_snr_db": (20, 20)})
    varied = play(noisy, loud, np.random.default_rng(0))
    assert varied.values.max() == 32767
    assert varied.values.min() > 0


def test_masks_cover_times_and_features() -> None:
    frames = make_frames()
    times = SpeechAugment(time_masks=1, time_mask_share=1.0).frames(frames, np.random.default_rng(3)).values
    bands = SpeechAugment(time_masks=0, feature_masks=1, feature_mask_share=1.0)
    banded = bands.frames(frames, np.random.default_rng(3)).values
    mean = frames.values.mean(axis=0)
    assert np.isclose(times, mean).all(axis=1).any()
    assert not np.isclose(times, mean).all(axis=0).any()
    assert np.isclose(banded, mean).all(axis=0).any()
    assert not np.isclose(banded, mean).all(axis=1).any()
    assert banded.flags.c_contiguous


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"speed": (0, 1)}, "speed must be"),
        ({"speed": (1.1, 0.9)}, "speed must be"),
        ({"pitch": (1.2, 0.9)}, "pitch must be"),
        ({"cut_share": 0.5}, "cut_share must be from 0 to 0.4"),
        ({"pad_s": (0.5, 0.1)}, "pad_s must be"),
        ({"pad_share": 2}, "shares must be from 0 to 1"),
        ({"wordless_share": -1}, "shares must be from 0 to 1"),
        ({"channel_db": -1}, "channel_db and gain_db must be"),
        ({"band_masks": -1}, "band_masks, time_masks and feature_masks must be"),
        ({"band_mask_share": 1.1}, "shares must be from 0 to 1"),
        ({"noise_share": 1.5}, "shares must be from 0 to 1"),
        ({"time_mask_share": -0.1}, "shares must be from 0 to 1"),
        ({"feature_mask_share": 2}, "shares must be from 0 to 1"),
        ({"noise_snr_db": (40, 5)}, "noise_snr_db must be"),
        ({"time_masks": -1}, "band_masks, time_masks and feature_masks must be"),
        ({"feature_masks": -2}, "band_masks, time_masks and feature_masks must be"),
    ],
)
def test_errors_name_the_setting_that_is_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^augment: {message}"):
        SpeechAugment(**settings)
