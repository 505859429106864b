"""No augmentation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from data_prep.features.extractor import Frames, Signal
from recognizers.augment.recombine import NO_RECOMBINATION, Recombine


@dataclass(frozen=True)
class NoAugment:
    """Leave training clips as they are."""

    modality: ClassVar[str | None] = None
    recombine: ClassVar[Recombine] = NO_RECOMBINATION

    def draw_speed(self, rng: np.random.Generator) -> float:
        """Return 1."""
        return 1.0

    def wordless(self, signal: Signal, rng: np.random.Generator) -> Signal | None:
        """Return None: every clip keeps its target."""
        return None

    def signal(self, signal: Signal, speed: float, rng: np.random.Generator) -> Signal:
        """Return the signal unchanged."""
        return signal

    def frames(self, frames: Frames, rng: np.random.Generator) -> Frames:
        """Return the frames unchanged."""
        return frames
