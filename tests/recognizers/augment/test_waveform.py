"""Signal processing of waveforms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.augment.speech import SpeechAugment
from recognizers.augment.waveform import HIDDEN_GAIN, apply_channel, hide_bands, make_noise, stretch_time
from tests.recognizers.augment.test_speech import RATE_HZ, tone


def sine(hz: float, duration_s: float = 1.0) -> np.ndarray:
    return (1000 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def loudest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax()) * RATE_HZ / len(samples)


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.0, 1.13, 1.6])
def test_stretching_keeps_pitch_and_loudness(factor: float) -> None:
    samples = sine(200)
    longer = stretch_time(samples, factor, RATE_HZ)
    assert len(longer) == round(len(samples) * factor)
    assert loudest_hz(longer) == pytest.approx(200, rel=0.02)
    assert longer[1000:-1000].std() == pytest.approx(samples.std(), rel=0.02)


def test_stretching_keeps_the_order_and_place_of_events() -> None:
    clicks = np.zeros(RATE_HZ, np.float32)
    clicks[[1000, 5000]] = 1.0
    clicked = np.flatnonzero(stretch_time(clicks, 1.5, RATE_HZ) > 0.2)
    assert abs(clicked - 1500).min() < 160
    assert abs(clicked - 7500).min() < 160


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 700), st.floats(0.3, 3))
def test_any_length_can_be_stretch_time(length: int, factor: float) -> None:
    longer = stretch_time(np.ones(length, np.float32), factor, RATE_HZ)
    assert len(longer) == max(1, round(length * factor))
    assert np.isfinite(longer).all()


def test_a_change_of_pitch_keeps_the_tempo() -> None:
    higher = SpeechAugment(speed=(1, 1), pitch=(1.2, 1.2), noise_share=0)
    varied = higher.signal(tone(), 1.0, np.random.default_rng(0)).values
    assert len(varied) == pytest.approx(len(tone().values), rel=0.01)
    assert loudest_hz(varied) == pytest.approx(480, rel=0.02)


def test_noise_has_the_given_signal_to_noise_ratio() -> None:
    samples = sine(300)
    for seed in range(5):
        noise = make_noise(samples, 6.0, np.random.default_rng(seed))
        assert 20 * np.log10(samples.std() / np.sqrt(np.mean(noise**2))) == pytest.approx(6.0, abs=0.1)


def test_a_channel_changes_the_balance_of_low_and_high_tones() -> None:
    low, high = sine(200), sine(3000)
    ratios = []
    for seed in range(6):
        gains = [apply_channel(x, RATE_HZ, 6.0, 0.0, np.random.default_rng(seed)).std() / x.std() for x in (low, high)]
        ratios.append(20 * np.log10(gains[0] / gains[1]))
    assert np.std(ratios) > 2


def test_a_gain_changes_only_the_level() -> None:
    samples = sine(700)
    louder = apply_channel(samples, RATE_HZ, 0.0, 10.0, np.random.default_rng(1))
    assert np.corrcoef(samples, louder)[0, 1] == pytest.approx(1, abs=1e-5)
    assert abs(20 * np.log10(louder.std() / samples.std())) <= 10


def test_hiding_a_band_leaves_the_rest_unchanged() -> None:
    samples = np.random.default_rng(0).standard_normal(16384).astype(np.float32)
    before = np.abs(np.fft.rfft(samples))
    kept = np.abs(np.fft.rfft(hide_bands(samples, RATE_HZ, 1, 0.5, np.random.default_rng(2)))) / before
    hidden = kept < 0.5
    assert hidden.any()
    assert np.allclose(kept[hidden], HIDDEN_GAIN, atol=1e-4)
    assert np.allclose(kept[~hidden], 1, atol=1e-3)
    assert np.diff(np.flatnonzero(hidden)).max() == 1
