"""How far two views of the same clips are apart."""

import torch


def divergence(log_probs: torch.Tensor) -> torch.Tensor:
    """Mean of the Kullback-Leibler divergences from each view to the other, taken as fixed.

    A view learns from the other, which is not drawn towards it at the same time (Yao et al., 2024).

    Args:
        log_probs: (2 N, ..., C): N clips' first views, then their second views.

    Returns:
        (N, ...).
    """
    first, second = log_probs.chunk(2)
    return (_divergence(first.detach(), second) + _divergence(second.detach(), first)) / 2


def _divergence(wanted: torch.Tensor, found: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.kl_div(found, wanted, reduction="none", log_target=True).sum(dim=-1)
