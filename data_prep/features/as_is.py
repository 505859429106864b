"""Series of numbers whose frames are taken as they are; the encoder brings them to a common scale."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal, fingerprint
from data_prep.media import SERIES_SUFFIXES, Media, MediaError
from data_prep.media.arrays import ARRAY
from data_prep.media.number_series import number_series_of, read_number_series

VERSION = 1
#: Anything above is a mistake, or a bundle made to exhaust the memory.
MAX_FEATURES, MAX_HEADER_LINES = 100_000, 1000
#: From a frame in 30 years to a million in a second.
MIN_RATE_HZ, MAX_RATE_HZ = 1e-9, 1e6


@dataclass(frozen=True)
class AsIs:
    """Frames of numbers as a NumPy array or a CSV file holds them, each row a frame.

    Attributes:
        num_features: F, the number of columns; every file must have as many.
        frame_rate_hz: Frames per second, by which times in manifests and results are counted; with 1, a second in
            these is a frame.
        header_lines: Lines at the beginning of each CSV file that are not numbers.

    Raises:
        InputError: A setting is out of its range.
    """

    num_features: int
    frame_rate_hz: float = 1.0
    header_lines: int = 0

    modality: ClassVar[str] = "series"
    suffixes: ClassVar[frozenset[str]] = SERIES_SUFFIXES

    def __post_init__(self) -> None:
        checks = {
            f"num_features must be a whole number from 1 to {MAX_FEATURES}": isinstance(self.num_features, int)
            and 1 <= self.num_features <= MAX_FEATURES,
            f"frame_rate_hz must be from {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}": MIN_RATE_HZ
            <= self.frame_rate_hz
            <= MAX_RATE_HZ,
            f"header_lines must be a whole number from 0 to {MAX_HEADER_LINES}": isinstance(self.header_lines, int)
            and 0 <= self.header_lines <= MAX_HEADER_LINES,
        }
        for message, passed in checks.items():
            if not passed:
                raise InputError(f"features: {message}; found {self}")

    def get_ready(self, media: Sequence[Media]) -> None:
        """Do nothing: numbers need no download."""

    def signal(self, media: Media) -> Signal:
        """Read the frames: (T, F) float32."""
        values = read_number_series(media, self.frame_rate_hz, self.header_lines)
        return self._signal(str(media.path), values)

    def signal_of(self, values: np.ndarray, rate_hz: float | None) -> Signal:
        """Make the signal of an array (T, F), or (T,) for F = 1; its rate may be left out."""
        if rate_hz is not None and rate_hz != self.frame_rate_hz:
            raise MediaError(
                f"{ARRAY}: rate_hz is {rate_hz:g}, but the recognizer reads {self.frame_rate_hz:g} frames per second; "
                "resample it, or leave rate_hz out"
            )
        return self._signal(ARRAY, number_series_of(values))

    def _signal(self, name: str, values: np.ndarray) -> Signal:
        if values.shape[1] != self.num_features:
            raise MediaError(
                f"{name}: found {values.shape[1]} column(s), expected {self.num_features}; if all files are like this, "
                f"set features.num_features={values.shape[1]}"
            )
        return Signal(values, self.frame_rate_hz)

    def frames(self, signal: Signal) -> Frames:
        """Return the values of the signal."""
        return Frames(signal.values, self.frame_rate_hz)

    def __call__(self, media: Media) -> Frames:
        """Read media."""
        return self.frames(self.signal(media))

    def signal_fingerprint(self) -> str:
        """Hash all settings: each decides what is read, or whether it is."""
        return self.fingerprint()

    def fingerprint(self) -> str:
        """Hash all settings."""
        return fingerprint(features="as_is", version=VERSION, **asdict(self))
