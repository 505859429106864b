"""Sound without words: what a recognizer hears before, after and between utterances."""

import numpy as np

from recognizers.augment.waveform import colour_noise

#: Share of the frames of a clip, the quietest ones, that stand for its background; and their duration.
QUIET_SHARE, QUIET_FRAME_S = 0.1, 0.02
#: Range of the levels of wordless clips, as powers of ten of a full scale of 32768: from the last bit to loud speech.
LEVELS_LOG10 = (-0.5, 3.5)
#: Mains frequencies, and the number of their harmonics that a hum may have.
MAINS_HZ, HARMONICS = (50.0, 60.0), 12


def pad_with_background(
    samples: np.ndarray, rate_hz: float, pad_s: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Put a stretch without words before a clip, after it, or on both sides.

    The stretch is as loud as the quietest parts of the clip, give or take 6 dB, or silent.

    Args:
        samples: (T,) float32.
        rate_hz: Samples per second.
        pad_s: [shortest, longest] stretch in seconds.
        rng: Source of randomness.

    Returns:
        The longer clip, float32.
    """
    before, after = ((1, 0), (0, 1), (1, 1))[rng.integers(3)]
    counts = [int(sides * rng.uniform(*pad_s) * rate_hz) for sides in (before, after)]
    level = quiet_rms(samples, rate_hz) * 10 ** (rng.uniform(-6, 6) / 20) * (rng.random() < 0.75)
    first, last = (level * wordless_sound(max(count, 1), rate_hz, rng)[:count] for count in counts)
    return np.concatenate([first, samples, last]).astype(np.float32)


def wordless_clip(samples: np.ndarray, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Make a clip of the same length without words: noise, a hum, bursts, speech-shaped noise, or silence.

    Args:
        samples: (T,) float32, a clip with words.
        rate_hz: Samples per second.
        rng: Source of randomness.

    Returns:
        (T,) float32.
    """
    if rng.random() < 0.1:
        return np.zeros(len(samples), np.float32)
    made = speech_shaped_noise(samples, rng) if rng.random() < 0.3 else wordless_sound(len(samples), rate_hz, rng)
    if rng.random() < 0.4:
        made = made * _bursts(len(samples), rate_hz, rng)
    level = 10 ** rng.uniform(*LEVELS_LOG10)
    return (made * (level / max(float(np.sqrt(np.mean(made**2))), 1e-9))).astype(np.float32)


def wordless_sound(count: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Make noise of a random colour, a hum or a mixture of both: (count,) float32 with an RMS of about 1."""
    hum_share = rng.uniform(0, 1) * (rng.random() < 0.3)
    noise = colour_noise(count, rng)
    return (np.sqrt(1 - hum_share) * noise + np.sqrt(hum_share) * _hum(count, rate_hz, rng)).astype(np.float32)


def speech_shaped_noise(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make noise with the spectrum of a clip but random phases, so that no word is left: (T,) float32."""
    spectrum = np.abs(np.fft.rfft(samples))
    phases = np.exp(2j * np.pi * rng.random(len(spectrum)))
    return np.fft.irfft(spectrum * phases, len(samples)).astype(np.float32)


def quiet_rms(samples: np.ndarray, rate_hz: float) -> float:
    """Return the level of the background of a clip (T,): the RMS of its quietest frames."""
    size = max(1, int(QUIET_FRAME_S * rate_hz))
    if len(samples) < size:
        return 0.0
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    return float(np.quantile(np.sqrt(np.mean(frames**2, axis=1)), QUIET_SHARE))


def _hum(count: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    frequency_hz = rng.choice(MAINS_HZ) * rng.uniform(0.99, 1.01)
    orders = np.arange(1, HARMONICS + 1)
    gains = rng.exponential(1.0, HARMONICS) / orders
    phase = 2 * np.pi * frequency_hz / rate_hz * np.arange(count)[:, None] * orders
    hum = np.sin(phase + rng.uniform(0, 2 * np.pi, HARMONICS)) @ gains
    return hum / max(float(np.sqrt(np.mean(hum**2))), 1e-9)


def _bursts(count: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Make an envelope of sudden bursts that decay, as of dishes or doors, over a weak background: (count,)."""
    envelope = np.full(count, 0.02)
    for _ in range(rng.poisson(4 * count / rate_hz) + 1):
        start, decay_s = int(rng.integers(count)), rng.uniform(0.01, 0.2)
        tail = np.exp(-np.arange(count - start) / (decay_s * rate_hz)) * rng.uniform(0.1, 1)
        envelope[start:] = np.maximum(envelope[start:], tail)
    return envelope
