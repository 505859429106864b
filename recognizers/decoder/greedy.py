"""Greedy decoding: each frame's best symbol."""

import math
from dataclasses import dataclass

import numpy as np

from recognizers.vocabulary import BLANK, Vocabulary


@dataclass(frozen=True)
class Greedy:
    """Best path decoding (Graves et al., 2006): take each frame's best symbol, merge repeats and drop blanks.

    The confidence is the geometric mean of the frames' best probabilities.
    """

    @property
    def is_complete(self) -> bool:
        """Always true: there are no settings."""
        return True

    def check_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Accept every vocabulary."""

    def decode(
        self, log_probs: np.ndarray, lengths: np.ndarray, vocabulary: Vocabulary
    ) -> list[tuple[list[int], float]]:
        """(N, T', C), (N,) -> the symbol ids and the confidence of each clip."""
        symbols = log_probs.argmax(axis=-1)  # (N, T')
        best = np.take_along_axis(log_probs, symbols[..., None], axis=-1)[..., 0]  # (N, T')
        decoded = []
        for clip_best, clip_symbols, length in zip(best, symbols, lengths.tolist(), strict=True):
            path = clip_symbols[:length]
            is_new = np.diff(path, prepend=BLANK) != 0  # also False for a blank at the beginning, which is dropped
            path = path[is_new & (path != BLANK)]
            decoded.append((path.tolist(), math.exp(clip_best[:length].mean())))
        return decoded
