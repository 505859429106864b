"""The contract of networks that are computed step by step."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np


class StepNetwork(Protocol):
    """Computes the log-probabilities of a clip of which a few frames come at a time."""

    #: What it takes: the frames, or the samples under their windows.
    source: Literal["frames", "waveform"]
    #: Frames for each row of log-probabilities; each step but the last one of a clip has a multiple of it.
    subsampling: int
    #: Width C of the log-probabilities.
    num_ids: int

    def begin(self) -> Sequence[np.ndarray]:
        """Return the states before the first step of a clip."""
        ...

    def step(
        self, values: np.ndarray, num_frames: int, states: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, Sequence[np.ndarray]]:
        """Compute a step.

        Args:
            values: (n, F) frames, or samples (W + (n - 1) * hop,) from -1 to 1, where n is a multiple of `subsampling`.
            num_frames: How many of the n frames belong to the clip; fewer than n only at its end.
            states: The states after the step before.

        Returns:
            The log-probabilities (n / subsampling, C), and the states after this step.
        """
        ...
