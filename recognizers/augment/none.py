"""No augmentation."""

from dataclasses import dataclass

import numpy as np

from data_prep.features.extractor import Frames, Signal


@dataclass(frozen=True)
class NoAugment:
    """Training clips as they are."""

    def rate(self, rng: np.random.Generator) -> float:
        """As it is."""
        return 1.0

    def signal(self, signal: Signal, rate: float, rng: np.random.Generator) -> Signal:
        """Unchanged."""
        return signal

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Unchanged."""
        return frames
