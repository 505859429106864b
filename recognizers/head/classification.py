"""Classification: one label for a whole clip (many-to-one)."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.head.pooling import AttentionPooling, LastState, MeanPooling
from recognizers.interpreter import LabelInterpreter
from recognizers.vocabulary import Vocabulary

POOLING: dict[str, type[AttentionPooling | MeanPooling | LastState]] = {
    "attention": AttentionPooling,
    "mean": MeanPooling,
    "last": LastState,
}


class Classification(nn.Module):
    """Pooling over the encoded frames of a clip, a linear layer and a softmax.

    Args:
        num_inputs: Width H of encoded frames.
        vocabulary: Labels.
        unit: "label", the unit of the vocabulary that is made from the training clips.
        pooling: "attention", "mean" or "last"; see `pooling.py`.
        dropout: Dropout before the linear layer.
        label_smoothing: Share of the target's probability that is spread over all labels (Szegedy et al., 2016).

    Raises:
        InputError: The vocabulary does not consist of labels, or a setting is out of range.
    """

    monitor: ClassVar[tuple[str, Literal["max"]]] = ("accuracy", "max")

    def __init__(
        self,
        num_inputs: int,
        vocabulary: Vocabulary,
        unit: Literal["label"] = "label",
        pooling: Literal["attention", "mean", "last"] = "attention",
        dropout: float = 0.1,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        if unit != "label" or vocabulary.unit != unit:
            raise InputError(
                f"head: classification needs the unit label; found unit {unit!r}, vocabulary of {vocabulary.unit}s"
            )
        if pooling not in POOLING:
            raise InputError(f"head: pooling must be one of {', '.join(POOLING)}; found {pooling!r}")
        if not 0 <= dropout < 1 or not 0 <= label_smoothing < 1:
            raise InputError(
                "head: dropout and label_smoothing must be from 0 to below 1; "
                f"found dropout {dropout!r}, label_smoothing {label_smoothing!r}"
            )
        self.vocabulary = vocabulary
        self.interpreter = LabelInterpreter(vocabulary)
        self.label_smoothing = label_smoothing
        self.pooling = POOLING[pooling](num_inputs)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.pooling.num_outputs, vocabulary.num_ids)

    def required_frames(self, target: Sequence[int]) -> int:
        """Return 1: one frame is enough for a label, because a photo is a clip too."""
        return 1

    def logits(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, C)."""
        return self.linear(self.dropout(self.pooling(encoded, lengths))).float()

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """(N, T', H), (N,), (N, 1), (N,) -> the mean cross-entropy, a scalar."""
        return nn.functional.cross_entropy(
            self.logits(encoded, lengths), targets[:, 0], label_smoothing=self.label_smoothing
        )

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, C)."""
        return self.logits(encoded, lengths).log_softmax(dim=-1)
