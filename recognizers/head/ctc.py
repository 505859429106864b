"""Connectionist temporal classification: a sequence of symbols for each clip (many-to-many)."""

import itertools
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.head.head import Head, copy_shared_rows
from recognizers.interpreter import TextInterpreter
from recognizers.vocabulary import BLANK, Vocabulary


class Ctc(nn.Module):
    """A linear layer trained with CTC, which needs no alignment of symbols to frames (Graves et al., 2006).

    Args:
        num_inputs: Width H of encoded frames.
        vocabulary: Characters or words.
        unit: "character" or "word" (glosses), the unit of the vocabulary that is made from the training clips.

    Raises:
        InputError: The vocabulary has another unit.
    """

    monitor: ClassVar[tuple[str, Literal["min"]]] = ("cer", "min")

    def __init__(
        self, num_inputs: int, vocabulary: Vocabulary, unit: Literal["character", "word"] = "character"
    ) -> None:
        super().__init__()
        if unit not in ("character", "word") or vocabulary.unit != unit:
            raise InputError(
                f"head: CTC needs the unit character or word; found unit {unit!r}, vocabulary of {vocabulary.unit}s"
            )
        self.vocabulary = vocabulary
        self.interpreter = TextInterpreter(vocabulary)
        self.linear = nn.Linear(num_inputs, vocabulary.num_ids)

    def required_frames(self, target: Sequence[int]) -> int:
        """Return one frame for each symbol and one for the blank between equal neighbours, at least 1."""
        repeats = sum(first == second for first, second in itertools.pairwise(target))
        return max(1, len(target) + repeats)

    def learn_targets(self, targets: Sequence[Sequence[int]], rates: np.ndarray) -> None:
        """Do nothing: the loss treats all symbols alike."""

    def take_over(self, learned: Head) -> int:
        """Copy the weights of the blank and of shared symbols from another CTC head of the same unit and width."""
        if not isinstance(learned, Ctc) or learned.vocabulary.unit != self.vocabulary.unit:
            return 0
        return copy_shared_rows(self.linear, self.vocabulary, learned.linear, learned.vocabulary)

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, T', C)."""
        return self.linear(encoded).float().log_softmax(dim=-1)

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """(N, T', H), (N,), (N, L), (N,) -> negative log-likelihood per symbol, averaged over clips, a scalar.

        A clip with an empty target counts with its negative log-likelihood per frame. The loss is infinite if a target
        needs more frames than its clip has.
        """
        log_probs = self.log_probs(encoded, lengths).transpose(0, 1)  # (T', N, C)
        if (target_lengths > 0).all():
            return nn.functional.ctc_loss(log_probs, targets, lengths, target_lengths, blank=BLANK)
        # Without a symbol to divide by, the loss of sound without words is divided by its frames; as a sum over all of
        # them it would outweigh everything else.
        losses = nn.functional.ctc_loss(log_probs, targets, lengths, target_lengths, blank=BLANK, reduction="none")
        return (losses / torch.where(target_lengths > 0, target_lengths, lengths)).mean()
