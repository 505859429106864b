"""How much a language model should weigh: tried out on clips that were not trained on."""

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
#: What is taken where there is nothing to tune on.
UNTUNED = (0.5, 1.0)


def tune(decoder: Beam, log_probs: Sequence[np.ndarray], references: Sequence[str], vocabulary: Vocabulary) -> Beam:
    """Choose what is not set of `lm_weight` and `word_bonus` by the word errors of all pairs on a small grid.

    Of pairs with equally many errors, the smaller weight, then the smaller bonus is taken.

    Args:
        decoder: With a language model.
        log_probs: For each clip (T', C).
        references: What is said in each.
        vocabulary: Of the recognizer.
    """
    weights = LM_WEIGHTS if decoder.lm_weight is None else (decoder.lm_weight,)
    bonuses = WORD_BONUSES if decoder.word_bonus is None else (decoder.word_bonus,)
    if not log_probs:
        weight = UNTUNED[0] if decoder.lm_weight is None else decoder.lm_weight
        bonus = UNTUNED[1] if decoder.word_bonus is None else decoder.word_bonus
        log.warning("decoder: lm_weight=%g, word_bonus=%g are a guess: no validation clips to tune on", weight, bonus)
        return replace(decoder, lm_weight=weight, word_bonus=bonus)
    found = []
    with progress_bar() as progress:
        task = progress.add_task("tuning", total=len(weights) * len(bonuses))
        for weight in weights:
            for bonus in bonuses:
                tried = replace(decoder, lm_weight=weight, word_bonus=bonus)
                errors = sum(
                    _word_errors(tried, clip, reference, vocabulary)
                    for clip, reference in zip(log_probs, references, strict=True)
                )
                found.append((errors, weight, bonus))
                progress.advance(task)
    errors, weight, bonus = min(found)
    log.info("decoder: lm_weight=%g, word_bonus=%g do best on validation, %d words wrong", weight, bonus, errors)
    return replace(decoder, lm_weight=weight, word_bonus=bonus)


def _word_errors(decoder: Beam, log_probs: np.ndarray, reference: str, vocabulary: Vocabulary) -> int:
    [(ids, _)] = decoder.decode(log_probs[None], np.array([len(log_probs)]), vocabulary)
    return count_errors(vocabulary.decode(ids), reference, "word")[0]
