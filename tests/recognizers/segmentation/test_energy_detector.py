"""Speech is told from silence and noise, whatever their levels."""

import itertools

import numpy as np
import pytest

from recognizers.segmentation import energy_detector
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import (
    DEAD,
    MARGIN_S,
    STEP_S,
    Segment,
    split_at_pauses,
)

RATE_HZ = 8000


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    samples = level * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    return np.rint(samples).clip(-32768, 32767).astype(np.int16)


def speech(seconds: float, level: float = 3000.0, seed: int = 0) -> np.ndarray:
    """Syllables: noise that swells and fades five times a second."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (noise(seconds, level, seed) * (0.2 + 0.8 * np.abs(np.sin(np.pi * 5 * time_s)))).astype(np.int16)


def segments_of(samples: np.ndarray, longest_s: float = 10.0) -> list[Segment]:
    return split_at_pauses(EnergyDetector()(samples, RATE_HZ).states, longest_s)


@pytest.mark.parametrize("floor", [2.0, 30.0, 200.0])
@pytest.mark.parametrize("level", [1000.0, 8000.0])
def test_speech_is_found_in_noise_of_any_level(floor: float, level: float) -> None:
    samples = np.concatenate(
        [noise(2, floor), speech(1.5, level), noise(1, floor, 1), speech(2, level), noise(2, floor)]
    )
    assert len(EnergyDetector()(samples, RATE_HZ).states) == 850
    [first, second] = [(segment.start_s, segment.end_s) for segment in segments_of(samples)]
    assert first == pytest.approx((2 - MARGIN_S, 3.5 + MARGIN_S), abs=0.06)
    assert second == pytest.approx((4.5 - MARGIN_S, 6.5 + MARGIN_S), abs=0.06)


@pytest.mark.parametrize("level", [0.0, 1.0, 50.0, 3000.0])
def test_steady_noise_and_silence_hold_no_speech(level: float) -> None:
    assert segments_of(noise(60, level)) == []


def test_a_single_short_word_in_a_long_silence_is_found() -> None:
    samples = np.concatenate([noise(40, 10.0), speech(0.4), noise(40, 10.0, 1)])
    [segment] = segments_of(samples)
    assert (segment.start_s, segment.end_s) == pytest.approx((40 - MARGIN_S, 40.4 + MARGIN_S), abs=0.06)


def test_a_soft_speaker_after_a_loud_one_is_found() -> None:
    samples = np.concatenate([noise(1, 3.0), speech(5, 8000.0), noise(1, 3.0), speech(5, 400.0), noise(1, 3.0)])
    assert len(segments_of(samples)) == 2


def test_a_click_is_not_speech() -> None:
    samples = np.concatenate([noise(5, 10.0), speech(2.0), noise(5, 10.0)])
    samples[RATE_HZ * 2 : RATE_HZ * 2 + 20] = 20_000
    assert len(segments_of(samples)) == 1


def test_digital_silence_separates_segments_and_is_in_none() -> None:
    silence = np.zeros(round(0.3 * RATE_HZ), np.int16)
    one = np.concatenate([noise(0.1, 10.0), speech(2.0), noise(0.1, 10.0)])
    states = EnergyDetector()(np.concatenate([one, silence, one, silence, one]), RATE_HZ).states
    assert (states == DEAD).sum() * STEP_S == pytest.approx(0.6, abs=0.15)
    segments = split_at_pauses(states, 60.0)
    assert [segment.start_s for segment in segments] == pytest.approx([0.0, 2.5, 5.0], abs=0.08)
    assert [segment.end_s for segment in segments] == pytest.approx([2.2, 4.7, 7.2], abs=0.08)


def test_the_size_of_blocks_does_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.concatenate([noise(3.003, 10.0), speech(4.01), noise(2.0, 20.0)])
    whole = EnergyDetector()(samples, RATE_HZ).states
    monkeypatch.setattr("recognizers.segmentation.energy_detector.BLOCK_STEPS", 7)
    assert (EnergyDetector()(samples, RATE_HZ).states == whole).all()


@pytest.mark.parametrize("length", [1, 79, 80, 81, 8000])
def test_any_length_and_rate_will_do(length: int) -> None:
    assert len(EnergyDetector()(noise(1, 10.0)[:length], RATE_HZ).states) == -(-length // 80)
    assert len(EnergyDetector()(noise(1, 10.0), 11_025).states) == 73


@pytest.mark.parametrize("rate_hz", [16_000, 11_025, 8000])
@pytest.mark.parametrize("count", [1, 160, 161, 12_345, 40_001])
def test_the_power_of_a_step_depends_on_its_own_samples(
    rate_hz: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(energy_detector, "BLOCK_STEPS", 7)
    samples = noise(count / RATE_HZ, 1000.0)
    bounds = np.round(np.arange(int(count / (rate_hz * STEP_S)) + 2) * rate_hz * STEP_S).astype(int).clip(max=count)
    squares = np.diff(samples.astype(float), prepend=float(samples[0])) ** 2
    expected = [squares[start:stop].mean() for start, stop in itertools.pairwise(bounds) if stop > start]
    np.testing.assert_allclose(energy_detector._powers(samples, rate_hz)[: len(expected)], expected, rtol=1e-5)


def test_quantiles_equal_numpys() -> None:
    for count in (1, 2, 3, 1000):
        values = np.random.default_rng(count).standard_normal(count)
        levels = (energy_detector.BACKGROUND_QUANTILE, energy_detector.SPEECH_QUANTILE)
        np.testing.assert_allclose(energy_detector._quantiles(values), np.quantile(values, levels), rtol=1e-12)
