"""The best transcript of a clip by several CTC recognizers: each proposes labellings, and all of them score these."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recognizers.decoder.beam import Beam
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.prefix_search import prefix_beam_search
from recognizers.ensemble.forward_score import forward_scores
from recognizers.language_model.fusion import Scorer
from recognizers.vocabulary import Vocabulary

#: Labellings that each member proposes; a larger beam of the decoder proposes as many as it holds.
NUM_PROPOSED = 48
#: The decoder's own threshold where it has none: a frame's symbols below it extend no hypothesis.
MIN_PROBABILITY = 1e-3


@dataclass(frozen=True)
class NoLanguageModel:
    """Scores every labelling with 0.

    Attributes:
        num_ids: C, the number of symbols and the blank.
    """

    num_ids: int

    @property
    def start(self) -> None:
        """There is nothing to know about a labelling."""
        return None

    def symbol_scores(self, state: Any) -> np.ndarray:
        """Return zeros (C,)."""
        return np.zeros(self.num_ids)

    def advance(self, state: Any, symbol: int) -> None:
        """Return the only state."""
        return None

    def end_score(self, state: Any) -> float:
        """Return 0."""
        return 0.0


def search(emissions: Sequence[np.ndarray], decoder: Decoder, vocabulary: Vocabulary) -> tuple[list[int], float]:
    """Find the labelling with the best score of `rank`, whose arguments it takes.

    Returns:
        The symbol ids, and the confidence: the labelling's share, by this score, of all candidates; 0 if no member
        can emit any candidate.
    """
    candidates, scores = rank(emissions, decoder, vocabulary)
    best = int(scores.argmax())
    if scores[best] == -np.inf:
        return list(candidates[0]), 0.0
    return list(candidates[best]), float(1 / np.exp(scores - scores[best]).sum())


def rank(
    emissions: Sequence[np.ndarray], decoder: Decoder, vocabulary: Vocabulary
) -> tuple[list[tuple[int, ...]], np.ndarray]:
    """Propose labellings, and score each with the mean of ln P(labelling | frames), plus the language model's score.

    The mean, and not the sum, so that the weights of a language model suit an ensemble as they suit a single network.
    The candidates are the union of what the members propose by prefix beam search: with the decoder's language model
    if it is a `Beam`, and without any if it is greedy.

    Args:
        emissions: Each member's log-probabilities (T', C) of the clip; T' may differ between members.
        decoder: The decoder, which must be complete.
        vocabulary: The C - 1 symbols.

    Returns:
        The U candidates, at least one, and their scores (U,).
    """
    scorer: Scorer = NoLanguageModel(vocabulary.num_ids)
    beam_size, min_probability = NUM_PROPOSED, MIN_PROBABILITY
    if isinstance(decoder, Beam):
        scorer = decoder.scorer(vocabulary)
        beam_size, min_probability = max(beam_size, decoder.beam_size), decoder.min_probability
    min_log_prob = math.log(min_probability) if min_probability else -math.inf
    proposed = [
        tuple(labelling)
        for log_probs in emissions
        for labelling, _ in prefix_beam_search(log_probs.astype(np.float64), scorer, beam_size, min_log_prob)
    ]
    candidates = list(dict.fromkeys(proposed))
    scores = np.mean([forward_scores(log_probs, candidates) for log_probs in emissions], axis=0)  # (U,)
    scores += [_language_score(labelling, scorer) for labelling in candidates]
    return candidates, scores


def _language_score(labelling: Sequence[int], scorer: Scorer) -> float:
    state, score = scorer.start, 0.0
    for symbol in labelling:
        score += float(scorer.symbol_scores(state)[symbol])
        state = scorer.advance(state, symbol)
    return score + scorer.end_score(state)
