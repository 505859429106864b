"""Subsampling turns frames into fewer, wider ones, so that the recurrent layers have fewer steps to run."""

import torch
from torch import nn

from recognizers.batch import length_mask


class FrameStacking(nn.Module):
    """Concatenate the features of every `factor` consecutive frames into one frame (Sak et al., 2015)."""

    def __init__(self, num_features: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.num_outputs = num_features * factor

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(N, T, F) -> (N, ceil(T / factor), F * factor); padding must be zero."""
        clips, length, width = frames.shape
        frames = nn.functional.pad(frames, (0, 0, 0, -length % self.factor))  # (N, factor * T', F)
        return frames.reshape(clips, -1, width * self.factor)


class StridedConvolution(nn.Module):
    """A convolution over time with stride `factor`, followed by a ReLU.

    The window of an output ends with the last of its `factor` frames, so that the convolution never looks ahead.
    """

    def __init__(self, num_features: int, factor: int, num_outputs: int) -> None:
        super().__init__()
        self.factor = factor
        self.num_outputs = num_outputs
        self.kernel_size = 2 * factor + 1
        self.convolution = nn.Conv1d(num_features, num_outputs, self.kernel_size, stride=factor)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(N, T, F) -> (N, ceil(T / factor), num_outputs); padding must be zero."""
        before, after = self.kernel_size - self.factor, -frames.shape[1] % self.factor
        padded = nn.functional.pad(frames, (0, 0, before, after)).transpose(1, 2)  # (N, F, before + T + after)
        return torch.relu(self.convolution(padded)).transpose(1, 2)


def zero_padding(frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return frames (N, T, F) with their padding set to zero, whatever it contained."""
    # Multiplying by 0 would keep NaN and infinity.
    return frames.masked_fill(~length_mask(lengths, frames).unsqueeze(-1), 0.0)
