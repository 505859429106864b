"""The average of the weights that becomes the result of a training."""

from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging

#: After n updates the decay is at most (1 + n) / (WARM_UP + n), as in TensorFlow's ExponentialMovingAverage.
WARM_UP = 10


class WeightAverage(WeightAveraging):
    """An exponential moving average whose decay rises to its value.

    With a constant decay of 0.99, a third of the random initial weights is still in the average after a hundred steps,
    so that a short training would recognise nothing.

    Args:
        decay: The decay after many steps.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=_warming_average(decay))

    @property
    def state_key(self) -> str:
        """The key of its state in checkpoints; that of Lightning's own class, which wrote earlier ones."""
        return "EMAWeightAveraging"

    def swap(self, module: pl.LightningModule) -> None:
        """Exchange the weights of a module for their average; a second call takes them back."""
        self._swap_models(module)


def _warming_average(decay: float) -> Callable[[Sequence[torch.Tensor], Sequence[torch.Tensor], Any], None]:
    """Make a function that updates averaged weights in place, given the present ones and the number of updates."""

    @torch.no_grad()
    def update(averaged: Sequence[torch.Tensor], present: Sequence[torch.Tensor], num_updates: torch.Tensor) -> None:
        count = float(num_updates)
        share = 1 - min(decay, (1 + count) / (WARM_UP + count))
        for average, weights in zip(averaged, present, strict=True):
            if average.is_floating_point():
                average.lerp_(weights, share)
            else:
                average.copy_(weights)

    return update
