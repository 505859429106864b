"""No augmentation."""

from dataclasses import dataclass

import numpy as np

from data_prep.features.extractor import Frames, Signal


@dataclass(frozen=True)
class NoAugment:
    """Training clips as they are."""

    def signal(self, signal: Signal, rng: np.random.Generator) -> Signal:
        """Unchanged."""
        return signal

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Unchanged."""
        return frames
