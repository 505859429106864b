"""Fewer, wider frames before the recurrence: every later step costs that much less."""

import torch
from torch import nn

from recognizers.batch import length_mask


class FrameStacking(nn.Module):
    """Each run of `factor` frames becomes one frame of their features side by side (Sak et al., 2015)."""

    def __init__(self, num_features: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.num_outputs = num_features * factor

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(N, T, F) -> (N, ceil(T / factor), F * factor); padding must be zero already."""
        clips, length, width = frames.shape
        frames = nn.functional.pad(frames, (0, 0, 0, -length % self.factor))
        return frames.reshape(clips, -1, width * self.factor)


class StridedConvolution(nn.Module):
    """A convolution over time that steps by `factor`, and a ReLU.

    Its window ends with the `factor` frames that it stands for, so that it never looks ahead of them.
    """

    def __init__(self, num_features: int, factor: int, num_outputs: int) -> None:
        super().__init__()
        self.factor = factor
        self.num_outputs = num_outputs
        self.kernel_size = 2 * factor + 1
        self.convolution = nn.Conv1d(num_features, num_outputs, self.kernel_size, stride=factor)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(N, T, F) -> (N, ceil(T / factor), num_outputs); padding must be zero already."""
        before, after = self.kernel_size - self.factor, -frames.shape[1] % self.factor
        padded = nn.functional.pad(frames, (0, 0, before, after)).transpose(1, 2)  # (N, F, T + ...)
        return torch.relu(self.convolution(padded)).transpose(1, 2)


def masked(frames: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Frames with zeros for padding, whatever the padding held."""
    # Filled rather than multiplied by 0, which would keep NaN and infinity.
    return frames.masked_fill(~length_mask(lengths, frames).unsqueeze(-1), 0.0)
