"""Other speeds, other rooms' noise, and gaps: variations of speech."""

from dataclasses import dataclass, replace

import numpy as np
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from recognizers.augment.augment import mask_frames


@dataclass(frozen=True)
class SpeechAugment:
    """Variations of a waveform and of its frames.

    Attributes:
        speed: [slowest, fastest]: played at a random speed between the two, pitch and tempo together (Ko et al.,
            2015); [1, 1] for none.
        noise_share: Share of the clips that get noise.
        noise_snr_db: [loudest, softest] noise, as signal-to-noise ratio.
        time_masks: Stretches of time set to the clip's mean.
        time_mask_share: The longest of them, as a share of the clip.
        feature_masks: Bands of features set to the clip's mean.
        feature_mask_share: The widest of them, as a share of the features.
    """

    speed: tuple[float, float] = (0.9, 1.1)
    noise_share: float = 0.5
    noise_snr_db: tuple[float, float] = (5.0, 40.0)
    time_masks: int = 2
    time_mask_share: float = 0.05
    feature_masks: int = 0
    feature_mask_share: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.speed[0] <= self.speed[1]:
            raise InputError(f"augment: speed must be [slowest, fastest], above 0; found {self.speed}")
        if not all(0 <= share <= 1 for share in (self.noise_share, self.time_mask_share, self.feature_mask_share)):
            raise InputError(f"augment: shares must be from 0 to 1; found {self}")
        if not self.noise_snr_db[0] <= self.noise_snr_db[1]:
            raise InputError(f"augment: noise_snr_db must be [loudest, softest], rising; found {self.noise_snr_db}")
        if self.time_masks < 0 or self.feature_masks < 0:
            raise InputError(f"augment: time_masks and feature_masks must be 0 or more; found {self}")

    def rate(self, rng: np.random.Generator) -> float:
        """A speed."""
        return rng.uniform(*self.speed)

    def signal(self, signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
        """Another speed, and noise of a random colour."""
        samples = signal.values.astype(np.float32)
        if rate != 1.0:
            samples = soxr.resample(samples, rate, 1.0, quality="MQ")
        if rng.random() < self.noise_share:
            samples = samples + _noise_like(samples, rng.uniform(*self.noise_snr_db), rng)
        return replace(signal, values=np.round(np.clip(samples, -32768, 32767)).astype(np.int16))

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Masks over time and features: there the clip's mean stands, which says nothing."""
        mean = frames.values.mean(axis=0)
        values = mask_frames(frames.values - mean, self.time_masks, self.time_mask_share, rng)
        values = mask_frames(values.T, self.feature_masks, self.feature_mask_share, rng).T
        return replace(frames, values=np.ascontiguousarray(values + mean))


def _noise_like(samples: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """Noise between white and brown (spectrum 1 / f^0 to 1 / f^2) at the given ratio to the samples' power."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)).astype(np.float32))
    frequency = np.maximum(np.arange(len(spectrum)), 1)
    noise = np.fft.irfft(spectrum / frequency ** rng.uniform(0, 1), len(samples))
    wanted = np.sqrt(np.mean(samples**2)) * 10 ** (-snr_db / 20)
    return (noise * (wanted / max(float(np.sqrt(np.mean(noise**2))), 1e-9))).astype(np.float32)
