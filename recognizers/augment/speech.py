"""Other voices, speeds, microphones and noises, and gaps: variations of speech."""

from dataclasses import dataclass, replace

import numpy as np
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from recognizers.augment.augment import mask_frames
from recognizers.augment.waveform import noise_like, stretched, through_channel, without_bands


@dataclass(frozen=True)
class SpeechAugment:
    """Variations of a waveform and of its frames.

    Attributes:
        speed: [slowest, fastest]: played at a random speed between the two, pitch and tempo together (Ko et al.,
            2015); [1, 1] for none.
        pitch: [lowest, highest]: pitch and formants shifted by a random factor between the two at the same tempo, as
            voices differ; [1, 1] for none.
        channel_db: Standard deviation of a random frequency response, as microphones differ.
        gain_db: Largest change of the level, which features without `cmvn` show.
        band_masks: Bands of frequencies hidden throughout the clip.
        band_mask_share: The widest of them, as a share of the mel scale.
        noise_share: Share of the clips that get noise.
        noise_snr_db: [loudest, softest] noise, as signal-to-noise ratio.
        cut_share: The most that is cut off either end, as a share of the clip; half of the ends are left whole. For
            labels: a transcript would lose words.
        time_masks: Stretches of time set to the clip's mean.
        time_mask_share: The longest of them, as a share of the clip.
        feature_masks: Bands of features set to the clip's mean.
        feature_mask_share: The widest of them, as a share of the features.
    """

    speed: tuple[float, float] = (0.9, 1.1)
    pitch: tuple[float, float] = (1.0, 1.0)
    channel_db: float = 0.0
    gain_db: float = 0.0
    band_masks: int = 0
    band_mask_share: float = 0.15
    noise_share: float = 0.5
    noise_snr_db: tuple[float, float] = (5.0, 40.0)
    cut_share: float = 0.0
    time_masks: int = 2
    time_mask_share: float = 0.05
    feature_masks: int = 0
    feature_mask_share: float = 0.2

    def __post_init__(self) -> None:
        shares = (self.noise_share, self.band_mask_share, self.time_mask_share, self.feature_mask_share)
        checks = {
            "speed must be [slowest, fastest], above 0": 0 < self.speed[0] <= self.speed[1],
            "pitch must be [lowest, highest], above 0": 0 < self.pitch[0] <= self.pitch[1],
            "shares must be from 0 to 1": all(0 <= share <= 1 for share in shares),
            "cut_share must be from 0 to 0.4": 0 <= self.cut_share <= 0.4,
            "noise_snr_db must be [loudest, softest], rising": self.noise_snr_db[0] <= self.noise_snr_db[1],
            "channel_db and gain_db must be 0 or more": min(self.channel_db, self.gain_db) >= 0,
            "band_masks, time_masks and feature_masks must be 0 or more": min(
                self.band_masks, self.time_masks, self.feature_masks
            )
            >= 0,
        }
        for message, fine in checks.items():
            if not fine:
                raise InputError(f"augment: {message}; found {self}")

    def rate(self, rng: np.random.Generator) -> float:
        """A speed."""
        return rng.uniform(*self.speed)

    def signal(self, signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
        """Another speed, voice and microphone, ends cut off, hidden bands, and noise of a random colour."""
        samples = signal.values.astype(np.float32)
        pitch = rng.uniform(*self.pitch)
        if rate * pitch != 1.0:
            samples = soxr.resample(samples, rate * pitch, 1.0, quality="MQ")
        if pitch != 1.0:
            samples = stretched(samples, pitch, signal.rate_hz)
        if self.cut_share:
            first, last = rng.uniform(0, self.cut_share, 2) * rng.integers(0, 2, 2) * len(samples)
            samples = samples[int(first) : len(samples) - int(last)]
        if self.channel_db or self.gain_db:
            samples = through_channel(samples, signal.rate_hz, self.channel_db, self.gain_db, rng)
        if self.band_masks:
            samples = without_bands(samples, signal.rate_hz, self.band_masks, self.band_mask_share, rng)
        if rng.random() < self.noise_share:
            samples = samples + noise_like(samples, rng.uniform(*self.noise_snr_db), rng)
        return replace(signal, values=np.round(np.clip(samples, -32768, 32767)).astype(np.int16))

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Masks over time and features: there the clip's mean stands, which says nothing."""
        mean = frames.values.mean(axis=0)
        values = mask_frames(frames.values - mean, self.time_masks, self.time_mask_share, rng)
        values = mask_frames(values.T, self.feature_masks, self.feature_mask_share, rng).T
        return replace(frames, values=np.ascontiguousarray(values + mean))
