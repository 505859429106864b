"""Standardization brings all features to a common scale, which is learned from training clips."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

#: Lower bound of the deviations, so that a feature that hardly varies is not amplified.
SMALLEST_DEVIATION = 1e-3


class Standardize(nn.Module):
    """Subtract each feature's mean and divide by its standard deviation over the frames of training clips.

    Also known as global mean and variance normalisation. Mean and deviation are saved with the weights but are not
    trained. Until they are learned, frames pass unchanged.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("deviation", torch.ones(num_features))

    def learn(self, clips: Iterable[np.ndarray]) -> None:
        """Learn mean and deviation from the frames of clips, each (T, F); without clips nothing changes."""
        count, total, squares = 0, np.zeros(len(self.mean)), np.zeros(len(self.mean))
        for values in clips:
            exact = values.astype(np.float64)
            count += len(exact)
            total += exact.sum(axis=0)
            squares += (exact**2).sum(axis=0)
        if count:
            mean = total / count
            deviation = np.sqrt(np.maximum(squares / count - mean**2, SMALLEST_DEVIATION**2))
            self.mean.copy_(torch.from_numpy(mean))
            self.deviation.copy_(torch.from_numpy(deviation))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(N, T, F) -> (N, T, F)."""
        return (frames - self.mean) / self.deviation
