"""MFCC and log-mel filterbank frames of sound."""

import logging
import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
import soxr
import torch
import torchaudio

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal, fingerprint, num_frames
from data_prep.media import AUDIO_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES, Media, read_audio, to_int16

log = logging.getLogger(__name__)

SIGNAL_VERSION = 2
FRAMES_VERSION = 2
#: Added to mel energies before the logarithm, so that digital silence stays finite (torchaudio's own choice).
LOG_OFFSET = 1e-6
#: So few frames that what is computed of them on the way stays in the processor's cache.
FRAMES_AT_ONCE = 224
MELS_AT_ONCE = 16


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
        samples, rate_hz = read_audio(media, dtype="int16")
        if rate_hz != self.sample_rate_hz:
            if rate_hz < 0.75 * self.sample_rate_hz:
                _warn_once(rate_hz, self.sample_rate_hz)
            samples = to_int16(soxr.resample(samples.astype(np.float32), rate_hz, self.sample_rate_hz))
        return Signal(samples, self.sample_rate_hz)

    @torch.inference_mode()
    def frames(self, signal: Signal) -> Frames:
        """Features of a waveform: one frame a hop, the first centred on the first sample."""
        count = num_frames(signal.duration_s, self.frame_rate_hz)
        samples = torch.from_numpy(np.ascontiguousarray(signal.values))  # (T,)
        values = _coefficients(_windows(samples, count, self), _tables(self))
        orders = [values]  # each (count, num_coefficients)
        for _ in range(self.deltas):
            orders.append(torchaudio.functional.compute_deltas(orders[-1].T).T)
        values = _normalise(torch.cat(orders, dim=1) if self.deltas else values, self.cmvn)  # (count, F)
        return Frames(values.numpy(), self.frame_rate_hz)

    def __call__(self, media: Media) -> Frames:
        """Both steps."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Of the only setting the stored waveform depends on."""
        return fingerprint(signal="waveform", version=SIGNAL_VERSION, sample_rate_hz=self.sample_rate_hz)

    def fingerprint(self) -> str:
        """Of everything the frames depend on."""
        return fingerprint(features="mfcc", versions=[SIGNAL_VERSION, FRAMES_VERSION], **asdict(self))


@dataclass(frozen=True)
class _Tables:
    """What the frames of all clips have in common.

    Attributes:
        window: (W,) Hann, for samples of which 32768 is full scale.
        fft: Length of the Fourier transform in samples.
        mels: Parts of the mel filters: of the spectrum's squared real and imaginary parts, one after the other, the
            first that counts, the one behind the last, and the share (parts, bands) each has in some of the bands.
        cosines: (num_mels, num_coefficients) of the discrete cosine transform; None for log-mel energies.
    """

    window: torch.Tensor
    fft: int
    mels: tuple[tuple[int, int, torch.Tensor], ...]
    cosines: torch.Tensor | None


@lru_cache(maxsize=8)
def _tables(settings: Mfcc) -> _Tables:
    length = _window_samples(settings)
    fft = 1 << (length - 1).bit_length()
    bands = settings.num_coefficients if settings.kind == "filterbank" else settings.num_mels
    filters = torchaudio.functional.melscale_fbanks(
        fft // 2 + 1, 20.0, settings.sample_rate_hz / 2, bands, settings.sample_rate_hz
    )  # (fft / 2 + 1, bands)
    filters = filters.repeat_interleave(2, dim=0)
    mels = []
    # Each filter is 0 nearly everywhere: some neighbours at a time, most of these zeros are left out.
    for some in filters.split(MELS_AT_ONCE, dim=1):
        used = some.any(dim=1).nonzero()
        start, stop = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        mels.append((start, stop, some[start:stop].contiguous()))
    cosines = torchaudio.functional.create_dct(settings.num_coefficients, bands, norm="ortho")
    return _Tables(
        torch.hann_window(length) / 32768, fft, tuple(mels), None if settings.kind == "filterbank" else cosines
    )


def _window_samples(settings: Mfcc) -> int:
    return round(settings.sample_rate_hz * settings.window_ms / 1000)


def _windows(samples: torch.Tensor, count: int, settings: Mfcc) -> torch.Tensor:
    """The samples under the window of each frame, (count, W): a view."""
    length, hop = _window_samples(settings), round(settings.sample_rate_hz * settings.hop_ms / 1000)
    # The reflection at both ends needs more samples than half a window.
    if len(samples) < 2 * length:
        samples = torch.nn.functional.pad(samples, (0, 2 * length - len(samples)))
    before = (length + 1) // 2  # as torch.stft places a window of odd length in the middle of its Fourier transform
    start, end = samples[1 : before + 1].flip(0), samples[before - length - 1 : -1].flip(0)
    return torch.cat([start, samples, end]).to(torch.float32).unfold(0, length, hop)[:count]


def _coefficients(windows: torch.Tensor, tables: _Tables) -> torch.Tensor:
    """Cepstral coefficients, or log-mel energies, of (count, W) samples: (count, num_coefficients)."""
    parts = windows.tensor_split(math.ceil(len(windows) / FRAMES_AT_ONCE))
    padded = torch.zeros(len(parts[0]), tables.fft)
    blocks = []
    for block in parts:
        windowed = padded[: len(block)]
        torch.mul(block, tables.window, out=windowed[:, : block.shape[1]])
        squares = torch.view_as_real(torch.fft.rfft(windowed)).flatten(1).square_()  # (block, fft + 2)
        energies = torch.cat([squares[:, start:stop] @ shares for start, stop, shares in tables.mels], dim=1)
        logs = energies.add_(LOG_OFFSET).log_()  # (block, bands)
        blocks.append(logs if tables.cosines is None else logs @ tables.cosines)
    return torch.cat(blocks)


def _normalise(values: torch.Tensor, cmvn: str) -> torch.Tensor:
    if cmvn == "none":
        return values
    values = values - values.mean(dim=0)
    if cmvn == "mean":
        return values
    # The floor keeps silence, and clips of one frame, from being blown up.
    return values.div_(values.square().mean(dim=0).sqrt_().clamp_(min=1e-2))


@lru_cache(maxsize=32)
def _warn_once(rate_hz: int, expected_hz: int) -> None:
    log.warning(
        "recordings at %d Hz are resampled to the model's %d Hz; what lies above %d Hz is missing from them, so "
        "expect more errors unless the model was trained on such recordings",
        rate_hz,
        expected_hz,
        rate_hz // 2,
    )
