"""The contract of feature extractors: media -> signal -> frames."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from data_prep.media import Media


@dataclass(frozen=True)
class Signal:
    """What was measured in a media file, before any choice of features: the part worth storing.

    Attributes:
        values: (T, ...): int16 samples (T,) of a waveform, or float32 landmarks (T, 2, 2, 21, 3) of hands,
            (T, 3, 2, 21, 3) if the body's come after them.
        rate_hz: How many of the T stand for one second.
    """

    values: np.ndarray
    rate_hz: float

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.values) / self.rate_hz


@dataclass(frozen=True)
class Frames:
    """What an encoder sees of a clip.

    Attributes:
        values: (T, F) float32.
        frame_rate_hz: Frames a second.
        presence: (T,) bool: the frames in which a hand was seen; None where that means nothing.
    """

    values: np.ndarray
    frame_rate_hz: float
    presence: np.ndarray | None = None


class FeatureExtractor(Protocol):
    """Media to frames in two steps: a costly one that is stored, and a cheap one that is not.

    `signal` decodes (and, for video, finds the hands); its result is kept in the store. `frames` turns that into
    what the encoder sees, in training and at inference alike, so changing a setting of the features never repeats
    the costly step, and augmentation can work on the signal between the two.
    """

    #: The kind of media it reads, for messages and the store's folder: "audio" or "hands".
    modality: ClassVar[str]
    #: The endings of files that are taken from a folder.
    suffixes: ClassVar[frozenset[str]]

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second."""
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
        """Decode and measure; raises MediaError for what cannot be used."""
        ...

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """The same of media that are in memory, at so many samples or pictures a second; equals that of a file.

        Raises MediaError for an array that is no such media, and where there is no rate but must be one.
        """
        ...

    def frames(self, signal: Signal) -> Frames:
        """The features of a signal."""
        ...

    def __call__(self, media: Media) -> Frames:
        """Both steps: ``frames(signal(media))``."""
        ...

    def signal_fingerprint(self) -> str:
        """Changes when the same media would give another signal; names the store's folder."""
        ...

    def fingerprint(self) -> str:
        """Changes when the same media would give other frames."""
        ...


def num_frames(duration_s: float, frame_rate_hz: float) -> int:
    """How many frames stand for a duration: the one formula of every extractor."""
    # The tiny push keeps 0.5 up whatever rounding the division left behind.
    return max(1, math.floor(duration_s * frame_rate_hz + 0.5 + 1e-9))


def fingerprint(**settings: Any) -> str:
    """A short hash of settings that does not change from run to run."""
    text = json.dumps(_plain(settings), sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """The same for 10 and 10.0, which mean the same setting."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
