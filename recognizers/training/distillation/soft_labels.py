"""Labels: the student learns the teacher's probabilities of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from data_prep.features.extractor import Frames
from recognizers.ensemble.members import columns_for
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.vocabulary import Vocabulary


@dataclass(frozen=True)
class SoftLabels:
    """The divergence from the teacher's probabilities, softened by a temperature (Hinton et al., 2015).

    Attributes:
        temperature: Divides the logits of both; above 1, improbable labels count more. The divergence is multiplied by
            its square, so that the gradients keep their size.
        batch_size: Clips that the teacher takes at once.
    """

    temperature: float = 1.0
    batch_size: int = 8

    @property
    def name(self) -> str:
        """The log-probabilities are stored, whatever the temperature."""
        return "labels"

    def targets(self, teacher: ClipPredictor, vocabulary: Vocabulary, clips: Sequence[Frames]) -> list[np.ndarray]:
        """Compute the teacher's log-probabilities (C,) of the student's labels."""
        columns = columns_for(vocabulary, teacher.interpreter.vocabulary)
        emissions = teacher.emissions(clips, self.batch_size)
        return [(each if columns is None else each[columns]).astype(np.float32) for each in emissions]

    def best(self, target: np.ndarray) -> tuple[int, ...]:
        """Return the most probable label."""
        return (int(target.argmax()),)

    def losses(self, log_probs: torch.Tensor, lengths: torch.Tensor, targets: Sequence[np.ndarray]) -> torch.Tensor:
        """(N, C) log-probabilities -> (N,) divergences."""
        soft = torch.from_numpy(np.stack(targets)).to(log_probs.device)
        return divergence(soft, log_probs, self.temperature)


def divergence(teacher: torch.Tensor, student: torch.Tensor, temperature: float) -> torch.Tensor:
    """Compute temperature² KL(teacher || student) of softened distributions.

    Args:
        teacher: (..., C), log-probabilities; -inf counts as impossible.
        student: (..., C), log-probabilities.
        temperature: Divides both before they are normalised again.

    Returns:
        (...).
    """
    soft = (teacher.clamp(min=-1e4) / temperature).log_softmax(dim=-1)
    log_probs = (student / temperature).log_softmax(dim=-1)
    return temperature**2 * torch.nn.functional.kl_div(log_probs, soft, reduction="none", log_target=True).sum(dim=-1)
