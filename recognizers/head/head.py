"""The contract of heads."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Protocol, Self

import torch
from torch import nn

from recognizers.interpreter import Interpreter
from recognizers.vocabulary import Vocabulary


class Head(Protocol):
    """Encoded frames to symbols: an ``nn.Module`` built with ``num_inputs`` and a ``vocabulary``."""

    #: Which of its metrics chooses the best checkpoint, and whether less or more is better.
    monitor: ClassVar[tuple[str, Literal["min", "max"]]]

    vocabulary: Vocabulary
    #: What its log-probabilities mean.
    interpreter: Interpreter

    def required_frames(self, target: Sequence[int]) -> int:
        """How many encoded frames it takes at least to emit a target."""
        ...

    def loss(
        self,
        encoded: torch.Tensor,
        lengths: torch.Tensor,
        targets: torch.Tensor,
        target_lengths: torch.Tensor,
    ) -> torch.Tensor:
        """(N, T', H), (N,), (N, L), (N,) -> the mean loss of the clips, a scalar."""
        ...

    def log_probs(self, encoded: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """(N, T', H), (N,) -> log-probabilities as its interpreter takes them."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of any ``nn.Module``."""
        ...

    def eval(self) -> Self:
        """As of any ``nn.Module``."""
        ...
