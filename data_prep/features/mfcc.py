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
from data_prep.features.power_spectrum import squared_parts
from data_prep.media import AUDIO_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES, Media, read_audio, sound_from_array, to_int16

log = logging.getLogger(__name__)

SIGNAL_VERSION = 2
FRAMES_VERSION = 2
#: Added to mel energies before the logarithm, so that digital silence stays finite (torchaudio's own choice).
LOG_OFFSET = 1e-6
#: More would be a mistake, or a bundle that is to use up our memory.
MAX_RATE_HZ, MAX_WINDOW_MS, MAX_BANDS = 1_000_000, 1000.0, 1024
#: So few frames that what is computed of them on the way stays in the processor's cache.
FRAMES_AT_ONCE = 224
MELS_AT_ONCE = 20


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
        dynamic_range_db: Mel energies are taken relative to the clip's highest, and those that are more than so many
            dB below it are raised to that: neither the level nor the noise in the background then counts. None for
            energies as they are.
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

    def get_ready(self, media: Sequence[Media]) -> None:
        """Do nothing: sound needs no download."""

    def signal(self, media: Media) -> Signal:
        """The waveform, mono, at `sample_rate_hz`: (T,) int16."""
        return self._resampled(*read_audio(media, dtype="int16"))

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """The same of sound in an array: see `sound_from_array`."""
        return self._resampled(*sound_from_array(values, rate_hz))

    def _resampled(self, samples: np.ndarray, rate_hz: float) -> Signal:
        if rate_hz != self.sample_rate_hz:
            if rate_hz < 0.75 * self.sample_rate_hz:
                _warn_once(rate_hz, self.sample_rate_hz)
            samples = to_int16(soxr.resample(samples.astype(np.float32), rate_hz, self.sample_rate_hz))
        return Signal(samples, self.sample_rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Features of a waveform: one frame a hop, the first centred on the first sample."""
        count = num_frames(signal.duration_s, self.frame_rate_hz)
        orders = [_static(_windows(signal.values, count, self), self)]  # each (count, num_coefficients)
        for _ in range(self.deltas):
            orders.append(_deltas(orders[-1]))
        values = _normalise(np.concatenate(orders, axis=1) if self.deltas else orders[0], self.cmvn)  # (count, F)
        return Frames(values, self.frame_rate_hz)

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
        mels: Parts of the mel filters: of the squared parts of the spectrum, the first that counts, the one behind the
            last, and the share (parts, bands) each has in some of the bands.
        cosines: (num_mels, num_coefficients) of the discrete cosine transform; None for log-mel energies.
    """

    window: np.ndarray
    fft: int
    mels: tuple[tuple[int, int, np.ndarray], ...]
    cosines: np.ndarray | None


@lru_cache(maxsize=8)
def _tables(settings: Mfcc) -> _Tables:
    length = _window_samples(settings)
    fft = max(2, 1 << (length - 1).bit_length())
    bands = settings.num_coefficients if settings.kind == "filterbank" else settings.num_mels
    filters = mel_filters(fft // 2 + 1, bands, settings.sample_rate_hz)
    filters = np.delete(filters.repeat(2, axis=0), [1, fft + 1], axis=0)  # (fft, bands), as `squared_parts` come
    mels = []
    # Each filter is 0 nearly everywhere: some neighbours at a time, most of these zeros are left out.
    for first in range(0, bands, MELS_AT_ONCE):
        some = filters[:, first : first + MELS_AT_ONCE]
        used = np.flatnonzero(some.any(axis=1))
        start, stop = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
        mels.append((start, stop, np.ascontiguousarray(some[start:stop])))
    cosines = None if settings.kind == "filterbank" else cosine_transform(settings.num_coefficients, bands)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)) / 32768
    return _Tables(window.astype(np.float32), fft, tuple(mels), cosines)


def mel_filters(num_frequencies: int, bands: int, sample_rate_hz: int) -> np.ndarray:
    """Triangles of equal width on the mel scale of HTK, from 20 Hz up: (num_frequencies, bands) float32."""
    frequencies_hz = np.linspace(0.0, sample_rate_hz // 2, num_frequencies)
    lowest, highest = (2595.0 * math.log10(1.0 + edge_hz / 700.0) for edge_hz in (20.0, sample_rate_hz / 2))
    edges_hz = 700.0 * (10.0 ** (np.linspace(lowest, highest, bands + 2) / 2595.0) - 1.0)
    widths_hz = np.diff(edges_hz)
    distances_hz = edges_hz - frequencies_hz[:, None]  # (num_frequencies, bands + 2)
    rising, falling = -distances_hz[:, :-2] / widths_hz[:-1], distances_hz[:, 2:] / widths_hz[1:]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


def cosine_transform(num_coefficients: int, bands: int) -> np.ndarray:
    """The orthonormal discrete cosine transform (DCT-II): (bands, num_coefficients) float32."""
    angles = np.pi / bands * (np.arange(bands)[:, None] + 0.5) * np.arange(num_coefficients)
    cosines = math.sqrt(2.0 / bands) * np.cos(angles)
    cosines[:, 0] /= math.sqrt(2.0)
    return cosines.astype(np.float32)


def _window_samples(settings: Mfcc) -> int:
    return round(settings.sample_rate_hz * settings.window_ms / 1000)


def _windows(samples: np.ndarray, count: int, settings: Mfcc) -> np.ndarray:
    """The samples under the window of each frame, (count, W): a view."""
    length, hop = _window_samples(settings), round(settings.sample_rate_hz * settings.hop_ms / 1000)
    # The reflection at both ends needs more samples than half a window.
    if len(samples) < 2 * length:
        samples = np.pad(samples, (0, 2 * length - len(samples)))
    before = (length + 1) // 2  # a window of odd length is placed as torchaudio and librosa place it
    start, end = samples[1 : before + 1][::-1], samples[before - length - 1 : -1][::-1]
    padded = np.concatenate([start, samples, end]).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]


def _static(windows: np.ndarray, settings: Mfcc) -> np.ndarray:
    """The coefficients of (count, W) samples, without derivatives: (count, num_coefficients)."""
    tables = _tables(settings)
    if settings.dynamic_range_db is None:
        return _coefficients(windows, tables, tables.cosines)
    logs = _coefficients(windows, tables, None)
    logs -= logs.max()
    np.maximum(logs, np.float32(-settings.dynamic_range_db * math.log(10) / 10), out=logs)
    return logs if tables.cosines is None else logs @ tables.cosines


def _coefficients(windows: np.ndarray, tables: _Tables, cosines: np.ndarray | None) -> np.ndarray:
    """Cepstral coefficients, or (without cosines) log-mel energies, of (count, W) samples: a row a frame."""
    count, length = windows.shape
    size = math.ceil(count / math.ceil(count / FRAMES_AT_ONCE))
    bands = sum(shares.shape[1] for _, _, shares in tables.mels)
    found = np.empty((count, bands if cosines is None else cosines.shape[1]), np.float32)
    # Made once: what is freed and made again for each block costs more than what is done with it.
    padded, spectrum = np.zeros((2, size, tables.fft), np.float32)
    energies = np.empty((size, bands), np.float32)
    for first in range(0, count, size):
        block = windows[first : first + size]
        windowed, squares, logs = padded[: len(block)], spectrum[: len(block)], energies[: len(block)]
        np.multiply(block, tables.window, out=windowed[:, :length])
        squared_parts(windowed, squares)
        band = 0
        for start, stop, shares in tables.mels:
            np.matmul(squares[:, start:stop], shares, out=logs[:, band : band + shares.shape[1]])
            band += shares.shape[1]
        logs += np.float32(LOG_OFFSET)
        np.log(logs, out=logs)  # (block, bands)
        if cosines is None:
            found[first : first + size] = logs
        else:
            np.matmul(logs, cosines, out=found[first : first + size])
    return found


def _deltas(values: np.ndarray) -> np.ndarray:
    """Slopes by regression over five frames; the first and last frame stand for those beyond them: (count, F)."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    return ((padded[3:-1] - padded[1:-3]) + 2 * (padded[4:] - padded[:-4])) / np.float32(10)


def _normalise(values: np.ndarray, cmvn: str) -> np.ndarray:
    """In place."""
    if cmvn == "none":
        return values
    # In double precision: a sum over hours would lose the last frames otherwise.
    values -= values.mean(axis=0, dtype=np.float64).astype(np.float32)
    if cmvn == "mean_variance":
        deviations = np.sqrt(np.einsum("tf,tf->f", values, values) / len(values))
        values /= np.maximum(deviations, np.float32(1e-2))  # the floor keeps silence, and clips of one frame, small
    return values


@lru_cache(maxsize=32)
def _warn_once(rate_hz: int, expected_hz: int) -> None:
    log.warning(
        "recordings at %d Hz are resampled to the model's %d Hz; what lies above %d Hz is missing from them, so "
        "expect more errors unless the model was trained on such recordings",
        rate_hz,
        expected_hz,
        rate_hz // 2,
    )
