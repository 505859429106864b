"""Series of numbers, whose frames are the numbers themselves."""

import torch
from torch import nn


class SeriesFeatures(nn.Module):
    """Takes the frames of one clip as they are; see `data_prep.features.as_is`."""

    def forward(self, series: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(T, F) -> frames (1, T, F), and their number (1,)."""
        return series.unsqueeze(0), torch._shape_as_tensor(series)[:1]
