"""The contract of what a teacher says of a clip, and how a student learns it."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from data_prep.features.extractor import Frames
from recognizers.ensemble.members import columns_for
from recognizers.ensemble.predictor import EnsemblePredictor
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.vocabulary import Vocabulary


class Transfer(Protocol):
    """A frozen dataclass that computes a teacher's targets, and the student's loss for them."""

    @property
    def name(self) -> str:
        """What is stored: targets of equal names are equal."""
        ...

    def targets(self, teacher: ClipPredictor, vocabulary: Vocabulary, clips: Sequence[Frames]) -> list[np.ndarray]:
        """Compute what the teacher says of each clip.

        Args:
            teacher: The teacher.
            vocabulary: The student's symbols, which the teacher knows too.
            clips: Frames of the teacher's extractor.

        Returns:
            An array for each clip, float32, whose first axis is not empty.
        """
        ...

    def best(self, target: np.ndarray) -> tuple[int, ...]:
        """Return the symbols, of the student's vocabulary, that the teacher finds most probable."""
        ...

    def losses(self, log_probs: torch.Tensor, lengths: torch.Tensor, targets: Sequence[np.ndarray]) -> torch.Tensor:
        """Compute how far the student is from the teacher.

        Args:
            log_probs: (N, T', C) of sequences or (N, C) of labels: the student's log-probabilities, augmented.
            lengths: (N,), on the CPU: frames of each clip without padding.
            targets: The teacher's target of each of the N clips.

        Returns:
            (N,): for sequences per symbol, as the loss of CTC.
        """
        ...


def member_emissions(
    teacher: ClipPredictor, vocabulary: Vocabulary, clips: Sequence[Frames], batch_size: int
) -> list[tuple[np.ndarray, ...]]:
    """Compute the log-probabilities (T', C), in the order of a vocabulary, by each network of a teacher of text."""
    if isinstance(teacher, EnsemblePredictor):
        emissions = teacher.member_emissions(clips, batch_size)
    else:
        emissions = [(each,) for each in teacher.emissions(clips, batch_size)]
    columns = columns_for(vocabulary, teacher.interpreter.vocabulary)
    return emissions if columns is None else [tuple(each[:, columns] for each in clip) for clip in emissions]
