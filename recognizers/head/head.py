"""The contract of heads."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
import torch
from torch import nn

from recognizers.interpreter import Interpreter
from recognizers.vocabulary import BLANK, Vocabulary


class Head(Protocol):
    """Turns encoded frames into log-probabilities: an ``nn.Module`` built with ``num_inputs`` and a ``vocabulary``."""

    #: The error rate (or accuracy) that selects the best checkpoint, and whether lower or higher is better.
    monitor: ClassVar[tuple[str, Literal["min", "max"]]]

    #: The symbols it can emit.
    vocabulary: Vocabulary
    #: Turns its log-probabilities into predictions, with greedy decoding.
    interpreter: Interpreter

    def required_frames(self, target: Sequence[int]) -> int:
        """Return the least number of encoded frames that can emit a target."""
        ...

    def learn_targets(self, targets: Sequence[Sequence[int]], rates: np.ndarray) -> None:
        """Learn what the loss needs to know of all training clips, such as the frequency of classes.

        Args:
            targets: Target of each training clip.
            rates: How often each clip is drawn in an epoch on average, (clips,).
        """
        ...

    def loss(
        self,
        encoded: torch.Tensor,
        lengths: torch.Tensor,
        targets: torch.Tensor,
        target_lengths: torch.Tensor,
    ) -> torch.Tensor:
        """(N, T', H), (N,), (N, L), (N,) -> the mean loss over clips, a scalar."""
        ...

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> log-probabilities in the shape its interpreter expects."""
        ...

    def take_over(self, learned: "Head") -> int:
        """Copy what a trained head has learned about the symbols that both have; return how many these are.

        A head of another class has learned nothing of use, so that the number is 0.
        """
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return the parameters, as every ``nn.Module`` does."""
        ...

    def eval(self) -> Self:
        """Switch to inference, as every ``nn.Module`` does."""
        ...


def copy_shared_rows(linear: nn.Linear, vocabulary: Vocabulary, learned: nn.Linear, learned_of: Vocabulary) -> int:
    """Copy the rows of a trained output layer whose symbols, the blank included, both vocabularies have.

    Args:
        linear: The layer that gets the rows; one row for each id of `vocabulary`.
        vocabulary: Its symbols.
        learned: The trained layer, of the same width of input.
        learned_of: The symbols of the trained layer.

    Returns:
        The number of shared symbols, without the blank.
    """
    places = {symbol: row + learned_of.first_id for row, symbol in enumerate(learned_of.symbols)}
    pairs = [
        (row + vocabulary.first_id, places[symbol]) for row, symbol in enumerate(vocabulary.symbols) if symbol in places
    ]
    rows = pairs + [(BLANK, BLANK)] * (vocabulary.first_id > BLANK)
    with torch.no_grad():
        for own, other in rows:
            linear.weight[own] = learned.weight[other]
            linear.bias[own] = learned.bias[other]
    return len(pairs)
