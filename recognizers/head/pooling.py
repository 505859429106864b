"""Pooling: the encoded frames of a clip become one vector; padding has no effect."""

import torch
from torch import nn

from recognizers.batch import length_mask


class AttentionPooling(nn.Module):
    """A weighted mean of the frames, with learned weights (Lin et al., 2017)."""

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.num_outputs = num_inputs
        self.score = nn.Sequential(nn.Linear(num_inputs, num_inputs), nn.Tanh(), nn.Linear(num_inputs, 1))

    def forward(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, H)."""
        scores = self.score(encoded).squeeze(-1)  # (N, T')
        scores = scores.masked_fill(~length_mask(lengths, encoded), float("-inf"))
        return (scores.softmax(dim=1).unsqueeze(1) @ encoded).squeeze(1)


class MeanPooling(nn.Module):
    """The mean of the frames."""

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.num_outputs = num_inputs

    def forward(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, H)."""
        mask = length_mask(lengths, encoded).unsqueeze(-1).to(encoded.dtype)
        return (encoded * mask).sum(dim=1) / lengths.to(encoded.device, non_blocking=True)[:, None]


class LastState(nn.Module):
    """The first and the last frame, concatenated: each contains the final state of one direction."""

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.num_outputs = 2 * num_inputs

    def forward(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, 2 H)."""
        last = (lengths - 1).to(encoded.device, non_blocking=True)
        clips = torch.arange(lengths.shape[0], device=encoded.device)
        return torch.cat([encoded[:, 0], encoded[clips, last]], dim=-1)
