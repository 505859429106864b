"""Classification: one label for a whole clip (many-to-one)."""

import logging
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.head.head import Head, copy_shared_rows
from recognizers.head.pooling import AttentionPooling, LastState, MeanPooling
from recognizers.interpreter import LabelInterpreter
from recognizers.vocabulary import Vocabulary

log = logging.getLogger(__name__)

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
        class_weights: "balanced" weighs the loss of each clip by the inverse frequency of its class in training, so
            that all classes count equally; None weighs all clips alike.

    Raises:
        InputError: The vocabulary does not consist of labels, or a setting is out of range.
    """

    class_weights: torch.Tensor
    monitor: ClassVar[tuple[str, Literal["max"]]] = ("accuracy", "max")

    def __init__(
        self,
        num_inputs: int,
        vocabulary: Vocabulary,
        unit: Literal["label"] = "label",
        pooling: Literal["attention", "mean", "last"] = "attention",
        dropout: float = 0.1,
        label_smoothing: float = 0.0,
        class_weights: Literal["balanced"] | None = None,
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
        if class_weights not in (None, "balanced"):
            raise InputError(f"head: class_weights must be balanced or null; found {class_weights!r}")
        self.vocabulary = vocabulary
        self.interpreter = LabelInterpreter(vocabulary)
        self.label_smoothing = label_smoothing
        self.pooling = POOLING[pooling](num_inputs)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.pooling.num_outputs, vocabulary.num_ids)
        self.balanced = class_weights is not None
        # Only the loss needs them, and training computes them again; so they are not saved with the weights.
        self.register_buffer("class_weights", torch.ones(vocabulary.num_ids), persistent=False)

    def required_frames(self, target: Sequence[int]) -> int:
        """Return 1: one frame is enough for a label, because a photo is a clip too."""
        return 1

    def learn_targets(self, targets: Sequence[Sequence[int]], rates: np.ndarray) -> None:
        """With balanced class weights, set them such that all classes have the same sum of weights in an epoch.

        The mean weight over the clips of an epoch is 1. Without, or before this is called, all weights are 1.
        """
        if not self.balanced:
            return
        counts = np.bincount([target[0] for target in targets], weights=rates, minlength=self.vocabulary.num_ids)
        weights = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1e-9))
        # A class without clips can occur in the validation alone.
        self.class_weights.copy_(torch.from_numpy(np.where(counts > 0, weights, 1.0)))
        lowest, highest = (
            f"{weights[index]:.2g} ({self.vocabulary.decode([index])!r}, {counts[index]:.3g} clips in an epoch)"
            for index in (int(np.argmax(counts)), int(np.argmin(np.where(counts > 0, counts, np.inf))))
        )
        log.info("class weights from %s to %s; train/loss and val/loss are weighted by them", lowest, highest)

    def take_over(self, learned: Head) -> int:
        """Copy the pooling and the weights of shared labels from another classification head with the same pooling."""
        if not isinstance(learned, Classification) or type(learned.pooling) is not type(self.pooling):
            return 0
        self.pooling.load_state_dict(learned.pooling.state_dict())
        return copy_shared_rows(self.linear, self.vocabulary, learned.linear, learned.vocabulary)

    def logits(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, C)."""
        return self.linear(self.dropout(self.pooling(encoded, lengths))).float()

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """(N, T', H), (N,), (N, 1), (N,) -> the mean cross-entropy, a scalar.

        Each clip's cross-entropy is multiplied by the weight of its class. The sum is divided by the number of clips,
        not by the sum of their weights, so that a clip's share does not depend on the others in its batch.
        """
        losses = nn.functional.cross_entropy(
            self.logits(encoded, lengths), targets[:, 0], label_smoothing=self.label_smoothing, reduction="none"
        )
        return (self.class_weights[targets[:, 0]] * losses).mean()

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, C)."""
        return self.logits(encoded, lengths).log_softmax(dim=-1)
