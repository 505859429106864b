"""Features to a common scale, learnt from the training clips."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

#: Of a feature that hardly varies, the deviation it is divided by: a constant is not blown up.
SMALLEST_DEVIATION = 1e-3


class Standardize(nn.Module):
    """Subtract each feature's mean and divide by its standard deviation over the frames of the training clips.

    Known as global mean and variance normalisation. Both travel with the weights; they are no parameters. Until they
    are learnt, frames are left as they are.

    Args:
        num_features: F.
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("deviation", torch.ones(num_features))

    def learn(self, clips: Iterable[np.ndarray]) -> None:
        """Take mean and deviation of these clips' frames, each (T, F); of none, nothing is learnt."""
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
