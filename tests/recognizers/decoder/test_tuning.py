"""How much a language model should weigh."""

import numpy as np
import pytest

from recognizers.decoder.beam import Beam
from recognizers.decoder.tuning import UNTUNED, tune
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary

VOCABULARY = Vocabulary("word", ("cold", "gold", "is"))
MODEL = witten_bell([["is", "cold"]] * 5, 2)


def heard(*frames: tuple[float, float, float]) -> np.ndarray:
    """Log-probabilities (T', C) of cold, gold and is; the blank has what is left."""
    return np.log([[1 - sum(frame), *frame] for frame in frames])


UNSURE = heard((0.01, 0.01, 0.97), (0.4, 0.58, 0.01))


def test_a_weight_is_found_that_mends_what_was_misheard() -> None:
    tuned = tune(Beam(MODEL), [UNSURE], ["is cold"], VOCABULARY)
    assert tuned.is_complete
    assert tuned.lm_weight is not None
    assert tuned.lm_weight > 0
    assert tuned.word_bonus == 0
    [(ids, _)] = tuned.decode(UNSURE[None], np.array([2]), VOCABULARY)
    assert VOCABULARY.decode(ids) == "is cold"


def test_where_all_do_equally_well_the_language_counts_least() -> None:
    sure = heard((0.01, 0.01, 0.97), (0.98, 0.005, 0.005))
    tuned = tune(Beam(MODEL), [sure], ["is cold"], VOCABULARY)
    assert (tuned.lm_weight, tuned.word_bonus) == (0, 0)


def test_what_is_set_stays() -> None:
    assert tune(Beam(MODEL, lm_weight=1.25), [UNSURE], ["is cold"], VOCABULARY).lm_weight == 1.25
    assert tune(Beam(MODEL, word_bonus=-0.5), [UNSURE], ["is cold"], VOCABULARY).word_bonus == -0.5
    assert tune(Beam(MODEL, lm_weight=1.25), [], [], VOCABULARY).lm_weight == 1.25


def test_nothing_to_tune_on_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    tuned = tune(Beam(MODEL), [], [], VOCABULARY)
    assert (tuned.lm_weight, tuned.word_bonus) == UNTUNED
    assert "are a guess" in caplog.text
