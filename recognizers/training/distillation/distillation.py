"""The loss of a student: that of the head for what is right, and the distance from the teacher."""

from collections.abc import Set

import torch

from data_prep.errors import InputError
from recognizers.batch import Batch
from recognizers.head.head import Head
from recognizers.training.distillation.teacher_targets import TeacherTargets


class Distillation:
    """Weighs the head's loss and the teacher's, clip by clip.

    Args:
        targets: What the teacher says of the clips; a clip that it could not read has the head's loss alone.
        weight: Share of the teacher's loss in that of a clip with a text or a label.
        unlabelled: Ids of the clips without; they have the teacher's loss alone.

    Raises:
        InputError: The weight is not from 0 to 1.
    """

    def __init__(self, targets: TeacherTargets, weight: float, unlabelled: Set[str] = frozenset()) -> None:
        if not 0 <= weight <= 1:
            raise InputError(f"distillation.weight must be from 0 to 1; found {weight!r}")
        self.targets = targets
        self.weight = weight
        self.unlabelled = unlabelled

    def loss(self, head: Head, encoded: torch.Tensor, lengths: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Compute the mean over clips of (1 - weight) head's loss + weight teacher's loss.

        Args:
            head: The student's head.
            encoded: (N, T', H), its encoded frames.
            lengths: (N,), their number without padding.
            batch: The clips.

        Returns:
            A scalar.
        """
        weights = [
            self._weight(id, length) for id, length in zip(batch.ids, batch.target_lengths.tolist(), strict=True)
        ]
        total = encoded.new_zeros(())
        for weight in sorted(set(weights)):
            rows = torch.tensor([row for row, each in enumerate(weights) if each == weight])
            there = rows.to(encoded.device)
            part, counts = encoded[there], lengths[rows.to(lengths.device)]
            share = len(rows) / len(batch)
            if weight < 1:
                targets = batch.targets[there], batch.target_lengths[rows]
                total = total + share * (1 - weight) * head.loss(part, counts, *targets)
            if weight > 0:
                said = [self.targets[batch.ids[row]] for row in rows.tolist()]
                losses = self.targets.transfer.losses(head.log_probs(part, counts), counts.cpu(), said)
                total = total + share * weight * losses.mean()
        return total

    def _weight(self, clip_id: str, target_length: int) -> float:
        """Return the weight of the teacher's loss; it says nothing of sound without words in the place of a clip."""
        if clip_id not in self.targets:
            return 0.0
        if target_length == 0 and self.targets.transfer.best(self.targets[clip_id]):
            return 0.0
        return 1.0 if clip_id in self.unlabelled else self.weight
