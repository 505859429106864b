"""Transcripts from one network: the student learns its probabilities in each frame, and so when it emits a symbol."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from data_prep.features.extractor import Frames
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.training.distillation.soft_labels import divergence
from recognizers.training.distillation.transfer import member_emissions
from recognizers.vocabulary import BLANK, Vocabulary


@dataclass(frozen=True)
class GuidedFrames:
    """The divergence in each frame, and a guide to the frames of the teacher's spikes (Kurata & Audhkhasi, 2019).

    CTC leaves open in which frame a symbol is emitted, and two networks that find the same transcript choose different
    ones. The guide, the student's mean probability of each symbol in the frame where the teacher emits it, makes the
    student choose the teacher's frames, so that the distributions of a frame become comparable.

    Attributes:
        temperature: Divides the logits of both; see `SoftLabels`.
        batch_size: Clips that the teacher takes at once.
    """

    temperature: float = 1.0
    batch_size: int = 8

    @property
    def name(self) -> str:
        """The log-probabilities are stored, whatever the temperature."""
        return "frames"

    def targets(self, teacher: ClipPredictor, vocabulary: Vocabulary, clips: Sequence[Frames]) -> list[np.ndarray]:
        """Compute the teacher's log-probabilities (T', C).

        Raises:
            ValueError: The teacher is an ensemble.
        """
        emissions = member_emissions(teacher, vocabulary, clips, self.batch_size)
        if any(len(each) != 1 for each in emissions):
            raise ValueError("the frames of several networks cannot be averaged")
        return [each.astype(np.float32) for (each,) in emissions]

    def best(self, target: np.ndarray) -> tuple[int, ...]:
        """Return what is decoded greedily."""
        path = [symbol for symbol, _ in itertools.groupby(target.argmax(axis=1).tolist())]
        return tuple(symbol for symbol in path if symbol != BLANK)

    def losses(self, log_probs: torch.Tensor, lengths: torch.Tensor, targets: Sequence[np.ndarray]) -> torch.Tensor:
        """(N, T', C) log-probabilities -> (N,): the divergence per symbol, and how much the guided spikes lack of 1."""
        losses = []
        for clip, length, target in zip(log_probs, lengths.tolist(), targets, strict=True):
            student = clip[:length]
            teacher = torch.from_numpy(stretch(target, length)).to(student.device)
            loss = divergence(teacher, student, self.temperature).sum() / (len(self.best(target)) or length)
            symbols = teacher.argmax(dim=-1)
            if len(spikes := (symbols != BLANK).nonzero()[:, 0]):
                loss = loss + 1 - student[spikes, symbols[spikes]].exp().mean()
            losses.append(loss)
        return torch.stack(losses)


def stretch(target: np.ndarray, length: int) -> np.ndarray:
    """Play a teacher's frames faster or slower, such that no spike is lost unless two fall into the same frame.

    Args:
        target: (T', C) log-probabilities.
        length: Number of frames to return: that of the student, whose rate and speed may differ.

    Returns:
        (length, C): frames of `target`, nearest in time; a spike (a frame whose most probable symbol is not the blank)
        takes precedence over blanks.
    """
    nearest = ((np.arange(length) + 0.5) * len(target) / length).astype(np.int64)
    spikes = np.flatnonzero(target.argmax(axis=1) != BLANK)
    nearest[((spikes + 0.5) * length / len(target)).astype(np.int64)] = spikes
    return target[nearest]
