"""Sources of sound, pictures or landmarks, in chunks: files at any pace."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from data_prep.features.extractor import FeatureExtractor
from data_prep.media import Media, MediaError, read_audio, read_pictures


class Source(Protocol):
    """Gives chunks as `recognizers.Stream` takes them."""

    @property
    def rate_hz(self) -> float:
        """Samples, pictures or frames of landmarks a second."""
        ...

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield the chunks as they are taken."""
        ...


@dataclass(frozen=True)
class ArraySource:
    """Sound or landmarks that are in memory.

    Attributes:
        values: (T, ...).
        rate_hz: Rows a second.
        chunk_s: Duration of a chunk.
        pace: How many times as fast as recorded; 0 for as fast as possible.
    """

    values: np.ndarray
    rate_hz: float
    chunk_s: float
    pace: float

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield the chunks when they would have been recorded."""
        size = max(1, round(self.chunk_s * self.rate_hz))
        chunks = (self.values[start : start + size] for start in range(0, len(self.values), size))
        return paced(chunks, self.rate_hz, self.pace)


@dataclass(frozen=True)
class PictureFile:
    """A video, an animation or a folder of frames.

    Attributes:
        media: The file.
        rate_hz: Pictures a second to give; those of the file are left out or repeated.
        pace: How many times as fast as recorded; 0 for as fast as possible.
    """

    media: Media
    rate_hz: float
    pace: float

    def chunks(self) -> Iterator[np.ndarray]:
        """Yield one picture after the other when it would have been taken."""
        return paced(at_rate(read_pictures(self.media), self.rate_hz), self.rate_hz, self.pace)


def open_file(path: Path, extractor: FeatureExtractor, chunk_s: float, pace: float, rate_hz: float) -> Source:
    """Open a file of what a recognizer reads.

    Args:
        path: The file.
        extractor: The recognizer's.
        chunk_s: Duration of a chunk of sound or landmarks.
        pace: How many times as fast as recorded; 0 for as fast as possible.
        rate_hz: Pictures a second.

    Raises:
        MediaError: It cannot be read.
    """
    media = Media(path)
    if not path.exists():
        raise MediaError(f"input={path}: no such file")
    if extractor.modality == "audio":
        samples, sound_rate_hz = read_audio(media, dtype="int16")
        return ArraySource(samples, sound_rate_hz, chunk_s, pace)
    from data_prep.features.hand_keypoints import shows_pictures

    extractor.get_ready([media])
    if shows_pictures(media):
        return PictureFile(media, rate_hz, pace)
    signal = extractor.signal(media)
    return ArraySource(signal.values, signal.rate_hz, chunk_s, pace)


def paced(chunks: Iterable[np.ndarray], rate_hz: float, pace: float) -> Iterator[np.ndarray]:
    """Yield chunks of rows, or single pictures, no earlier than they were recorded."""
    begin_s, count = time.monotonic(), 0
    for chunk in chunks:
        count += 1 if chunk.dtype == np.uint8 else len(chunk)
        if pace:
            time.sleep(max(0.0, begin_s + count / rate_hz / pace - time.monotonic()))
        yield chunk


def at_rate(pictures: Iterable[tuple[float, np.ndarray]], rate_hz: float) -> Iterator[np.ndarray]:
    """Yield, for each moment of an even rate, the picture that is seen then, given pictures with times in seconds."""
    shown, count, last_s = None, 0, 0.0
    for time_s, picture in pictures:
        while shown is not None and (count + 0.5) / rate_hz < time_s:
            yield shown
            count += 1
        shown, last_s = picture, time_s
    while shown is not None and count / rate_hz <= last_s:
        yield shown
        count += 1
