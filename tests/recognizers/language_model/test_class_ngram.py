"""N-grams of word classes, written as n-grams of words."""

import itertools
import math
from pathlib import Path

import pytest

from data_prep.errors import InputError
from recognizers.language_model.arpa import read_arpa, write_arpa
from recognizers.language_model.class_ngram import WordClasses, class_ngrams
from recognizers.language_model.ngram import BEGIN, END, UNKNOWN, witten_bell


def test_probabilities_equal_those_computed_by_hand() -> None:
    model = class_ngrams([["x", "a"]], 2, WordClasses({"C": ["a", "b"]}))
    # Of the tokens x, C and the end, smoothed with unknown: P(C) = (1 + 3/4) / (3 + 3); in C, "a" was seen once.
    assert math.exp(model.log_prob((), "a")) == pytest.approx(7 / 24 * 2 / 3, rel=1e-6)
    assert math.exp(model.log_prob((), "b")) == pytest.approx(7 / 24 * 1 / 3, rel=1e-6)
    assert math.exp(model.log_prob((), "x")) == pytest.approx(7 / 24, rel=1e-6)
    # C was seen once after "x", the only type there: (1 + 7/24) / (1 + 1).
    assert math.exp(model.log_prob(("x",), "a")) == pytest.approx(31 / 48 * 2 / 3, rel=1e-6)
    assert math.exp(model.log_prob(("x",), "b")) == pytest.approx(31 / 48 * 1 / 3, rel=1e-6)
    # The end was seen after "a", and therefore after every word of its class.
    assert math.exp(model.end_log_prob(("a",))) == pytest.approx(31 / 48, rel=1e-6)
    assert math.exp(model.end_log_prob(("b",))) == pytest.approx(31 / 48, rel=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_probabilities_sum_to_one_after_every_history(order: int) -> None:
    classes = WordClasses({"C": ["a", "b", "never"], "UNSEEN": ["d", "e"]})
    model = class_ngrams([line.split() for line in ("x a", "a b x", "b a y", "y")], order, classes, ["more"])
    words = [*model.words, UNKNOWN]
    assert model.words == {"a", "b", "never", "d", "e", "x", "y", "more"}
    for length in range(order):
        for history in itertools.product([BEGIN, *words], repeat=length):
            total = math.exp(model.end_log_prob(history)) + sum(math.exp(model.log_prob(history, w)) for w in words)
            assert total == pytest.approx(1, abs=1e-6)


def test_a_class_of_one_word_changes_nothing() -> None:
    sentences = [line.split() for line in ("x a", "a b x", "b a y")]
    plain, classed = witten_bell(sentences, 3), class_ngrams(sentences, 3, WordClasses({"C": ["a"]}))
    assert plain.followers == classed.followers
    assert plain.backoffs == classed.backoffs


def test_the_expanded_model_is_an_arpa_file(tmp_path: Path) -> None:
    model = class_ngrams([["x", "a", "b"], ["b", "x"]], 3, WordClasses({"C": ["a", "b", "c"]}))
    write_arpa(tmp_path / "lm.arpa", model)
    again = read_arpa(tmp_path / "lm.arpa")
    assert (again.followers, again.backoffs) == (model.followers, model.backoffs)
    assert again.sentence_log_prob(["x", "c", "c"]) > again.sentence_log_prob(["x", "x", "c"])


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"C": []}, r"classes.C must be a list of words, such as \[A,B,C\]; found \[\]"),
        ({"C": "AB"}, "classes.C must be a list of words"),
        ({"C": ["a", 1]}, "classes.C: 1 is not a word"),
        ({"C": ["a b"]}, "classes.C: 'a b' is not a word"),
        ({"C": [END]}, "classes.C: '</s>' is not a word"),
        ({"C": ["a"], "D": ["b", "a"]}, "the word 'a' is in C and again in D"),
    ],
)
def test_wrong_classes_are_refused(members, said: str) -> None:
    with pytest.raises(InputError, match=said):
        WordClasses(members)


def test_too_many_ngrams_are_refused_before_they_are_made() -> None:
    classes = WordClasses({"C": [f"w{number}" for number in range(2000)]})
    with pytest.raises(InputError, match="would be 4006003 n-grams of words, more than 2000000; give smaller classes"):
        class_ngrams([["w1", "w2"]], 2, classes)
