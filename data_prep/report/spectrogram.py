"""Spectrograms of audio clips, on a mel axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.report.palette import FOREGROUND, to_hex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEL_BANDS = 64
MIN_HZ = 20.0
WINDOW_S = 0.025
#: Lower levels, relative to the loudest band of the clip, are drawn as silence.
RANGE_DB = 70.0
MIN_DB = -120.0
#: Columns of the picture at most, and windows averaged in one column of a long clip.
MAX_COLUMNS, MAX_WINDOWS_PER_COLUMN = 320, 8
#: Windows are padded to this many samples, so that no mel band falls between two frequencies of the transform.
MIN_FFT = 2048
_TICKS_HZ = (0, 500, 1000, 2000, 4000, 8000, 16000)


def plot_spectrogram(ax: Axes, signal: Signal) -> None:
    """Plot the mel spectrogram of a waveform (T,) int16: seconds from left to right, kHz from bottom to top."""
    from librosa.display import specshow

    decibels = mel_spectrogram(signal.values, signal.rate_hz)  # (MEL_BANDS, columns)
    loudest = max(float(decibels.max()), MIN_DB + 1)
    specshow(
        decibels,
        x_coords=np.linspace(0, signal.duration_s, decibels.shape[1]),
        x_axis="s",
        y_axis="mel",
        fmin=MIN_HZ,
        fmax=signal.rate_hz / 2,
        htk=True,
        cmap="magma",
        vmin=max(loudest - RANGE_DB, MIN_DB),
        vmax=loudest,
        shading="gouraud",
        ax=ax,
    )
    colour = to_hex(FOREGROUND)
    ax.set(xlabel="", ylabel="", xlim=(0, signal.duration_s), ylim=(MIN_HZ, signal.rate_hz / 2))
    ax.locator_params("x", nbins=6, steps=[1, 2, 5, 10])
    ax.xaxis.set_major_formatter("{x:g} s")
    ax.set_yticks([hz for hz in _TICKS_HZ if MIN_HZ < hz < 0.4 * signal.rate_hz])
    ax.yaxis.set_major_formatter(lambda hz, _: f"{hz / 1000:g}")
    ax.annotate("kHz", (0, 1), (-6, 0), "axes fraction", "offset points", color=colour, ha="right", va="center")
    ax.tick_params(colors=colour, length=3)
    ax.spines[:].set_visible(False)


def mel_spectrogram(samples: np.ndarray, rate_hz: float) -> np.ndarray:
    """Compute the mel energies of samples (T,) int16 in dB: 0 dB is a sine at full scale, digital silence is `MIN_DB`.

    A long clip is read at evenly spaced windows only, so that memory stays bounded.

    Returns:
        (MEL_BANDS, columns), with at most `MAX_COLUMNS` columns.
    """
    import librosa

    window = max(round(WINDOW_S * rate_hz), 16)
    fft = max(MIN_FFT, 1 << (window - 1).bit_length())
    taper = np.hanning(window + 1)[:-1]
    hop = max(window // 3, -(-len(samples) // (MAX_COLUMNS * MAX_WINDOWS_PER_COLUMN)))
    padded = np.pad(samples, (window // 2, window))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(samples) : hop]  # (windows, window)
    power = np.abs(np.fft.rfft(windows / 32767 * taper, fft)) ** 2  # (windows, fft / 2 + 1)
    power *= window / fft / (taper.sum() / 2) ** 2  # a sine at full scale then sums to about 1
    filters = librosa.filters.mel(sr=rate_hz, n_fft=fft, n_mels=MEL_BANDS, fmin=MIN_HZ, htk=True, norm=None)
    energies = filters @ power.T  # (MEL_BANDS, windows)
    columns = [part.mean(axis=1) for part in np.array_split(energies, min(MAX_COLUMNS, len(windows)), axis=1)]
    return 10 * np.log10(np.stack(columns, axis=1) + 10 ** (MIN_DB / 10))
