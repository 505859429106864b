"""Two augmented views of a clip should say the same."""

import torch

from recognizers.batch import length_mask


def disagreement(log_probs: torch.Tensor, lengths: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
    """How far apart two views of the same clips are: the mean divergence of a clip, a symbol of its target.

    A frame's is the mean of the Kullback-Leibler divergences from each view to the other, the other taken as fixed,
    and a clip's the sum over its frames: CR-CTC (Yao et al., 2024). Of labels it is R-Drop (Liang et al., 2021).

    Args:
        log_probs: (2 N, T', C) of sequences or (2 N, C) of labels: N clips' first views, then their second views.
        lengths: (2 N,): how many of the T' frames are the clip's own.
        target_lengths: (2 N,).

    Returns:
        A scalar.
    """
    first, second = log_probs.chunk(2)
    apart = (_divergence(first.detach(), second) + _divergence(second.detach(), first)) / 2  # (N, T') or (N,)
    if apart.ndim > 1:
        apart = apart.masked_fill(~length_mask(lengths[: len(apart)], apart), 0).sum(dim=1)
    return (apart / target_lengths[: len(apart)].to(apart.device).clamp(min=1)).mean()


def _divergence(wanted: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.kl_div(found, wanted, reduction="none", log_target=True).sum(dim=-1)
