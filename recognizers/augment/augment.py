"""The contract of augmentation."""

from typing import Protocol

import numpy as np

from data_prep.features.extractor import Frames, Signal


class Augment(Protocol):
    """Variations of a training clip, before and after its features are computed: a frozen dataclass.

    Validation, test and inference never see it. All chance comes from the generator, which is seeded by the run's
    seed, the epoch and the clip, so a run can be repeated with any number of workers.
    """

    def rate(self, rng: np.random.Generator) -> float:
        """How many times as fast the variation is to be played; drawn first, as batches are made by it."""
        ...

    def signal(self, signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
        """A variation of the waveform or landmarks, played at that rate."""
        ...

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """A variation of the features."""
        ...


def mask_frames(values: np.ndarray, count: int, max_share: float, rng: np.random.Generator) -> np.ndarray:
    """Zero up to `count` stretches of time (SpecAugment, Park et al., 2019), each at most that share of the clip.

    Args:
        values: (T, F).
        count: Stretches.
        max_share: Of the frames, from 0 to 1.
        rng: Where chance comes from.

    Returns:
        A copy, (T, F).
    """
    values = values.copy()
    for _ in range(count):
        width = int(rng.integers(0, int(max_share * len(values)) + 1))
        start = int(rng.integers(0, len(values) - width + 1))
        values[start : start + width] = 0
    return values
