"""The contract of encoders."""

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import nn

from recognizers.encoder.standardize import Standardize


class Encoder(Protocol):
    """Frames in, encoded frames out; an ``nn.Module`` built with ``num_features``.

    What comes out for a clip depends on that clip alone: not on the others in its batch, their order, or padding.
    """

    #: Brings features to a common scale; learns it from training clips before the training.
    standardize: Standardize
    #: Width H of an encoded frame.
    num_outputs: int
    #: How many frames become one encoded frame.
    subsampling: int

    def output_lengths(self, lengths: torch.Tensor) -> torch.Tensor:
        """How many encoded frames come of clips of T frames, (N,) -> (N,): T' = ceil(T / subsampling)."""
        ...

    def __call__(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, T, F), (N,) -> (N, T', H), (N,)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of any ``nn.Module``."""
        ...

    def eval(self) -> Self:
        """As of any ``nn.Module``."""
        ...
