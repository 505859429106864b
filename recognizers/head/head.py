"""The contract of heads."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
import torch
from torch import nn

from recognizers.interpreter import Interpreter
from recognizers.vocabulary import Vocabulary


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

    def parameters(self) -> Iterator[nn.Parameter]:
        """Return the parameters, as every ``nn.Module`` does."""
        ...

    def eval(self) -> Self:
        """Switch to inference, as every ``nn.Module`` does."""
        ...
