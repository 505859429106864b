"""Each frame's best symbol."""

from dataclasses import dataclass

import torch

from recognizers.vocabulary import BLANK, Vocabulary


@dataclass(frozen=True)
class Greedy:
    """Best path decoding (Graves et al., 2006): each frame's best symbol, repeats merged, blanks dropped.

    The confidence is the geometric mean of the frames' best probabilities.
    """

    @property
    def is_complete(self) -> bool:
        """It has nothing to learn."""
        return True

    def decode(
        self, log_probs: torch.Tensor, lengths: torch.Tensor, vocabulary: Vocabulary
    ) -> list[tuple[list[int], float]]:
        """(N, T', C), (N,) -> for each clip its symbol ids and its confidence."""
        best, symbols = log_probs.max(dim=-1)  # (N, T')
        decoded = []
        for clip_best, clip_symbols, length in zip(best.cpu(), symbols.cpu(), lengths.tolist(), strict=True):
            path = torch.unique_consecutive(clip_symbols[:length])
            decoded.append((path[path != BLANK].tolist(), clip_best[:length].mean().exp().item()))
        return decoded
