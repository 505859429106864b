"""Transcripts from any number of networks: the student learns the most probable ones with their probabilities."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from data_prep.features.extractor import Frames
from recognizers.ensemble.labelling_search import rank
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.training.distillation.transfer import member_emissions
from recognizers.vocabulary import BLANK, Vocabulary

#: Hypotheses that weigh less are left out: each costs as much as any other.
MIN_WEIGHT = 1e-3


@dataclass(frozen=True)
class Hypotheses:
    """The sum of CTC losses of the teacher's best transcripts, weighted by their probabilities (Kim & Rush, 2016).

    A transcript's score is the mean over the teacher's networks of ln P(transcript | frames), see `labelling_search`;
    its weight is its share of those that are kept.

    Attributes:
        count: Most transcripts that are kept.
        temperature: Divides the scores; above 1, the weights are more equal.
        batch_size: Clips that the teacher takes at once.
    """

    count: int = 4
    temperature: float = 1.0
    batch_size: int = 8

    @property
    def name(self) -> str:
        """The scores are stored, whatever the temperature."""
        return f"hypotheses-{self.count}"

    def targets(self, teacher: ClipPredictor, vocabulary: Vocabulary, clips: Sequence[Frames]) -> list[np.ndarray]:
        """Compute a row for each transcript, the best first: its score, its length, its symbols, and zeros."""
        decoder = teacher.interpreter.decoder
        return [
            self._rows(*rank(emissions, decoder, vocabulary))
            for emissions in member_emissions(teacher, vocabulary, clips, self.batch_size)
        ]

    def best(self, target: np.ndarray) -> tuple[int, ...]:
        """Return the best transcript."""
        return _labelling(target[0])

    def losses(self, log_probs: torch.Tensor, lengths: torch.Tensor, targets: Sequence[np.ndarray]) -> torch.Tensor:
        """(N, T', C) log-probabilities -> (N,) losses per symbol.

        A transcript that needs more frames than its clip has, played faster, is left out.
        """
        rows, labellings, weights = [], [], []
        for row, (length, target) in enumerate(zip(lengths.tolist(), targets, strict=True)):
            fitting = [each for each in target if _required_frames(_labelling(each)) <= length]
            for labelling, weight in self._weighted(fitting):
                rows.append(row)
                labellings.append(labelling)
                weights.append(weight / (len(labelling) or length))
        if not rows:
            return log_probs.sum(dim=(1, 2)) * 0
        index = torch.tensor(rows)
        losses = torch.nn.functional.ctc_loss(
            log_probs[index.to(log_probs.device)].transpose(0, 1),  # (T', U, C)
            torch.tensor([symbol for labelling in labellings for symbol in labelling], device=log_probs.device),
            lengths[index],
            torch.tensor([len(labelling) for labelling in labellings]),
            blank=BLANK,
            reduction="none",
        )
        weighted = losses * torch.tensor(weights, dtype=losses.dtype, device=losses.device)  # (U,)
        return losses.new_zeros(len(targets)).index_add(0, index.to(losses.device), weighted)

    def _rows(self, labellings: Sequence[tuple[int, ...]], scores: np.ndarray) -> np.ndarray:
        order = np.argsort(-scores, kind="stable")[: self.count]
        kept = [index for index in order if np.isfinite(scores[index])] or list(order[:1])
        rows = np.zeros((len(kept), 2 + max(len(labellings[index]) for index in kept)), np.float32)
        for row, index in zip(rows, kept, strict=True):
            score = scores[index] if np.isfinite(scores[index]) else 0.0
            row[: 2 + len(labellings[index])] = [score, len(labellings[index]), *labellings[index]]
        return rows

    def _weighted(self, rows: Sequence[np.ndarray]) -> list[tuple[tuple[int, ...], float]]:
        if not rows:
            return []
        scores = np.array([row[0] for row in rows], np.float64) / self.temperature
        weights = np.exp(scores - scores.max())
        weights[weights < MIN_WEIGHT * weights.sum()] = 0
        weights /= weights.sum()
        return [(_labelling(row), float(weight)) for row, weight in zip(rows, weights, strict=True) if weight]


def _labelling(row: np.ndarray) -> tuple[int, ...]:
    return tuple(int(symbol) for symbol in row[2 : 2 + int(row[1])])


def _required_frames(labelling: Sequence[int]) -> int:
    repeats = sum(first == second for first, second in itertools.pairwise(labelling))
    return max(1, len(labelling) + repeats)
