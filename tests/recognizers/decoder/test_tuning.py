"""Tuning of the language model's weights."""

import numpy as np
import pytest

from recognizers.decoder.beam import Beam
from recognizers.decoder.tuning import UNTUNED, tune
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary

VOCABULARY = Vocabulary("word", ("cold", "gold", "is"))
MODEL = witten_bell([["is", "cold"]] * 5, 2)


def emissions(*frames: tuple[float, float, float]) -> np.ndarray:
    """Log-probabilities (T', C) from the probabilities of cold, gold and is; the blank has the rest."""
    return np.log([[1 - sum(frame), *frame] for frame in frames])


UNSURE = emissions((0.01, 0.01, 0.97), (0.4, 0.58, 0.01))


def test_tuning_finds_a_weight_that_corrects_the_error() -> None:
    tuned = tune(Beam(MODEL), [UNSURE], ["is cold"], VOCABULARY)
    assert tuned.is_complete
    assert tuned.lm_weight is not None
    assert tuned.lm_weight > 0
    assert tuned.word_bonus == 0
    [(ids, _)] = tuned.decode(UNSURE[None], np.array([2]), VOCABULARY)
    assert VOCABULARY.decode(ids) == "is cold"


def test_the_smallest_weights_win_ties() -> None:
    sure = emissions((0.01, 0.01, 0.97), (0.98, 0.005, 0.005))
    tuned = tune(Beam(MODEL), [sure], ["is cold"], VOCABULARY)
    assert (tuned.lm_weight, tuned.word_bonus) == (0, 0)


def test_weights_that_are_set_are_kept() -> None:
    assert tune(Beam(MODEL, lm_weight=1.25), [UNSURE], ["is cold"], VOCABULARY).lm_weight == 1.25
    assert tune(Beam(MODEL, word_bonus=-0.5), [UNSURE], ["is cold"], VOCABULARY).word_bonus == -0.5
    assert tune(Beam(MODEL, lm_weight=1.25), [], [], VOCABULARY).lm_weight == 1.25


def test_missing_validation_clips_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    tuned = tune(Beam(MODEL), [], [], VOCABULARY)
    assert (tuned.lm_weight, tuned.word_bonus) == UNTUNED
    assert "untuned" in caplog.text
