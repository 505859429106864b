"""Signal processing that imitates other voices, microphones and surroundings."""

from collections.abc import Callable

import numpy as np

from data_prep.features.mel_scale import hz_to_mel, mel_to_hz
from recognizers.augment.applied import note

#: Number of points of a random frequency response, equally spaced on the mel scale up to half the sampling rate.
CHANNEL_KNOTS = 7
#: Gain of a hidden band.
HIDDEN_GAIN = 1e-3
#: Step of WSOLA in seconds; its windows are two steps long and are shifted by up to half a step.
STRETCH_STEP_S = 0.01


def stretch_time(samples: np.ndarray, factor: float, rate_hz: float) -> np.ndarray:
    """Make a sound (T,) float32 `factor` times as long at the same pitch, by WSOLA (Verhelst & Roelands, 1993).

    Returns:
        (round(T * factor),) float32, at least one sample.
    """
    wanted = max(1, round(len(samples) * factor))
    hop = max(2, int(rate_hz * STRETCH_STEP_S))
    size, search = 2 * hop, hop // 2
    before = search + hop
    padded = np.pad(samples, (before, int(2 * size / min(factor, 1)) + 2 * search))
    window = np.hanning(size + 1)[:size].astype(np.float32)
    out = np.zeros((wanted // hop + 3) * hop, np.float32)
    continued = padded[search : search + size]  # the samples that follow the last window in the original
    for step in range(wanted // hop + 2):
        place = search + min(int(step * hop / factor), len(padded) - 2 * size - 2 * search)
        region = padded[place - search : place + search + size]
        start = place - search + int(np.argmax(np.correlate(region, continued, "valid")))
        out[step * hop : step * hop + size] += window * padded[start : start + size]
        continued = padded[start + hop : start + hop + size]
    return out[hop : hop + wanted]


def make_noise(samples: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Make noise of a random colour for a clip (T,), at a signal-to-noise ratio: (T,) float32."""
    return (colour_noise(len(samples), rng) * noise_rms(samples, snr_db)).astype(np.float32)


def noise_rms(samples: np.ndarray, snr_db: float) -> np.float32:
    """Return the RMS that noise for a clip (T,) has at a signal-to-noise ratio."""
    return np.sqrt(np.mean(samples**2)) * np.float32(10 ** (-snr_db / 20))


def colour_noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Make noise of a random colour, from white to brown (power spectrum 1 / f^0 to 1 / f^2), with an RMS of 1."""
    size = _fast_size(count)
    spectrum = np.fft.rfft(rng.standard_normal(size, np.float32))
    frequency = np.maximum(np.arange(len(spectrum), dtype=np.float32), 1)
    noise = np.fft.irfft(spectrum * frequency ** -np.float32(rng.uniform(0, 1)), size)[:count]
    return noise / max(float(np.sqrt(np.mean(noise**2))), 1e-9)


def apply_channel(
    samples: np.ndarray, rate_hz: float, channel_db: float, gain_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Apply a smooth random frequency response and a random gain, as another microphone would.

    `channel_db` is the standard deviation of the response at `CHANNEL_KNOTS` points of the mel scale; `gain_db` is the
    largest change of the level, up or down.
    """
    gains_db = rng.normal(0, channel_db, CHANNEL_KNOTS) + rng.uniform(-gain_db, gain_db)
    note("channel", f"{gains_db.min():+.0f} to {gains_db.max():+.0f} dB")
    knots_hz = mel_to_hz(np.linspace(0, hz_to_mel(rate_hz / 2), CHANNEL_KNOTS))
    return _filter(samples, rate_hz, lambda hz: 10 ** (np.interp(hz, knots_hz, gains_db) / 20))


def hide_bands(
    samples: np.ndarray, rate_hz: float, count: int, max_share: float, rng: np.random.Generator
) -> np.ndarray:
    """Remove `count` frequency bands, each at most `max_share` of the mel scale wide.

    This has the effect of SpecAugment's frequency masks (Park et al., 2019), which cannot be applied to features such
    as MFCC that mix all bands.
    """
    top = hz_to_mel(rate_hz / 2)
    widths = rng.uniform(0, max_share, count) * top
    lows = rng.uniform(0, 1, count) * (top - widths)
    bands_hz = [(mel_to_hz(low), mel_to_hz(low + width)) for low, width in zip(lows, widths, strict=True)]
    note("bands", ", ".join(f"{low_hz:.0f} to {high_hz:.0f} Hz" for low_hz, high_hz in bands_hz))

    def gains(hz: np.ndarray) -> np.ndarray:
        hidden = [(low_hz <= hz) & (hz < high_hz) for low_hz, high_hz in bands_hz]
        return np.where(np.any(hidden, axis=0), HIDDEN_GAIN, 1.0)

    return _filter(samples, rate_hz, gains)


def convolve(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Convolve a sound (T,) float32 with an impulse response (L,) float32, and cut the result to (T,) float32.

    It equals the beginning of `torchaudio.functional.fftconvolve`, which takes 2 to 15 times as long because it does
    not choose the length of its Fourier transforms.
    """
    size = _fast_size(len(samples) + len(response) - 1)
    product = np.fft.rfft(samples, size) * np.fft.rfft(response, size)
    return np.fft.irfft(product, size)[: len(samples)].astype(np.float32)


def _filter(samples: np.ndarray, rate_hz: float, gains: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Multiply the spectrum by gains, given as a function of frequencies in Hz."""
    size = _fast_size(len(samples))
    spectrum = np.fft.rfft(samples, size)
    curve = gains(np.arange(len(spectrum)) * (rate_hz / size)).astype(np.float32)
    return np.fft.irfft(spectrum * curve, size)[: len(samples)].astype(np.float32)


def _fast_size(length: int) -> int:
    """Return a power of two, because Fourier transforms of other lengths may take ten times as long."""
    return 1 << max(1, (length - 1).bit_length())
