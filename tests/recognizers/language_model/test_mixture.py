"""Mixtures of language models of several texts and of classes."""

import random

import pytest

from data_prep.errors import InputError
from recognizers.language_model.class_ngram import WordClasses
from recognizers.language_model.mixture import (
    Component,
    components_of,
    cross_validated_weights,
    folds,
    language_model_of,
    mix,
    weights_for,
)
from recognizers.language_model.ngram import witten_bell


def spelled_names(count: int, seed: int) -> list[list[str]]:
    """Return random sequences of letters, so that a new one has pairs of letters that no other has."""
    rng = random.Random(seed)
    return [["name", *rng.choices("abcdefghijklmnopqrstuvwxyz", k=6), "enter"] for _ in range(count)]


def test_classes_lower_the_perplexity_of_new_sequences() -> None:
    train, test = spelled_names(40, seed=0), spelled_names(40, seed=1)
    plain = language_model_of(train, 3)
    mixed = language_model_of(train, 3, {"LETTER": list("abcdefghijklmnopqrstuvwxyz")})
    assert mixed.perplexity(test) < 0.7 * plain.perplexity(test)
    assert plain.followers == witten_bell(train, 3).followers


def test_folds_hold_out_each_sentence_once() -> None:
    text = [[str(number)] for number in range(23)]
    parts = folds(text)
    assert [words for held_out, _ in parts for words in held_out] == text
    assert all(sorted([*held_out, *others]) == sorted(text) for held_out, others in parts)
    assert len(folds(text[:3])) == 3


def test_weights_suit_the_held_out_sentences() -> None:
    like, unlike = [["a", "b", "c"]] * 20, [["c", "b", "a"]] * 20
    components = components_of({"unlike": unlike, "like": like}, 2, None, 3)
    assert [component.name for component in components] == ["unlike", "like"]
    assert weights_for(components, [["a", "b", "c"]])[1] > 0.99
    # The first text is held out in turn, and its own n-grams suit it.
    assert cross_validated_weights(components, unlike)[0] > 0.99


def test_a_text_is_not_scored_by_what_was_learned_of_it() -> None:
    # Each sentence has words of its own: n-grams that saw them would get all the weight.
    text = [[f"w{number}", f"v{number}"] for number in range(20)]
    classes = WordClasses({"W": [f"w{number}" for number in range(20)], "V": [f"v{number}" for number in range(20)]})
    components = components_of({"text": text}, 2, classes, 2)
    assert cross_validated_weights(components, text)[1] > 0.9
    assert weights_for(components, text)[0] > 0.5  # not held out


def test_components_without_sentences_are_refused() -> None:
    with pytest.raises(InputError, match="found none in names"):
        mix([Component("names", [], 2)], [1.0])
    with pytest.raises(InputError, match="weights=auto needs two sentences or more to hold some out; found 1"):
        cross_validated_weights(components_of({"text": [["a"]]}, 1, None, 1), [["a"]])
