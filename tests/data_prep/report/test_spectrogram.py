"""Mel spectrograms: levels, bands and axes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.report import spectrogram
from data_prep.report.spectrogram import MAX_COLUMNS, MEL_BANDS, MIN_DB, mel_spectrogram, plot_spectrogram

RATE_HZ = 16_000


def tone(hz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.round(level * 32767 * np.sin(2 * np.pi * hz * times_s)).astype(np.int16)


def test_a_full_scale_sine_is_at_0_db_and_silence_at_the_minimum() -> None:
    loud = mel_spectrogram(tone(3000, 1.0, level=1.0), RATE_HZ)
    assert loud.shape[0] == MEL_BANDS
    assert loud[:, 5:-5].max(axis=0) == pytest.approx(0.0, abs=3.0)
    silence = mel_spectrogram(np.zeros(500, np.int16), RATE_HZ)
    assert silence == pytest.approx(np.full(silence.shape, MIN_DB))


def test_bands_are_those_of_the_features() -> None:
    samples = np.concatenate([tone(440, 0.5), tone(3000, 0.5), np.zeros(8000, np.int16)])
    samples = samples + np.random.default_rng(0).normal(0, 300, len(samples)).astype(np.int16)
    extractor = Mfcc(kind="filterbank", num_coefficients=MEL_BANDS, cmvn="none")
    reference = extractor.frames(Signal(samples, RATE_HZ)).values  # (150, MEL_BANDS)
    ours = mel_spectrogram(samples, RATE_HZ).T  # (columns, MEL_BANDS)
    # The frames are not at the same times: compare the mean of each half second.
    halves = [
        np.stack([part[len(part) // 10 : -(len(part) // 10)].mean(axis=0) for part in np.array_split(values, 3)])
        for values in (ours, reference)
    ]
    difference = halves[0] - halves[1] * 10 / np.log(10)
    assert difference.std() < 1.0


@pytest.mark.parametrize("rate_hz", [1000, 8_000, 16_000, 48_000])
def test_every_band_has_energy_at_any_sample_rate(rate_hz: int) -> None:
    noise = np.random.default_rng(0).normal(0, 3000, rate_hz).astype(np.int16)
    assert mel_spectrogram(noise, rate_hz).mean(axis=1).min() > -90


def test_a_long_clip_has_a_bounded_number_of_columns() -> None:
    assert mel_spectrogram(np.zeros(RATE_HZ * 600, np.int16), RATE_HZ).shape == (MEL_BANDS, MAX_COLUMNS)


@pytest.mark.parametrize(("duration_s", "step_s"), [(0.8, 0.2), (5.4, 1.0), (6.0, 1.0), (6.5, 2.0), (60, 10)])
def test_time_axes_have_round_steps(duration_s: float, step_s: float) -> None:
    ax = Figure().add_subplot()
    plot_spectrogram(ax, Signal(np.zeros(round(duration_s * 1000), np.int16), 1000))
    assert np.diff(ax.get_xticks()) == pytest.approx(step_s)
    assert ax.get_xlim() == (0, duration_s)


def test_frequency_ticks_stay_below_half_the_sample_rate() -> None:
    ax = Figure().add_subplot()
    plot_spectrogram(ax, Signal(np.zeros(8000, np.int16), 8000))
    assert list(ax.get_yticks()) == [500, 1000, 2000]
    assert ax.get_ylim() == (spectrogram.MIN_HZ, 4000)
