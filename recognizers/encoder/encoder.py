"""The contract of encoders."""

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import nn

from recognizers.encoder.standardize import Standardize


class Encoder(Protocol):
    """Turns frames into encoded frames: an ``nn.Module`` whose constructor takes ``num_features``.

    The output for a clip depends only on that clip, not on the other clips of its batch, their order, or padding.
    """

    #: Brings the features to a common scale, which it learns from training clips before the training starts.
    standardize: Standardize
    #: Width H of an encoded frame.
    num_outputs: int
    #: Number of frames per encoded frame.
    subsampling: int

    def output_lengths(self, lengths: torch.Tensor) -> torch.Tensor:
        """Numbers of frames (N,) -> numbers of encoded frames (N,), T' = ceil(T / subsampling)."""
        ...

    def __call__(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Frames (N, T, F) and lengths (N,) -> encoded frames (N, T', H) and their lengths (N,)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return the parameters, as every ``nn.Module`` does."""
        ...

    def eval(self) -> Self:
        """Switch to inference, as every ``nn.Module`` does."""
        ...
