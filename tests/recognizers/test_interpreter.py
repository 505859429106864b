"""From log-probabilities to predictions, and which decoders suit which vocabulary."""

from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.interpreter import LabelInterpreter, TextInterpreter, interpreter_for
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary

LETTERS = Vocabulary("character", ("a", "b"))
LABELS = Vocabulary("label", ("go", "stop"))
BEAM = Beam(witten_bell([["ab"]], 1), lm_weight=0.5, word_bonus=0.0)


def test_the_unit_of_the_vocabulary_decides_the_interpreter() -> None:
    text, label = interpreter_for(LETTERS, BEAM), interpreter_for(LABELS, Greedy())
    assert text == TextInterpreter(LETTERS, BEAM)
    assert (text.target, text.task) == ("text", "transcribe")
    assert label == LabelInterpreter(LABELS)
    assert (label.target, label.task, label.decoder) == ("label", "classify", Greedy())


@pytest.mark.parametrize(
    ("vocabulary", "decoder", "message"),
    [
        (LABELS, BEAM, "Beam decodes sequences, but this recognizer gives one label for each clip; use decoder=greedy"),
        (Vocabulary("character", ("A", "B")), BEAM, "none of the language model's 1 words"),
        (LETTERS, "beam", "expected a decoder, such as Greedy or Beam; found str"),
    ],
)
def test_a_decoder_that_does_not_suit_the_vocabulary_is_refused(
    vocabulary: Vocabulary, decoder: Any, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        interpreter_for(vocabulary, decoder)


def test_a_decoder_without_its_language_model_can_be_checked_before_it_is_complete() -> None:
    Beam().check_vocabulary(LETTERS)
    with pytest.raises(InputError, match="Beam decodes sequences"):
        Beam().check_vocabulary(LABELS)


def test_labels_come_with_all_scores_highest_first() -> None:
    [prediction] = LabelInterpreter(LABELS).predictions(np.log([[0.25, 0.75]]), np.array([3]))
    assert (prediction.text, list(prediction.scores)) == ("stop", ["stop", "go"])
    assert prediction.confidence == prediction.scores["stop"] == pytest.approx(0.75)


def test_emissions_of_a_text_leave_out_the_padding() -> None:
    log_probs = np.zeros((2, 4, 3))
    assert [each.shape for each in TextInterpreter(LETTERS).emissions(log_probs, np.array([4, 1]))] == [(4, 3), (1, 3)]
