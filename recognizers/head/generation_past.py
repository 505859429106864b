"""What is known of the hands before each frame of a clip."""

from typing import NamedTuple

import torch
from torch import nn


class Past(NamedTuple):
    """What is known of the hands before each frame.

    Attributes:
        components: (N, T, P, K), where each hand was seen last; 0 if it was not seen yet.
        present: (N, T, P) bool: whether the frame before shows it.
        known: (N, T, P) bool: whether any frame before shows it.
    """

    components: torch.Tensor
    present: torch.Tensor
    known: torch.Tensor


def past_of(components: torch.Tensor, present: torch.Tensor) -> Past:
    """Components (N, T, P, K), presence (N, T, P) -> what is known before each frame."""
    steps = torch.arange(components.shape[1], device=components.device)[:, None]
    last = torch.where(present, steps, -1).cummax(dim=1).values  # (N, T, P): when each hand was seen last
    held = components.gather(1, last.clamp(min=0)[..., None].expand_as(components))
    before = [nn.functional.pad(each[:, :-1], [0, 0] * (each.ndim - 2) + [1, 0]) for each in (held, present, last >= 0)]
    return Past(before[0] * before[2][..., None], before[1], before[2])
