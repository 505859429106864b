"""The contract of decoders."""

from typing import Protocol, runtime_checkable

import numpy as np

from recognizers.vocabulary import Vocabulary


@runtime_checkable
class Decoder(Protocol):
    """Finds the symbols of a clip in CTC's log-probabilities: a frozen dataclass whose fields are the settings."""

    @property
    def is_complete(self) -> bool:
        """Whether it can decode; False while it lacks a language model or weights that are made from clips."""
        ...

    def check_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Raise InputError if it cannot decode to the symbols of a vocabulary."""
        ...

    def decode(
        self, log_probs: np.ndarray, lengths: np.ndarray, vocabulary: Vocabulary
    ) -> list[tuple[list[int], float]]:
        """Decode each clip independently of the others in the batch.

        Args:
            log_probs: (N, T', C), natural logarithms, the blank first.
            lengths: (N,), the number of frames of each clip without padding.
            vocabulary: The C - 1 symbols.

        Returns:
            For each clip, its symbol ids and a confidence from 0 to 1.
        """
        ...
