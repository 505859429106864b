"""Consistency regularisation makes the log-probabilities of two augmented views of a clip similar."""

import torch

from recognizers.batch import length_mask


def disagreement(log_probs: torch.Tensor, lengths: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
    """Compute the mean divergence between two views of the same clips, per symbol of the target.

    The divergence of a frame is the mean of the Kullback-Leibler divergences from each view to the other, with no
    gradient through the view that serves as the reference. It is summed over the frames of a clip, as in CR-CTC (Yao et
    al., 2024); for labels it is R-Drop (Liang et al., 2021).

    Args:
        log_probs: (2 N, T', C) of sequences or (2 N, C) of labels: the first views of N clips, then the second views.
        lengths: (2 N,), the number of frames of each view without padding.
        target_lengths: (2 N,), the number of symbols of each target.

    Returns:
        A scalar.
    """
    first, second = log_probs.chunk(2)
    divergence = (_divergence(first.detach(), second) + _divergence(second.detach(), first)) / 2  # (N, T') or (N,)
    if divergence.ndim > 1:
        divergence = divergence.masked_fill(~length_mask(lengths[: len(divergence)], divergence), 0).sum(dim=1)
    return (divergence / target_lengths[: len(divergence)].to(divergence.device).clamp(min=1)).mean()


def _divergence(reference: torch.Tensor, log_probs: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.kl_div(log_probs, reference, reduction="none", log_target=True).sum(dim=-1)
