"""The contract of heads."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Protocol, Self

import torch
from torch import nn

from recognizers.decoder.decoder import Decoder
from recognizers.metrics import ErrorRate
from recognizers.prediction import Prediction
from recognizers.vocabulary import Vocabulary


class Head(Protocol):
    """Encoded frames to symbols: an ``nn.Module`` built with ``num_inputs`` and a ``vocabulary``."""

    #: The field of a clip that it learns, and the field of a result that it fills.
    target: ClassVar[Literal["text", "label"]]
    #: Which of its metrics chooses the best checkpoint, and whether less or more is better.
    monitor: ClassVar[tuple[str, Literal["min", "max"]]]

    vocabulary: Vocabulary
    #: Greedy, until another is to be used.
    decoder: Decoder

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

    def disagreement(self, encoded: torch.Tensor, lengths: torch.Tensor, target_lengths: torch.Tensor) -> torch.Tensor:
        """(2 N, T', H), (2 N,), (2 N,) of N clips' first and second views -> how far apart they are, a scalar."""
        ...

    def decode(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[Prediction]:
        """(N, T', H), (N,) -> N predictions."""
        ...

    def emissions(self, encoded: torch.Tensor, lengths: torch.Tensor) -> list[torch.Tensor]:
        """(N, T', H), (N,) -> N clips' log-probabilities, without padding."""
        ...

    def use(self, decoder: Decoder) -> None:
        """Decode with it from now on; raises InputError if it makes no sense of this head's emissions."""
        ...

    def metrics(self) -> dict[str, ErrorRate]:
        """Fresh metrics by name, each updated with predicted and true values (strings)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of any ``nn.Module``."""
        ...

    def eval(self) -> Self:
        """As of any ``nn.Module``."""
        ...
