"""The contract of feature extractors: media -> signal -> frames."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from data_prep.media import Media


@dataclass(frozen=True)
class Signal:
    """What was decoded or tracked in a media file, before any choice of features: the part worth storing.

    Attributes:
        values: (T, ...): int16 samples (T,) of a waveform, a float32 series of numbers (T, F), or float32 landmarks
            (T, 2, 2, 21, 3) of hands, (T, 3, 2, 21, 3) if those of the body follow.
        rate_hz: Samples or pictures per second.
    """

    values: np.ndarray
    rate_hz: float

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return len(self.values) / self.rate_hz

    @property
    def is_waveform(self) -> bool:
        """Whether the values are samples of sound."""
        return self.values.ndim == 1

    @property
    def is_series(self) -> bool:
        """Whether the values are a series of numbers."""
        return self.values.ndim == 2


@dataclass(frozen=True)
class Frames:
    """The features of a clip, as an encoder reads them.

    Attributes:
        values: (T, F) float32.
        frame_rate_hz: Frames per second.
        presence: (T,) bool: the frames in which a hand was seen; None for sound and numbers.
    """

    values: np.ndarray
    frame_rate_hz: float
    presence: np.ndarray | None = None


class FeatureExtractor(Protocol):
    """Turns media into frames in two steps: a costly one whose result is stored, and a cheap one.

    `signal` decodes and, for video, finds the hands; the store keeps its result. `frames` computes features from it,
    in training and inference alike. So a changed feature setting never repeats the costly step, and augmentation can
    work on the signal between the two.
    """

    @property
    def modality(self) -> str:
        """The kind of media it reads: "audio", "hands" or "series"; it is in messages and names the store's folder."""
        ...

    @property
    def suffixes(self) -> frozenset[str]:
        """The endings of the files it reads from a folder."""
        ...

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second."""
        ...

    @property
    def num_features(self) -> int:
        """F, the width of a frame."""
        ...

    def get_ready(self, media: Sequence[Media]) -> None:
        """Fetch what `signal` needs for these media, once, before processes share the work.

        Raises:
            InputError: It cannot be fetched, or a package that reads such media is not installed.
        """
        ...

    def signal(self, media: Media) -> Signal:
        """Decode media and measure their signal; raises MediaError if they cannot be used."""
        ...

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """Measure the signal of media in memory; it equals that of a file with the same content.

        Args:
            values: Samples, pictures or landmarks.
            rate_hz: Samples or pictures per second; None for media without a rate, such as a photo.

        Raises:
            MediaError: The array does not hold such media, or its rate is missing.
        """
        ...

    def frames(self, signal: Signal) -> Frames:
        """Compute the features of a signal."""
        ...

    def __call__(self, media: Media) -> Frames:
        """Do both steps: ``frames(signal(media))``."""
        ...

    def signal_fingerprint(self) -> str:
        """Hash all settings that affect the signal; it is part of the store folder's name."""
        ...

    def fingerprint(self) -> str:
        """Hash all settings that affect the frames."""
        ...


def num_frames(duration_s: float, frame_rate_hz: float) -> int:
    """Number of frames in a duration: the one formula that every extractor uses."""
    # The 1e-9 rounds 0.5 up even if the product came out slightly too small.
    return max(1, math.floor(duration_s * frame_rate_hz + 0.5 + 1e-9))


def fingerprint(**settings: Any) -> str:
    """Hash settings; equal settings give the same short hash in every process."""
    text = json.dumps(_plain(settings), sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """Replace integers by floats, so that 10 and 10.0 give the same hash."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
