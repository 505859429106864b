"""Where recordings are silent, and where long ones are cut."""

import itertools

import numpy as np
import pytest

from recognizers.segmentation import voice_activity
from recognizers.segmentation.voice_activity import (
    DEAD,
    EDGE_S,
    HEARD,
    MARGIN_S,
    OVERLAP_S,
    QUIET,
    STEP_S,
    Segment,
    activity,
    cut,
)

RATE_HZ = 8000


def noise(seconds: float, level: float, seed: int = 0) -> np.ndarray:
    samples = level * np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))
    return np.rint(samples).clip(-32768, 32767).astype(np.int16)


def speech(seconds: float, level: float = 3000.0, seed: int = 0) -> np.ndarray:
    """Syllables: noise that swells and fades five times a second."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (noise(seconds, level, seed) * (0.2 + 0.8 * np.abs(np.sin(np.pi * 5 * time_s)))).astype(np.int16)


def steps(*spans: tuple[float, float], duration_s: float) -> np.ndarray:
    happens = np.full(round(duration_s / STEP_S), QUIET, np.int8)
    for start_s, end_s in spans:
        happens[round(start_s / STEP_S) : round(end_s / STEP_S)] = HEARD
    return happens


@pytest.mark.parametrize("floor", [2.0, 30.0, 200.0])
@pytest.mark.parametrize("level", [1000.0, 8000.0])
def test_speech_is_heard_and_noise_is_not_whatever_their_levels(floor: float, level: float) -> None:
    samples = np.concatenate(
        [noise(2, floor), speech(1.5, level), noise(1, floor, 1), speech(2, level), noise(2, floor)]
    )
    happens = activity(samples, RATE_HZ)
    assert len(happens) == 850
    [first, second] = [(stretch.start_s, stretch.end_s) for stretch in cut(happens, 10.0)]
    assert first == pytest.approx((2 - MARGIN_S, 3.5 + MARGIN_S), abs=0.06)
    assert second == pytest.approx((4.5 - MARGIN_S, 6.5 + MARGIN_S), abs=0.06)


@pytest.mark.parametrize("level", [0.0, 1.0, 50.0, 3000.0])
def test_there_is_nothing_to_hear_in_steady_noise_or_silence(level: float) -> None:
    assert cut(activity(noise(60, level), RATE_HZ), 10.0) == []


def test_a_single_short_word_in_a_long_silence_is_found() -> None:
    samples = np.concatenate([noise(40, 10.0), speech(0.4), noise(40, 10.0, 1)])
    [stretch] = cut(activity(samples, RATE_HZ), 10.0)
    assert (stretch.start_s, stretch.end_s) == pytest.approx((40 - MARGIN_S, 40.4 + MARGIN_S), abs=0.06)


def test_a_soft_speaker_after_a_loud_one_is_heard() -> None:
    samples = np.concatenate([noise(1, 3.0), speech(5, 8000.0), noise(1, 3.0), speech(5, 400.0), noise(1, 3.0)])
    assert len(cut(activity(samples, RATE_HZ), 10.0)) == 2


def test_a_click_is_no_speech() -> None:
    samples = np.concatenate([noise(5, 10.0), speech(2.0), noise(5, 10.0)])
    samples[RATE_HZ * 2 : RATE_HZ * 2 + 20] = 20_000
    assert len(cut(activity(samples, RATE_HZ), 10.0)) == 1


def test_dead_silence_is_in_no_stretch_and_always_parts() -> None:
    silence = np.zeros(round(0.3 * RATE_HZ), np.int16)
    one = np.concatenate([noise(0.1, 10.0), speech(2.0), noise(0.1, 10.0)])
    happens = activity(np.concatenate([one, silence, one, silence, one]), RATE_HZ)
    assert (happens == DEAD).sum() * STEP_S == pytest.approx(0.6, abs=0.15)
    stretches = cut(happens, 60.0)
    assert [stretch.start_s for stretch in stretches] == pytest.approx([0.0, 2.5, 5.0], abs=0.08)
    assert [stretch.end_s for stretch in stretches] == pytest.approx([2.2, 4.7, 7.2], abs=0.08)


def test_the_same_is_found_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.concatenate([noise(3.003, 10.0), speech(4.01), noise(2.0, 20.0)])
    whole = activity(samples, RATE_HZ)
    monkeypatch.setattr("recognizers.segmentation.voice_activity.BLOCK_STEPS", 7)
    assert (activity(samples, RATE_HZ) == whole).all()


@pytest.mark.parametrize("length", [1, 79, 80, 81, 8000])
def test_any_length_and_rate_will_do(length: int) -> None:
    assert len(activity(noise(1, 10.0)[:length], RATE_HZ)) == -(-length // 80)
    assert len(activity(noise(1, 10.0), 11_025)) == 73


def test_all_long_pauses_are_cut_at_and_short_ones_only_in_what_is_too_long() -> None:
    happens = steps((1, 3), (3.3, 5), (6, 8), duration_s=9)
    assert cut(happens, 10.0) == [Segment(0.8, 5.2), Segment(5.8, 8.2)]
    halves = cut(happens, 3.0)
    assert [(round(each.start_s, 2), round(each.end_s, 2)) for each in halves] == [(0.8, 3.15), (3.15, 5.2), (5.8, 8.2)]


def test_what_has_no_pause_is_cut_into_windows_that_overlap() -> None:
    stretches = cut(steps((2, 40), duration_s=42), 10.0)
    assert stretches[0].start_s == pytest.approx(1.8)
    assert stretches[-1].end_s == pytest.approx(40.2)
    assert stretches[0].overlap_s == 0
    for before, after in itertools.pairwise(stretches):
        assert after.overlap_s == OVERLAP_S
        assert before.end_s - after.start_s == pytest.approx(OVERLAP_S)
        assert after.end_s - after.start_s <= 10.0


@pytest.mark.parametrize("seed", range(20))
def test_every_sound_is_in_a_stretch_and_none_is_too_long(seed: int) -> None:
    rng = np.random.default_rng(seed)
    happens = np.concatenate(
        [np.full(rng.integers(1, 200), rng.choice([DEAD, QUIET, HEARD])) for _ in range(200)]
    ).astype(np.int8)
    stretches = cut(happens, 5.0)
    covered = np.zeros(len(happens), bool)
    for stretch in stretches:
        assert 0 <= stretch.start_s < stretch.end_s <= len(happens) * STEP_S + 1e-9
        assert stretch.end_s - stretch.start_s <= 5.0 + 2 * EDGE_S + 1e-9
        covered[round(stretch.start_s / STEP_S) : round(stretch.end_s / STEP_S)] = True
    beside_dead = np.convolve(happens == DEAD, np.ones(3), mode="same") > 0  # may be dead in part: left out
    assert covered[(happens == HEARD) & ~beside_dead].all()
    assert not covered[np.convolve(happens == DEAD, np.ones(60), mode="same") == 60].any()
    for before, after in itertools.pairwise(stretches):
        assert after.start_s >= before.end_s - after.overlap_s - 1e-9


@pytest.mark.parametrize("rate_hz", [16_000, 11_025, 8000])
@pytest.mark.parametrize("count", [1, 160, 161, 12_345, 40_001])
def test_loudness_is_that_of_each_step_alone(rate_hz: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "BLOCK_STEPS", 7)
    samples = noise(count / RATE_HZ, 1000.0)
    bounds = np.round(np.arange(int(count / (rate_hz * STEP_S)) + 2) * rate_hz * STEP_S).astype(int).clip(max=count)
    squares = np.diff(samples.astype(float), prepend=float(samples[0])) ** 2
    expected = [squares[start:stop].mean() for start, stop in itertools.pairwise(bounds) if stop > start]
    np.testing.assert_allclose(voice_activity._powers(samples, rate_hz)[: len(expected)], expected, rtol=1e-5)


def test_quantiles_are_numpys() -> None:
    for count in (1, 2, 3, 1000):
        values = np.random.default_rng(count).standard_normal(count)
        expected = np.quantile(values, (voice_activity.BACKGROUND, voice_activity.SPEECH))
        np.testing.assert_allclose(voice_activity._quantiles(values), expected, rtol=1e-12)
