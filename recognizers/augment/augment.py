"""The contract of augmentation."""

import zlib
from typing import ClassVar, Protocol

import numpy as np

from data_prep.features.extractor import Frames, Signal
from recognizers.augment.recombine import Recombine


class Augment(Protocol):
    """A frozen dataclass that varies a training clip before and after its features are computed.

    Validation, test and inference do not use it. All randomness comes from the generator, which is seeded by the
    run's seed, the epoch and the clip, so that a run can be repeated with any number of workers.

    Attributes:
        modality: The modality of the signals that it varies, as in `FeatureExtractor`; None if any will do.
        recombine: How often clips are replaced by new sequences.
    """

    modality: ClassVar[str | None]

    @property
    def recombine(self) -> Recombine:
        """See above."""
        ...

    def draw_speed(self, rng: np.random.Generator) -> float:
        """Draw the speed at which the clip is played; drawn first, because batches are made by the clips' lengths."""
        ...

    def wordless(self, signal: Signal, rng: np.random.Generator) -> Signal | None:
        """Return a signal that takes the place of the clip's and holds no symbol of a text; usually None."""
        ...

    def signal(self, signal: Signal, speed: float, rng: np.random.Generator) -> Signal:
        """Return a variation of the waveform or the landmarks, played at that speed."""
        ...

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Return a variation of the features."""
        ...


def clip_generator(seed: int, epoch: int, clip_id: str, earlier: int = 0) -> np.random.Generator:
    """Return the source of randomness of a clip in an epoch, the same in whatever process and order it is varied.

    `earlier` is the number of times that the clip has occurred in the epoch before.
    """
    return np.random.default_rng([seed, epoch, zlib.crc32(clip_id.encode()), earlier])


def mask_frames(values: np.ndarray, count: int, max_share: float, rng: np.random.Generator) -> np.ndarray:
    """Set spans of consecutive frames to zero (SpecAugment, Park et al., 2019).

    Args:
        values: (T, F).
        count: Number of spans; they may overlap or be empty.
        max_share: Largest length of a span, as a share of the frames, from 0 to 1.
        rng: Source of randomness.

    Returns:
        A copy, (T, F).
    """
    values = values.copy()
    for _ in range(count):
        width = int(rng.integers(0, int(max_share * len(values)) + 1))
        start = int(rng.integers(0, len(values) - width + 1))
        values[start : start + width] = 0
    return values
