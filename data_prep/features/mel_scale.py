"""The mel scale of HTK: equal steps on it sound equally far apart."""

from typing import overload

import numpy as np

#: Lower edge of the lowest filter; below lies little but hum.
LOWEST_HZ = 20.0


@overload
def hz_to_mel(frequency_hz: float) -> float: ...
@overload
def hz_to_mel(frequency_hz: np.ndarray) -> np.ndarray: ...
def hz_to_mel(frequency_hz: float | np.ndarray) -> float | np.ndarray:
    """Convert frequencies to mel."""
    return 2595.0 * np.log10(1.0 + frequency_hz / 700.0)


@overload
def mel_to_hz(mel: float) -> float: ...
@overload
def mel_to_hz(mel: np.ndarray) -> np.ndarray: ...
def mel_to_hz(mel: float | np.ndarray) -> float | np.ndarray:
    """Convert mel to frequencies: the inverse of `hz_to_mel`."""
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


def mel_filters(num_frequencies: int, bands: int, sample_rate_hz: int) -> np.ndarray:
    """Make triangular filters of equal width on the mel scale, from 20 Hz to half the sample rate.

    Returns:
        (num_frequencies, bands) float32: the weight of each frequency of a power spectrum in each band.
    """
    frequencies_hz = np.linspace(0.0, sample_rate_hz // 2, num_frequencies)
    edges_hz = mel_to_hz(np.linspace(hz_to_mel(LOWEST_HZ), hz_to_mel(sample_rate_hz / 2), bands + 2))
    widths_hz = np.diff(edges_hz)
    distances_hz = edges_hz - frequencies_hz[:, None]  # (num_frequencies, bands + 2)
    rising, falling = -distances_hz[:, :-2] / widths_hz[:-1], distances_hz[:, 2:] / widths_hz[1:]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
