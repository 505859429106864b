"""MFCC and log-mel filterbank frames of sound."""

import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
import soxr

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal, fingerprint, num_frames
from data_prep.features.mel_scale import mel_filters
from data_prep.features.power_spectrum import squared_parts
from data_prep.media import AUDIO_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES, Media, read_audio, sound_from_array, to_int16

log = logging.getLogger(__name__)

SIGNAL_VERSION = 2
FRAMES_VERSION = 2
#: Added to mel energies before the logarithm, so that digital silence stays finite (torchaudio's own choice).
LOG_OFFSET = 1e-6
#: Lower bound of the deviations by which coefficients are divided, so that silence and single frames stay small.
SMALLEST_DEVIATION = 1e-2
#: Upper bounds of settings: anything above is a mistake, or a bundle made to exhaust the memory.
MAX_RATE_HZ, MAX_WINDOW_MS, MAX_BANDS = 1_000_000, 1000.0, 1024
#: Frames computed together, so that their intermediate results stay in the processor's cache.
BLOCK_FRAMES = 80
#: Neighbouring mel filters applied in one matrix product.
BLOCK_BANDS = 16
#: OpenBLAS computes a product of at most this many multiplications in the calling thread. A larger one wakes its other
#: threads, which on a busy machine can take a hundred times as long as the product itself. Limiting those threads
#: would change the whole process, which a library must not do, so every product is kept below this size.
SINGLE_THREADED_PRODUCT = 2**18


@dataclass(frozen=True)
class Mfcc:
    """Mel-frequency cepstral coefficients (Davis & Mermelstein, 1980), or the log-mel energies they are made of.

    Attributes:
        kind: "mfcc", or "filterbank" for log-mel energies.
        sample_rate_hz: Sample rate to which sound is resampled.
        num_coefficients: Coefficients per frame; with "filterbank", mel bands per frame.
        num_mels: Mel bands from which the coefficients are computed.
        window_ms: Length of the analysis window (Hann).
        hop_ms: Distance from one frame to the next.
        dynamic_range_db: Mel energies are taken relative to the clip's highest, and those more than this many dB below
            it are raised to that floor, so that neither loudness nor faint background noise matters. None leaves
            energies as they are.
        deltas: Orders of time derivatives to append: 0, 1 or 2.
        cmvn: Normalisation of each coefficient over the clip: "none", "mean" or "mean_variance".

    Raises:
        InputError: A setting is out of its range.
    """

    kind: Literal["mfcc", "filterbank"] = "mfcc"
    sample_rate_hz: int = 16_000
    num_coefficients: int = 40
    num_mels: int = 80
    window_ms: float = 25.0
    hop_ms: float = 10.0
    dynamic_range_db: float | None = None
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
            f"sample_rate_hz must be at most {MAX_RATE_HZ}": self.sample_rate_hz <= MAX_RATE_HZ,
            f"window_ms must be at most {MAX_WINDOW_MS:g}": self.window_ms <= MAX_WINDOW_MS,
            f"num_coefficients and num_mels must be at most {MAX_BANDS}": max(self.num_coefficients, self.num_mels)
            <= MAX_BANDS,
            "dynamic_range_db must be above 0": self.dynamic_range_db is None or self.dynamic_range_db > 0,
            "deltas must be 0, 1 or 2": self.deltas in (0, 1, 2),
            "cmvn must be none, mean or mean_variance": self.cmvn in ("none", "mean", "mean_variance"),
        }
        for message, passed in checks.items():
            if not passed:
                raise InputError(f"features: {message}; found {self}")

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second."""
        return 1000.0 / self.hop_ms

    @property
    def num_features(self) -> int:
        """F, the width of a frame: coefficients and their derivatives."""
        return self.num_coefficients * (1 + self.deltas)

    def get_ready(self, media: Sequence[Media]) -> None:
        """Do nothing: sound needs no download."""

    def signal(self, media: Media) -> Signal:
        """Decode the waveform, mono, at `sample_rate_hz`: (T,) int16."""
        return self._resampled(*read_audio(media, dtype="int16"))

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """Make the signal of sound that is in an array; see `sound_from_array`."""
        return self._resampled(*sound_from_array(values, rate_hz))

    def _resampled(self, samples: np.ndarray, rate_hz: float) -> Signal:
        if rate_hz != self.sample_rate_hz:
            if rate_hz < 0.75 * self.sample_rate_hz:
                _warn_once(rate_hz, self.sample_rate_hz)
            samples = to_int16(soxr.resample(samples.astype(np.float32), rate_hz, self.sample_rate_hz))
        return Signal(samples, self.sample_rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Compute the features of a waveform: one frame per hop, the first centred on the first sample."""
        count = num_frames(signal.duration_s, self.frame_rate_hz)
        orders = [static_coefficients(_windows(signal.values, count, self), self)]  # each (count, num_coefficients)
        for _ in range(self.deltas):
            orders.append(slopes(np.pad(orders[-1], ((2, 2), (0, 0)), mode="edge")))
        values = _normalise(np.concatenate(orders, axis=1) if self.deltas else orders[0], self.cmvn)  # (count, F)
        return Frames(values, self.frame_rate_hz)

    def __call__(self, media: Media) -> Frames:
        """Decode media and compute their features."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Hash the only setting on which the stored waveform depends."""
        return fingerprint(signal="waveform", version=SIGNAL_VERSION, sample_rate_hz=self.sample_rate_hz)

    def fingerprint(self) -> str:
        """Hash everything on which the frames depend."""
        return fingerprint(features="mfcc", versions=[SIGNAL_VERSION, FRAMES_VERSION], **asdict(self))


@dataclass(frozen=True)
class _MelBlock:
    """A few neighbouring mel filters, without most of the zeros around them.

    Attributes:
        parts: The columns of `squared_parts` to which these filters apply.
        bands: The columns that these filters fill among all mel bands.
        weights: (parts, bands) float32.
    """

    parts: slice
    bands: slice
    weights: np.ndarray


@dataclass(frozen=True)
class _Tables:
    """What the frames of all clips have in common.

    Attributes:
        window: (W,) Hann, scaled for samples whose full scale is 32768.
        fft_size: Length of the Fourier transform in samples.
        num_bands: Number of mel bands.
        mels: The mel filters.
        cosines: (num_bands, num_coefficients), the discrete cosine transform; None for log-mel energies.
        block_frames: Frames to compute together.
    """

    window: np.ndarray
    fft_size: int
    num_bands: int
    mels: tuple[_MelBlock, ...]
    cosines: np.ndarray | None
    block_frames: int


@lru_cache(maxsize=8)
def _tables(settings: Mfcc) -> _Tables:
    length = window_samples(settings)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)) / 32768
    fft_size = max(2, 1 << (length - 1).bit_length())
    num_bands = settings.num_coefficients if settings.kind == "filterbank" else settings.num_mels
    mels = _mel_blocks(fft_size, num_bands, settings.sample_rate_hz)
    sizes = [block.weights.size for block in mels]
    cosines = None
    if settings.kind == "mfcc":
        cosines = cosine_transform(settings.num_coefficients, num_bands)
        sizes.append(cosines.size)
    block_frames = min(BLOCK_FRAMES, max(1, SINGLE_THREADED_PRODUCT // max(sizes)))
    return _Tables(window.astype(np.float32), fft_size, num_bands, mels, cosines, block_frames)


def _mel_blocks(fft_size: int, num_bands: int, sample_rate_hz: int) -> tuple[_MelBlock, ...]:
    filters = mel_filters(fft_size // 2 + 1, num_bands, sample_rate_hz)
    # The real and the imaginary part of a frequency have the same weight.
    filters = np.delete(filters.repeat(2, axis=0), [1, fft_size + 1], axis=0)  # (fft_size, num_bands)
    blocks = []
    for first in range(0, num_bands, BLOCK_BANDS):
        bands = slice(first, min(first + BLOCK_BANDS, num_bands))
        used = np.flatnonzero(filters[:, bands].any(axis=1))
        parts = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        blocks.append(_MelBlock(parts, bands, np.ascontiguousarray(filters[parts, bands])))
    return tuple(blocks)


def cosine_transform(num_coefficients: int, bands: int) -> np.ndarray:
    """Make the orthonormal discrete cosine transform (DCT-II): (bands, num_coefficients) float32."""
    angles = np.pi / bands * (np.arange(bands)[:, None] + 0.5) * np.arange(num_coefficients)
    cosines = math.sqrt(2.0 / bands) * np.cos(angles)
    cosines[:, 0] /= math.sqrt(2.0)
    return cosines.astype(np.float32)


def window_samples(settings: Mfcc) -> int:
    """Return W, the number of samples under a frame's window."""
    return round(settings.sample_rate_hz * settings.window_ms / 1000)


def _windows(samples: np.ndarray, count: int, settings: Mfcc) -> np.ndarray:
    """Cut out the samples under the window of each frame: (count, W), a view."""
    length, hop = window_samples(settings), round(settings.sample_rate_hz * settings.hop_ms / 1000)
    # The reflection at both ends needs more samples than half a window.
    if len(samples) < 2 * length:
        samples = np.pad(samples, (0, 2 * length - len(samples)))
    before = (length + 1) // 2  # a window of odd length is placed as torchaudio and librosa place it
    start, end = samples[1 : before + 1][::-1], samples[before - length - 1 : -1][::-1]
    padded = np.concatenate([start, samples, end]).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]


def static_coefficients(windows: np.ndarray, settings: Mfcc) -> np.ndarray:
    """Compute the coefficients of (count, W) samples, without derivatives: (count, num_coefficients)."""
    tables = _tables(settings)
    if settings.dynamic_range_db is None:
        return _coefficients(windows, tables, tables.cosines)
    logs = _coefficients(windows, tables, None)
    logs -= logs.max()
    np.maximum(logs, np.float32(-settings.dynamic_range_db * math.log(10) / 10), out=logs)
    return logs if tables.cosines is None else _transformed(logs, tables.cosines, tables.block_frames)


def _coefficients(windows: np.ndarray, tables: _Tables, cosines: np.ndarray | None) -> np.ndarray:
    """Compute cepstral coefficients, or without cosines log-mel energies, of (count, W) samples: one row per frame."""
    count, length = windows.shape
    size = math.ceil(count / math.ceil(count / tables.block_frames))
    values = np.empty((count, tables.num_bands if cosines is None else cosines.shape[1]), np.float32)
    # Allocated once: allocating these for each block would cost more time than filling them.
    padded, spectrum = np.zeros((2, size, tables.fft_size), np.float32)
    energies = np.empty((size, tables.num_bands), np.float32)
    for first in range(0, count, size):
        block = windows[first : first + size]
        windowed, squares, logs = padded[: len(block)], spectrum[: len(block)], energies[: len(block)]
        np.multiply(block, tables.window, out=windowed[:, :length])
        squared_parts(windowed, squares)
        for mel in tables.mels:
            np.matmul(squares[:, mel.parts], mel.weights, out=logs[:, mel.bands])
        logs += np.float32(LOG_OFFSET)
        np.log(logs, out=logs)  # (block, num_bands)
        if cosines is None:
            values[first : first + size] = logs
        else:
            np.matmul(logs, cosines, out=values[first : first + size])
    return values


def _transformed(logs: np.ndarray, cosines: np.ndarray, block_frames: int) -> np.ndarray:
    """Multiply (count, num_bands) by the cosine transform in blocks small enough for a single thread."""
    blocks = range(0, len(logs), block_frames)
    return np.concatenate([logs[first : first + block_frames] @ cosines for first in blocks])


def slopes(padded: np.ndarray) -> np.ndarray:
    """(T + 4, F) -> (T, F): slopes by regression over five frames, for those with two neighbours on each side."""
    return ((padded[3:-1] - padded[1:-3]) + 2 * (padded[4:] - padded[:-4])) / np.float32(10)


def _normalise(values: np.ndarray, cmvn: str) -> np.ndarray:
    """Normalise (count, F) in place, and return it."""
    if cmvn == "none":
        return values
    # In double precision: a float32 sum over hours of frames would lose the last ones.
    values -= values.mean(axis=0, dtype=np.float64).astype(np.float32)
    if cmvn == "mean_variance":
        deviations = np.sqrt(np.einsum("tf,tf->f", values, values) / len(values))
        values /= np.maximum(deviations, np.float32(SMALLEST_DEVIATION))
    return values


@lru_cache(maxsize=32)
def _warn_once(rate_hz: int, expected_hz: int) -> None:
    log.warning(
        "recordings at %d Hz are resampled to the model's %d Hz; they hold nothing above %d Hz, so expect more errors "
        "unless the model was trained on such recordings",
        rate_hz,
        expected_hz,
        rate_hz // 2,
    )
