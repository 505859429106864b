"""Tuning of a beam's weights on clips that were not trained on."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data_prep.workers.progress import progress_bar
from recognizers.decoder.beam import Beam
from recognizers.error_rate import count_errors
from recognizers.vocabulary import Vocabulary

log = logging.getLogger(__name__)

LM_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)
WORD_BONUSES = (0.0, 1.0, 2.0, 3.0)
#: Language model weight and word bonus if there are no clips to tune on.
UNTUNED = (0.5, 1.0)


def tune(decoder: Beam, emissions: Sequence[np.ndarray], references: Sequence[str], vocabulary: Vocabulary) -> Beam:
    """Set `lm_weight` and `word_bonus`, where they are None, to the pair on a small grid with the fewest word errors.

    Among pairs with equally few errors, the one with the smaller weight, then the smaller bonus, is chosen.

    Args:
        decoder: A beam with a language model.
        emissions: Log-probabilities (T', C) of each clip.
        references: The correct text of each clip.
        vocabulary: The recognizer's vocabulary.
    """
    if not emissions:
        return _set_untuned(decoder)
    weights = LM_WEIGHTS if decoder.lm_weight is None else (decoder.lm_weight,)
    bonuses = WORD_BONUSES if decoder.word_bonus is None else (decoder.word_bonus,)
    results = []
    with progress_bar() as progress:
        task = progress.add_task("tuning", total=len(weights) * len(bonuses))
        for weight in weights:
            for bonus in bonuses:
                candidate = replace(decoder, lm_weight=weight, word_bonus=bonus)
                errors = sum(
                    _word_errors(candidate, clip, reference, vocabulary)
                    for clip, reference in zip(emissions, references, strict=True)
                )
                results.append((errors, weight, bonus))
                progress.advance(task)
    errors, weight, bonus = min(results)
    log.info("decoder: tuned lm_weight=%g, word_bonus=%g: %d word errors on validation clips", weight, bonus, errors)
    return replace(decoder, lm_weight=weight, word_bonus=bonus)


def _set_untuned(decoder: Beam) -> Beam:
    weight = UNTUNED[0] if decoder.lm_weight is None else decoder.lm_weight
    bonus = UNTUNED[1] if decoder.word_bonus is None else decoder.word_bonus
    log.warning("decoder: no validation clips to tune on; using the untuned lm_weight=%g, word_bonus=%g", weight, bonus)
    return replace(decoder, lm_weight=weight, word_bonus=bonus)


def _word_errors(decoder: Beam, log_probs: np.ndarray, reference: str, vocabulary: Vocabulary) -> int:
    [(ids, _)] = decoder.decode(log_probs[None], np.array([len(log_probs)]), vocabulary)
    return count_errors(vocabulary.spell(ids), reference, "word")[0]
