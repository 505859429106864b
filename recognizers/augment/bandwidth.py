"""Narrow bands: what low sampling rates, cheap microphones and telephones leave of a sound."""

import io
from collections.abc import Callable

import numpy as np
import soundfile
import soxr

#: The highest frequency of each recording device that is met most often: sampling rates of 8, 11.025 and 12 kHz.
USUAL_HZ = (4000.0, 5512.5, 6000.0)
#: Share of the narrowed clips whose bandwidth is one of the usual ones, if they lie within the range.
USUAL_SHARE = 0.5
#: How telephones code sound, as libsndfile calls it: mu-law (G.711) and GSM 06.10 full rate.
CODECS = ("ULAW", "GSM610")
#: Samples per second of the telephone, and the lowest frequency that older networks carry.
TELEPHONE_HZ, TELEPHONE_LOWEST_HZ = 8000, 300.0


def draw_bandwidth(bandwidth_hz: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw the highest frequency that is left, in Hz, from the range [lowest, highest]."""
    lowest_hz, highest_hz = bandwidth_hz
    usual = [each_hz for each_hz in USUAL_HZ if lowest_hz <= each_hz <= highest_hz]
    drawn_hz, is_usual = rng.uniform(lowest_hz, highest_hz), rng.random() < USUAL_SHARE
    return float(rng.choice(usual)) if usual and is_usual else drawn_hz


def narrow_band(samples: np.ndarray, rate_hz: float, top_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Record a clip at a lower sampling rate, and convert it back.

    Args:
        samples: (T,) float32, with a full scale of 32768.
        rate_hz: Samples per second.
        top_hz: The highest frequency that is left.
        rng: Source of randomness.

    Returns:
        (T,) float32, without anything above that frequency; unchanged if it is at least half of `rate_hz`.
    """
    if 2 * top_hz >= rate_hz:
        return samples
    # Converters of other programs are steeper or gentler near the highest frequency.
    quality = ("MQ", "HQ", "VHQ")[rng.integers(3)]
    return _through(samples, rate_hz, 2 * top_hz, lambda narrow: narrow, quality)


def telephone(samples: np.ndarray, rate_hz: float, codec: str, rng: np.random.Generator) -> np.ndarray:
    """Send a clip through a telephone: 8 kHz, half of the time nothing below 300 Hz, and coded.

    Args:
        samples: (T,) float32, with a full scale of 32768.
        rate_hz: Samples per second.
        codec: One of `CODECS`.
        rng: Source of randomness.

    Returns:
        (T,) float32.
    """
    lowest_hz = TELEPHONE_LOWEST_HZ * (rng.random() < 0.5)

    def transmit(narrow: np.ndarray) -> np.ndarray:
        return _code(_without_lows(narrow, lowest_hz), codec)

    return _through(samples, rate_hz, TELEPHONE_HZ, transmit, "HQ")


def _through(
    samples: np.ndarray, rate_hz: float, narrow_hz: float, change: Callable[[np.ndarray], np.ndarray], quality: str
) -> np.ndarray:
    """Resample a clip, change it, round it as a file does, and resample it back to its length."""
    narrow = change(soxr.resample(samples, rate_hz, narrow_hz, quality=quality))
    narrow = np.round(np.clip(narrow, -32768, 32767)).astype(np.float32)
    wide = soxr.resample(narrow, narrow_hz, rate_hz, quality="HQ")[: len(samples)]
    return np.pad(wide, (0, len(samples) - len(wide)))


def _without_lows(samples: np.ndarray, lowest_hz: float) -> np.ndarray:
    """Remove what lies below a frequency from telephone sound."""
    if not lowest_hz or not len(samples):
        return samples
    spectrum = np.fft.rfft(samples)
    spectrum[: int(lowest_hz * len(samples) / TELEPHONE_HZ)] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def _code(samples: np.ndarray, codec: str) -> np.ndarray:
    """Encode telephone sound and decode it again, with libsndfile."""
    whole = np.round(np.clip(samples, -32768, 32767)).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, whole, TELEPHONE_HZ, subtype=codec, format="WAV")
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="int16")
    decoded = decoded[: len(whole)].astype(np.float32)  # GSM frames have 160 samples, so the last one is filled up
    return np.pad(decoded, (0, len(whole) - len(decoded)))
