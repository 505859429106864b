"""Many-to-many: connectionist temporal classification."""

import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.interpreter import TextInterpreter
from recognizers.vocabulary import BLANK, Vocabulary


class Ctc(nn.Module):
    """Sequences of symbols without alignment (Graves et al., 2006).

    Args:
        num_inputs: Width H of encoded frames.
        vocabulary: Of characters or words.
        unit: What one symbol is, "character" or "word" (glosses); the vocabulary is made accordingly.

    Raises:
        InputError: The vocabulary is not of that unit.
    """

    monitor: ClassVar[tuple[str, Literal["min"]]] = ("cer", "min")

    def __init__(
        self, num_inputs: int, vocabulary: Vocabulary, unit: Literal["character", "word"] = "character"
    ) -> None:
        super().__init__()
        if unit not in ("character", "word") or vocabulary.unit != unit:
            raise InputError(
                f"a CTC head emits characters or words; found unit {unit!r}, vocabulary of {vocabulary.unit}s"
            )
        self.vocabulary = vocabulary
        self.interpreter = TextInterpreter(vocabulary)
        self.linear = nn.Linear(num_inputs, vocabulary.num_ids)

    def required_frames(self, target: Sequence[int]) -> int:
        """A frame for each symbol, and a blank between each two equal neighbours."""
        repeats = sum(first == second for first, second in itertools.pairwise(target))
        return max(1, len(target) + repeats)

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, T', C)."""
        return self.linear(encoded).float().log_softmax(dim=-1)

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """Mean over clips of the negative log-likelihood a symbol; infinite where a target cannot fit."""
        log_probs = self.log_probs(encoded, lengths).transpose(0, 1)  # (T', N, C), as CTC wants it
        return nn.functional.ctc_loss(log_probs, targets, lengths, target_lengths, blank=BLANK)
