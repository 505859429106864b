"""Recorded noise: random excerpts of sound files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from recognizers.augment.sound_files import find_sound_files, read_sound_file

#: Share of the noisy clips whose noise comes from files; the others get synthetic noise, of which there is no end.
FILES_SHARE = 0.5
#: An excerpt is silence if its level is below that of the last bit of 16.
SILENT_RMS = 1.0


@dataclass(frozen=True)
class NoiseFiles:
    """Recordings of noise without words.

    It can be pickled: a worker process decodes for itself what it has not inherited.

    Attributes:
        paths: The sound files.
    """

    paths: tuple[Path, ...]

    @classmethod
    def find(cls, names: str | Sequence[str]) -> "NoiseFiles":
        """Find and read the files of `augment.noise_files`; see `find_sound_files`, also for errors."""
        return cls(find_sound_files(names, "augment.noise_files"))

    def excerpt(self, count: int, rate_hz: float, rng: np.random.Generator) -> tuple[np.ndarray, Path] | None:
        """Draw a random excerpt of a random file; a file that is too short is repeated.

        Args:
            count: Number of samples.
            rate_hz: Samples per second; the file may have any other rate.
            rng: Source of randomness.

        Returns:
            The excerpt, (count,) float32 with a mean of 0 and an RMS of 1, and its file; None if it is silence.

        Raises:
            MediaError: The file has become unreadable since it was found.
        """
        path = self.paths[int(rng.integers(len(self.paths)))]
        samples, file_rate_hz = read_sound_file(path)
        needed = int(np.ceil(count * file_rate_hz / rate_hz)) + 1
        latest = len(samples) - needed
        # A file that is long enough is not repeated: its end and its beginning would click where they meet.
        start = int(rng.integers(latest + 1)) if latest >= 0 else int(rng.integers(len(samples)))
        cut = samples.take(np.arange(start, start + needed), mode="wrap").astype(np.float32)
        if file_rate_hz != rate_hz:
            cut = soxr.resample(cut, file_rate_hz, rate_hz, quality="MQ")
        cut = np.resize(cut, count)  # the resampler may return a sample less
        cut -= cut.mean()
        rms = float(np.sqrt(np.mean(cut.astype(np.float64) ** 2)))
        return (cut / np.float32(rms), path) if rms >= SILENT_RMS else None
