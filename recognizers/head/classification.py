"""Many-to-one: a label for a whole clip."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch import nn

from data_prep.errors import InputError
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.greedy import Greedy
from recognizers.head.divergence import divergence
from recognizers.head.pooling import AttentionPooling, LastState, MeanPooling
from recognizers.metrics import ErrorRate
from recognizers.prediction import Prediction
from recognizers.vocabulary import Vocabulary

POOLING: dict[str, type[AttentionPooling | MeanPooling | LastState]] = {
    "attention": AttentionPooling,
    "mean": MeanPooling,
    "last": LastState,
}


class Classification(nn.Module):
    """Pool the encoded frames of a clip, then a linear layer and a softmax.

    Args:
        num_inputs: Width H of encoded frames.
        vocabulary: Of labels.
        unit: "label"; the vocabulary is made accordingly.
        pooling: "attention", "mean" or "last".
        dropout: Before the linear layer.
        label_smoothing: Share of the target's probability spread over all labels (Szegedy et al., 2016).

    Raises:
        InputError: The vocabulary is not of labels, or a setting is out of its range.
    """

    target: ClassVar[Literal["label"]] = "label"
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
                f"a classification head has the unit label; found {unit!r}, vocabulary of {vocabulary.unit}s"
            )
        if pooling not in POOLING:
            raise InputError(f"head: pooling must be one of {', '.join(POOLING)}; found {pooling!r}")
        if not 0 <= dropout < 1 or not 0 <= label_smoothing < 1:
            raise InputError(
                "head: dropout and label_smoothing must be from 0 to below 1; "
                f"found dropout {dropout!r}, label_smoothing {label_smoothing!r}"
            )
        self.vocabulary = vocabulary
        self.decoder: Decoder = Greedy()
        self.label_smoothing = label_smoothing
        self.pooling = POOLING[pooling](num_inputs)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(self.pooling.num_outputs, vocabulary.num_ids)

    def required_frames(self, target: Sequence[int]) -> int:
        """One frame is enough for a label: a photo is a clip too."""
        return 1

    def logits(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> (N, C)."""
        return self.linear(self.dropout(self.pooling(encoded, lengths))).float()

    def loss(
        self, encoded: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, target_lengths: torch.Tensor
    ) -> torch.Tensor:
        """Mean cross-entropy; targets (N, 1)."""
        return nn.functional.cross_entropy(
            self.logits(encoded, lengths), targets[:, 0], label_smoothing=self.label_smoothing
        )

    def disagreement(self, encoded: torch.Tensor, lengths: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
        """Mean over clips of what the views' probabilities diverge (R-Drop, Liang et al., 2021)."""
        return divergence(self.logits(encoded, lengths).log_softmax(dim=-1)).mean()

    def decode(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[Prediction]:
        """Labels with all their probabilities, best first."""
        probabilities = self.logits(encoded, lengths).softmax(dim=-1).cpu()  # (N, C)
        predictions = []
        for row in probabilities:
            order = row.argsort(descending=True, stable=True).tolist()
            scores = {self.vocabulary.decode([index]): row[index].item() for index in order}
            best = self.vocabulary.decode([order[0]])
            predictions.append(Prediction(best, scores[best], scores))
        return predictions

    def emissions(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
        """Each clip's log-probabilities of the labels, (C,)."""
        return list(self.logits(encoded, lengths).log_softmax(dim=-1).cpu())

    def use(self, decoder: Decoder) -> None:
        """The best label is the only answer there is: raise InputError if anything else is asked for."""
        if not isinstance(decoder, Greedy):
            raise InputError(
                f"decoder: {type(decoder).__name__} is for sequences, and this recognizer gives a label for a clip; "
                "give decoder=greedy"
            )

    def metrics(self) -> dict[str, ErrorRate]:
        """The share of clips with the right label."""
        return {"accuracy": ErrorRate("label", as_accuracy=True)}
