"""MFCC and log-mel filterbank frames of sound."""

import logging
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
import soxr
import torch
import torchaudio

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal, fingerprint, num_frames
from data_prep.media import AUDIO_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES, Media, read_audio

log = logging.getLogger(__name__)

SIGNAL_VERSION = 1
FRAMES_VERSION = 1
#: Added to mel energies before the logarithm, so that digital silence stays finite (torchaudio's own choice).
LOG_OFFSET = 1e-6


@dataclass(frozen=True)
class Mfcc:
    """Mel-frequency cepstral coefficients (Davis & Mermelstein, 1980), or the log-mel energies they are made of.

    Attributes:
        kind: "mfcc", or "filterbank" for the log-mel energies themselves.
        sample_rate_hz: The rate sound is resampled to.
        num_coefficients: MFCC a frame; for "filterbank", mel bands a frame.
        num_mels: Mel bands under the MFCC.
        window_ms: Length of the analysis window (Hann).
        hop_ms: Step from frame to frame.
        deltas: How many orders of time derivatives are appended: 0, 1 or 2.
        cmvn: Per-clip normalisation of each coefficient: "none", "mean", or "mean_variance".

    Raises:
        InputError: A setting is out of its range.
    """

    kind: Literal["mfcc", "filterbank"] = "mfcc"
    sample_rate_hz: int = 16_000
    num_coefficients: int = 40
    num_mels: int = 80
    window_ms: float = 25.0
    hop_ms: float = 10.0
    deltas: int = 0
    cmvn: Literal["none", "mean", "mean_variance"] = "mean_variance"

    modality: ClassVar[str] = "audio"
    suffixes: ClassVar[frozenset[str]] = AUDIO_SUFFIXES | VIDEO_SUFFIXES | RAW_SUFFIXES

    def __post_init__(self) -> None:
        checks = {
            "kind must be mfcc or filterbank": self.kind in ("mfcc", "filterbank"),
            "sample_rate_hz must be at least 1000": self.sample_rate_hz >= 1000,
            "num_coefficients must be from 1 to num_mels (mfcc)": self.num_coefficients >= 1
            and (self.kind == "filterbank" or self.num_coefficients <= self.num_mels),
            "hop_ms must be above 0 and at most window_ms": 0 < self.hop_ms <= self.window_ms,
            "hop_ms must be a whole number of samples": (self.sample_rate_hz * self.hop_ms / 1000).is_integer(),
            "deltas must be 0, 1 or 2": self.deltas in (0, 1, 2),
            "cmvn must be none, mean or mean_variance": self.cmvn in ("none", "mean", "mean_variance"),
        }
        for message, fine in checks.items():
            if not fine:
                raise InputError(f"features: {message}; found {self}")

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second."""
        return 1000.0 / self.hop_ms

    @property
    def num_features(self) -> int:
        """F: coefficients and their derivatives."""
        return self.num_coefficients * (1 + self.deltas)

    def get_ready(self) -> None:
        """Nothing to fetch."""

    def signal(self, media: Media) -> Signal:
        """The waveform, mono, at `sample_rate_hz`: (T,) int16."""
        samples, rate_hz = read_audio(media)
        if rate_hz != self.sample_rate_hz:
            if rate_hz < 0.75 * self.sample_rate_hz:
                _warn_once(rate_hz, self.sample_rate_hz)
            samples = soxr.resample(samples, rate_hz, self.sample_rate_hz)
        return Signal(np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16), self.sample_rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Features of a waveform: one frame a hop, the first centred on the first sample."""
        waveform = torch.from_numpy(signal.values.astype(np.float32) / 32767)  # (T,)
        count = num_frames(signal.duration_s, self.frame_rate_hz)
        values = _transform(self)(_at_least_one_window(waveform, self))[:, :count]  # (F, count)
        orders = [values]
        for _ in range(self.deltas):
            orders.append(torchaudio.functional.compute_deltas(orders[-1]))
        values = _normalise(torch.cat(orders).T, self.cmvn)  # (count, F)
        return Frames(values.contiguous().numpy(), self.frame_rate_hz)

    def __call__(self, media: Media) -> Frames:
        """Both steps."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Of the only setting the stored waveform depends on."""
        return fingerprint(signal="waveform", version=SIGNAL_VERSION, sample_rate_hz=self.sample_rate_hz)

    def fingerprint(self) -> str:
        """Of everything the frames depend on."""
        return fingerprint(features="mfcc", versions=[SIGNAL_VERSION, FRAMES_VERSION], **asdict(self))


@lru_cache(maxsize=8)
def _transform(settings: Mfcc) -> torch.nn.Module:
    window = round(settings.sample_rate_hz * settings.window_ms / 1000)
    mel_settings = {
        "win_length": window,
        "hop_length": round(settings.sample_rate_hz * settings.hop_ms / 1000),
        "n_fft": 1 << (window - 1).bit_length(),
        "n_mels": settings.num_coefficients if settings.kind == "filterbank" else settings.num_mels,
        "f_min": 20.0,
        "center": True,
        "pad_mode": "reflect",
    }
    if settings.kind == "filterbank":
        return torch.nn.Sequential(
            torchaudio.transforms.MelSpectrogram(settings.sample_rate_hz, **mel_settings), _Log()
        )
    return torchaudio.transforms.MFCC(
        settings.sample_rate_hz, n_mfcc=settings.num_coefficients, log_mels=True, melkwargs=mel_settings
    )


class _Log(torch.nn.Module):
    def forward(self, energies: torch.Tensor) -> torch.Tensor:
        return torch.log(energies + LOG_OFFSET)


def _at_least_one_window(waveform: torch.Tensor, settings: Mfcc) -> torch.Tensor:
    # The reflection at both ends needs more samples than half an FFT window.
    shortest = round(settings.sample_rate_hz * settings.window_ms / 1000) * 2
    return torch.nn.functional.pad(waveform, (0, max(0, shortest - len(waveform))))


def _normalise(values: torch.Tensor, cmvn: str) -> torch.Tensor:
    if cmvn == "none":
        return values
    values = values - values.mean(dim=0)
    if cmvn == "mean":
        return values
    # The floor keeps silence, and clips of one frame, from being blown up.
    return values / values.std(dim=0, unbiased=False).clamp(min=1e-2)


@lru_cache(maxsize=32)
def _warn_once(rate_hz: int, expected_hz: int) -> None:
    log.warning(
        "recordings at %d Hz are resampled to the model's %d Hz; what lies above %d Hz is missing from them, so "
        "expect more errors unless the model was trained on such recordings",
        rate_hz,
        expected_hz,
        rate_hz // 2,
    )
