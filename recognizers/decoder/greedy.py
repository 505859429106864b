"""Each frame's best symbol."""

import math
from dataclasses import dataclass

import numpy as np

from recognizers.vocabulary import BLANK, Vocabulary


@dataclass(frozen=True)
class Greedy:
    """Best path decoding (Graves et al., 2006): each frame's best symbol, repeats merged, blanks dropped.

    The confidence is the geometric mean of the frames' best probabilities.
    """

    @property
    def is_complete(self) -> bool:
        """Always: it has no settings."""
        return True

    def check_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Every vocabulary suits."""

    def decode(
        self, log_probs: np.ndarray, lengths: np.ndarray, vocabulary: Vocabulary
    ) -> list[tuple[list[int], float]]:
        """(N, T', C), (N,) -> for each clip its symbol ids and its confidence."""
        symbols = log_probs.argmax(axis=-1)  # (N, T')
        best = np.take_along_axis(log_probs, symbols[..., None], axis=-1)[..., 0]
        decoded = []
        for clip_best, clip_symbols, length in zip(best, symbols, lengths.tolist(), strict=True):
            path = clip_symbols[:length]
            starts = np.diff(path, prepend=BLANK) != 0  # a blank at the beginning is none; it is dropped anyway
            path = path[starts & (path != BLANK)]
            decoded.append((path.tolist(), math.exp(clip_best[:length].mean())))
        return decoded
