"""Variations of speech: speed, voice, microphone and noise, and masked times and frequencies."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from recognizers.augment.applied import note
from recognizers.augment.augment import mask_frames
from recognizers.augment.background import pad_with_background, wordless_clip
from recognizers.augment.bandwidth import CODECS, draw_bandwidth, narrow_band, telephone
from recognizers.augment.noise_files import FILES_SHARE, NoiseFiles
from recognizers.augment.recombine import NO_RECOMBINATION, Recombine
from recognizers.augment.rooms import RoomFiles, random_room, reverberate
from recognizers.augment.waveform import apply_channel, hide_bands, make_noise, noise_rms, stretch_time


@dataclass(frozen=True)
class SpeechAugment:
    """Varies a waveform and the frames computed from it.

    Attributes:
        speed: [slowest, fastest]: range of the random speed, which changes pitch and tempo together (Ko et al., 2015);
            [1, 1] for none.
        pitch: [lowest, highest]: range of a random factor of pitch and formants at an unchanged tempo, as voices
            differ; [1, 1] for none.
        channel_db: Standard deviation of a random frequency response, as microphones differ.
        gain_db: Largest change of the level; features normalised by `cmvn` do not depend on it.
        band_masks: Number of frequency bands removed from the whole clip.
        band_mask_share: Largest width of such a band, as a share of the mel scale.
        noise_share: Share of the clips to which noise is added.
        noise_snr_db: [loudest, softest]: range of the signal-to-noise ratio.
        noise_files: A folder, a file, a glob or a list of these: recordings of noise, of any length, sample rate and
            format. Half of the noisy clips get an excerpt of one of them, the others synthetic noise. None for
            synthetic noise alone.
        room_share: Share of the clips that sound as in a room; their length, their level and the times of their words
            stay the same.
        room_rt60_s: [shortest, longest]: range of the reverberation time of random rooms, in seconds.
        room_files: As `noise_files`: impulse responses of rooms, one a file; None for random rooms.
        bandwidth_share: Share of the clips that lose the frequencies above a random one, as in recordings of a lower
            sampling rate.
        bandwidth_hz: [lowest, highest]: range of that frequency; half of the time it is one of the usual ones.
        telephone_share: Share of the clips that are sent through a telephone, with mu-law or GSM coding.
        pad_share: Share of the clips that get a stretch without words before or after them, or both.
        pad_s: [shortest, longest] such stretch, in seconds.
        wordless_share: Share of the clips of texts that are replaced by sound without words, of which nothing is to be
            recognised.
        cut_share: Largest part cut off either end, as a share of the clip; each end is cut with a probability of one
            half. Only for labels, since a transcript would lose words.
        time_masks: Number of spans of frames set to the clip's mean.
        time_mask_share: Largest length of such a span, as a share of the clip.
        feature_masks: Number of bands of features set to the clip's mean.
        feature_mask_share: Largest width of such a band, as a share of the features.
        recombine: New sequences of each speaker's own words, only for texts.
    """

    modality: ClassVar[str | None] = "audio"

    speed: tuple[float, float] = (0.9, 1.1)
    pitch: tuple[float, float] = (1.0, 1.0)
    channel_db: float = 0.0
    gain_db: float = 0.0
    band_masks: int = 0
    band_mask_share: float = 0.15
    noise_share: float = 0.7
    noise_snr_db: tuple[float, float] = (0.0, 30.0)
    noise_files: str | tuple[str, ...] | None = None
    room_share: float = 0.0
    room_rt60_s: tuple[float, float] = (0.15, 0.8)
    room_files: str | tuple[str, ...] | None = None
    bandwidth_share: float = 0.3
    bandwidth_hz: tuple[float, float] = (3400.0, 8000.0)
    telephone_share: float = 0.1
    pad_share: float = 0.0
    pad_s: tuple[float, float] = (0.2, 1.0)
    wordless_share: float = 0.0
    cut_share: float = 0.0
    time_masks: int = 2
    time_mask_share: float = 0.05
    feature_masks: int = 0
    feature_mask_share: float = 0.2
    recombine: Recombine = NO_RECOMBINATION

    def __post_init__(self) -> None:
        shares = [self.noise_share, self.band_mask_share, self.time_mask_share, self.feature_mask_share]
        shares += [self.pad_share, self.wordless_share, self.room_share]
        shares += [self.bandwidth_share, self.telephone_share]
        checks = {
            "speed must be [slowest, fastest], above 0": 0 < self.speed[0] <= self.speed[1],
            "pitch must be [lowest, highest], above 0": 0 < self.pitch[0] <= self.pitch[1],
            "shares must be from 0 to 1": all(0 <= share <= 1 for share in shares),
            "cut_share must be from 0 to 0.4": 0 <= self.cut_share <= 0.4,
            "noise_snr_db must be [loudest, softest], rising": self.noise_snr_db[0] <= self.noise_snr_db[1],
            "room_rt60_s must be [shortest, longest], rising, from 0.05 to 3": 0.05
            <= self.room_rt60_s[0]
            <= self.room_rt60_s[1]
            <= 3,
            "noise_files are given, but noise_share is 0; raise it": self.noise_files is None or self.noise_share > 0,
            "room_files are given, but room_share is 0; raise it": self.room_files is None or self.room_share > 0,
            "bandwidth_hz must be [lowest, highest], rising, at least 500": 500
            <= self.bandwidth_hz[0]
            <= self.bandwidth_hz[1],
            "pad_s must be [shortest, longest], rising, from 0 to 10": 0 <= self.pad_s[0] <= self.pad_s[1] <= 10,
            "channel_db and gain_db must be 0 or more": min(self.channel_db, self.gain_db) >= 0,
            "band_masks, time_masks and feature_masks must be 0 or more": min(
                self.band_masks, self.time_masks, self.feature_masks
            )
            >= 0,
        }
        for message, holds in checks.items():
            if not holds:
                raise InputError(f"augment: {message}; found {self}")
        # Files are found and read now, before anything costly. Worker processes receive the paths that were found.
        _ = self._noises, self._rooms

    @cached_property
    def _noises(self) -> NoiseFiles | None:
        return None if self.noise_files is None else NoiseFiles.find(self.noise_files)

    @cached_property
    def _rooms(self) -> RoomFiles | None:
        return None if self.room_files is None else RoomFiles.find(self.room_files)

    def draw_speed(self, rng: np.random.Generator) -> float:
        """Draw a speed."""
        return rng.uniform(*self.speed)

    def wordless(self, signal: Signal, rng: np.random.Generator) -> Signal | None:
        """Return sound without words of the same length, for some clips."""
        if not self.wordless_share or rng.random() >= self.wordless_share:
            return None
        samples = wordless_clip(signal.values.astype(np.float32), signal.rate_hz, rng)
        return replace(signal, values=_to_int16(samples))

    def signal(self, signal: Signal, speed: float, rng: np.random.Generator) -> Signal:
        """Change speed, pitch, room, frequency response and bandwidth, cut or lengthen the ends, and add noise."""
        samples = signal.values.astype(np.float32)
        pitch = rng.uniform(*self.pitch)
        if speed * pitch != 1.0:
            samples = soxr.resample(samples, speed * pitch, 1.0, quality="MQ")
        if pitch != 1.0:
            samples = stretch_time(samples, pitch, signal.rate_hz)
            note("pitch", f"{pitch:.2f}")
        if self.cut_share:
            first, last = rng.uniform(0, self.cut_share, 2) * rng.integers(0, 2, 2) * len(samples)
            samples = samples[int(first) : len(samples) - int(last)]
            note("cut", f"{int(first) / signal.rate_hz:.2f} s and {int(last) / signal.rate_hz:.2f} s")
        if self.pad_share and rng.random() < self.pad_share:
            before = len(samples)
            samples = pad_with_background(samples, signal.rate_hz, self.pad_s, rng)
            note("pad", f"{(len(samples) - before) / signal.rate_hz:.2f} s")
        if self.room_share and rng.random() < self.room_share:
            samples = reverberate(samples, self._draw_room(signal.rate_hz, rng))
        if self.channel_db or self.gain_db:
            samples = apply_channel(samples, signal.rate_hz, self.channel_db, self.gain_db, rng)
        if self.band_masks:
            samples = hide_bands(samples, signal.rate_hz, self.band_masks, self.band_mask_share, rng)
        if rng.random() < self.noise_share:
            samples = samples + self._draw_noise(samples, signal.rate_hz, rng)
        if self.bandwidth_share and rng.random() < self.bandwidth_share:
            top_hz = draw_bandwidth(self.bandwidth_hz, rng)
            samples = narrow_band(samples, signal.rate_hz, top_hz, rng)
            note("bandwidth", f"{min(top_hz, signal.rate_hz / 2):.0f} Hz")
        if self.telephone_share and rng.random() < self.telephone_share:
            codec = str(rng.choice(CODECS))
            samples = telephone(samples, signal.rate_hz, codec, rng)
            note("telephone", codec)
        return replace(signal, values=_to_int16(samples))

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Set spans of frames and bands of features to the clip's mean, which carries no information."""
        mean = frames.values.mean(axis=0)
        values = mask_frames(frames.values - mean, self.time_masks, self.time_mask_share, rng)
        values = mask_frames(values.T, self.feature_masks, self.feature_mask_share, rng).T
        return replace(frames, values=np.ascontiguousarray(values + mean))

    def _draw_room(self, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
        """Draw an impulse response, (L,) float32."""
        if self._rooms is not None:
            response, path = self._rooms.draw(rate_hz, rng)
            note("room", path.stem)
            return response
        rt60_s = rng.uniform(*self.room_rt60_s)
        note("room", f"{rt60_s:.2f} s")
        return random_room(rate_hz, rt60_s, rng)

    def _draw_noise(self, samples: np.ndarray, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
        """Draw noise for a clip (T,), from a file or synthetic: (T,) float32."""
        snr_db = rng.uniform(*self.noise_snr_db)
        if self._noises is not None and rng.random() < FILES_SHARE:
            drawn = self._noises.excerpt(len(samples), rate_hz, rng)
            if drawn is not None:  # an excerpt of silence gives way to synthetic noise
                note("noise", f"{drawn[1].stem} at {snr_db:.0f} dB")
                return drawn[0] * noise_rms(samples, snr_db)
        note("noise", f"synthetic at {snr_db:.0f} dB")
        return make_noise(samples, snr_db, rng)


def _to_int16(samples: np.ndarray) -> np.ndarray:
    return np.round(np.clip(samples, -32768, 32767)).astype(np.int16)
