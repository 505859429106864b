"""From CTC's log-probabilities to symbols."""

import torch

from recognizers.vocabulary import BLANK


def greedy(log_probs: torch.Tensor, lengths: torch.Tensor) -> list[tuple[list[int], float]]:
    """Best path decoding (Graves et al., 2006): each frame's best symbol, repeats merged, blanks dropped.

    Args:
        log_probs: (N, T', C).
        lengths: (N,).

    Returns:
        For each clip its symbol ids, and the geometric mean of the frames' best probabilities.
    """
    best, symbols = log_probs.max(dim=-1)  # (N, T')
    decoded = []
    for clip_best, clip_symbols, length in zip(best.cpu(), symbols.cpu(), lengths.tolist(), strict=True):
        path = torch.unique_consecutive(clip_symbols[:length])
        decoded.append((path[path != BLANK].tolist(), clip_best[:length].mean().exp().item()))
    return decoded
