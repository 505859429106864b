"""Narrow bands sound like recordings of low sampling rates and like telephones."""

import numpy as np
import pytest
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from recognizers.augment.bandwidth import CODECS, USUAL_HZ, draw_bandwidth, narrow_band, telephone
from recognizers.augment.speech import SpeechAugment
from tests.recognizers.conftest import play

RATE_HZ = 16000


def noise(count: int = RATE_HZ) -> np.ndarray:
    return (3000 * np.random.default_rng(0).standard_normal(count)).astype(np.float32)


def level_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Return the mean level of a band."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(10 * np.log10(power[(low_hz <= hz) & (hz < high_hz)].mean() + 1e-9))


@pytest.mark.parametrize("top_hz", [1000.0, 3400.0, 5512.5, 7000.0])
def test_nothing_is_left_above_the_highest_frequency(top_hz: float) -> None:
    for seed in range(5):
        narrow = narrow_band(noise(), RATE_HZ, top_hz, np.random.default_rng(seed))
        assert level_db(narrow, 0, 0.85 * top_hz) == pytest.approx(level_db(noise(), 0, 0.85 * top_hz), abs=0.5)
        assert level_db(narrow, 1.1 * top_hz, RATE_HZ / 2) < level_db(noise(), 0, 8000) - 45


def test_a_narrow_band_is_what_a_file_of_that_rate_would_give() -> None:
    narrow = np.round(soxr.resample(noise(), RATE_HZ, 8000))
    read = soxr.resample(narrow.astype(np.float32), 8000, RATE_HZ)
    drawn = [narrow_band(noise(), RATE_HZ, 4000, np.random.default_rng(seed)) for seed in range(12)]
    assert min(np.abs(each - read).max() for each in drawn) < 1


def test_a_highest_frequency_that_the_clip_cannot_have_changes_nothing() -> None:
    assert np.array_equal(narrow_band(noise(), RATE_HZ, 8000, np.random.default_rng(0)), noise())


def test_usual_rates_are_drawn_more_often_than_others() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([draw_bandwidth((3400, 8000), rng) for _ in range(400)])
    assert 3400 <= drawn.min() < 3500
    assert 7900 < drawn.max() <= 8000
    for usual_hz in USUAL_HZ:
        assert np.mean(drawn == usual_hz) == pytest.approx(1 / 6, abs=0.06)
    assert {draw_bandwidth((4500, 5000), rng) in USUAL_HZ for _ in range(20)} == {False}


@pytest.mark.parametrize("codec", CODECS)
def test_a_telephone_keeps_the_place_of_a_sound_and_little_above_its_band(codec: str) -> None:
    # GSM cannot stop at once before digital silence, which no telephone carries.
    samples = noise() * np.repeat(np.float32([0.01, 1, 0.01, 0.01]), RATE_HZ // 4)
    lows = set()
    for seed in range(12):
        heard = telephone(samples, RATE_HZ, codec, np.random.default_rng(seed))
        assert heard.shape == samples.shape
        assert level_db(heard, 4500, 8000) < level_db(samples, 500, 3000) - 30
        loudness = np.abs(heard).reshape(100, -1).mean(axis=1)
        assert loudness[26:49].min() > 10 * max(loudness[:24].max(), loudness[52:].max())
        lows.add(level_db(heard, 50, 250) > level_db(samples, 50, 250) - 10)
    assert lows == {True, False}


@pytest.mark.parametrize("count", [0, 1, 7, 159])
def test_the_shortest_clips_keep_their_length(count: int) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        assert len(narrow_band(noise(count), RATE_HZ, 3500, rng)) == count
        assert len(telephone(noise(count), RATE_HZ, CODECS[seed % 2], rng)) == count


@pytest.mark.parametrize("setting", ["bandwidth_share", "telephone_share"])
def test_a_share_of_the_clips_is_narrowed(setting: str) -> None:
    augment = SpeechAugment(
        speed=(1, 1),
        noise_share=0,
        time_masks=0,
        bandwidth_hz=(3400, 4000),
        **{setting: 0.4},  # type: ignore[arg-type]
    )
    rng = np.random.default_rng(0)
    signal = Signal(noise(8000).astype(np.int16), RATE_HZ)
    narrowed = [level_db(play(augment, signal, rng).values.astype(float), 5000, 8000) < 80 for _ in range(100)]
    assert 0.25 < np.mean(narrowed) < 0.55


@pytest.mark.parametrize("bandwidth_hz", [(0, 4000), (5000, 4000)])
def test_an_impossible_range_is_refused(bandwidth_hz: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="bandwidth_hz must be"):
        SpeechAugment(bandwidth_hz=bandwidth_hz)
