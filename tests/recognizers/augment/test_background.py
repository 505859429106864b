"""Stretches and clips without words."""

import numpy as np
import pytest

from recognizers.augment.background import (
    pad_with_background,
    quiet_rms,
    speech_shaped_noise,
    wordless_clip,
    wordless_sound,
)

RATE_HZ = 8000


def bursts_of_tone(level: float, background: float) -> np.ndarray:
    """Three seconds: tones of 0.2 s every half second over quiet noise."""
    rng = np.random.default_rng(0)
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    tone = level * np.sqrt(2) * np.sin(2 * np.pi * 440 * time_s) * (time_s % 0.5 < 0.2)
    return (tone + background * rng.standard_normal(len(time_s))).astype(np.float32)


def test_the_background_is_the_level_of_the_quietest_parts() -> None:
    assert quiet_rms(bursts_of_tone(3000, 20), RATE_HZ) == pytest.approx(20, rel=0.15)
    assert quiet_rms(np.zeros(3, np.float32), RATE_HZ) == 0


def test_a_clip_keeps_its_words_between_quiet_stretches() -> None:
    clip = bursts_of_tone(3000, 20)
    lengths, sides = [], set()
    for seed in range(60):
        padded = pad_with_background(clip, RATE_HZ, (0.2, 1.0), np.random.default_rng(seed))
        start = next(n for n in range(len(padded) - len(clip) + 1) if padded[n] == clip[0] and padded[n + 9] == clip[9])
        np.testing.assert_array_equal(padded[start : start + len(clip)], clip)
        before, after = padded[:start], padded[start + len(clip) :]
        sides.add((len(before) > 0, len(after) > 0))
        for stretch in (before, after):
            lengths += [len(stretch) / RATE_HZ] if len(stretch) else []
            assert not len(stretch) or np.sqrt(np.mean(stretch.astype(float) ** 2)) < 20 * 2.1
    assert sides == {(True, False), (False, True), (True, True)}
    assert 0.19 < min(lengths) < 0.3
    assert 0.9 < max(lengths) <= 1.0


def test_wordless_clips_have_all_levels_and_the_length_of_the_clip() -> None:
    clip = bursts_of_tone(3000, 20)
    made = [wordless_clip(clip, RATE_HZ, np.random.default_rng(seed)) for seed in range(80)]
    assert {len(each) for each in made} == {len(clip)}
    levels = [float(np.sqrt(np.mean(each.astype(float) ** 2))) for each in made]
    assert min(levels) == 0  # silence
    assert min(level for level in levels if level) < 2
    assert max(levels) > 1000
    assert all(np.isfinite(each).all() for each in made)


def test_noise_with_the_spectrum_of_speech_lacks_its_course() -> None:
    clip = bursts_of_tone(3000, 20)
    noise = speech_shaped_noise(clip, np.random.default_rng(0))
    np.testing.assert_allclose(np.abs(np.fft.rfft(noise))[1:-1], np.abs(np.fft.rfft(clip))[1:-1], rtol=1e-2, atol=1)
    assert quiet_rms(noise, RATE_HZ) > 10 * quiet_rms(clip, RATE_HZ)


def test_wordless_sound_has_a_level_of_one_and_sometimes_hums() -> None:
    hums = 0
    for seed in range(40):
        sound = wordless_sound(RATE_HZ, RATE_HZ, np.random.default_rng(seed)).astype(float)
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(1, abs=0.25)
        spectrum = np.abs(np.fft.rfft(sound)) ** 2
        hums += spectrum[45:65].max() > 50 * np.median(spectrum[70:95])
    assert 2 < hums < 30
