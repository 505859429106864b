"""Interpolation of language models, and the weights that suit held-out words."""

import itertools
import math
import random
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from recognizers.language_model.arpa import read_arpa, write_arpa
from recognizers.language_model.class_ngram import WordClasses, class_ngrams
from recognizers.language_model.interpolation import fit_weights, interpolate, word_probabilities
from recognizers.language_model.ngram import BEGIN, END, UNKNOWN, LanguageModel, witten_bell


def prob(model: LanguageModel, history: tuple[str, ...], word: str) -> float:
    return math.exp(model.end_log_prob(history) if word == END else model.log_prob(history, word))


def test_probabilities_equal_those_computed_by_hand() -> None:
    bigrams, unigrams = witten_bell([["a"]], 2, ["b"]), witten_bell([["b"]], 1, ["a"])
    mixed = interpolate([bigrams, unigrams], [0.5, 0.5])
    # Unigrams of one sentence: (1 + 2/4) / 4 of the word that was seen, and 1/8 of the other.
    assert prob(mixed, (), "a") == pytest.approx((3 / 8 + 1 / 8) / 2, rel=1e-6)
    assert prob(mixed, (), END) == pytest.approx(3 / 8, rel=1e-6)
    # "a" began the only sentence of the bigrams: (1 + 3/8) / 2.
    assert prob(mixed, (BEGIN,), "a") == pytest.approx((11 / 16 + 1 / 8) / 2, rel=1e-6)
    # All other words share the rest, 19/32, in proportion to their unigrams, which have 3/4.
    assert prob(mixed, (BEGIN,), "b") == pytest.approx(19 / 32 / (3 / 4) * 1 / 4, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_mixtures_sum_to_one_and_are_exact_where_they_list_ngrams(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    words = ["a", "b", "c", "d"]
    texts = [[rng.choices(words, k=rng.randint(1, 5)) for _ in range(6)] for _ in range(2)]
    models = [
        witten_bell(texts[0], 4, words),
        witten_bell(texts[1], 2, words),
        class_ngrams(texts[0], 3, WordClasses({"C": ["b", "c"]}), words),
    ]
    weights = [0.5, 0.2, 0.3]
    write_arpa(tmp_path / "lm.arpa", interpolate(models, weights))
    mixed = read_arpa(tmp_path / "lm.arpa")
    assert mixed.order == 4
    for length in range(4):
        for history in itertools.product([BEGIN, *words, UNKNOWN], repeat=length):
            total = sum(prob(mixed, history, word) for word in [*words, UNKNOWN, END])
            assert total == pytest.approx(1, abs=1e-5)
    for history, row in mixed.followers.items():
        for word in set(row) - {BEGIN}:
            expected = sum(w * prob(model, history, word) for model, w in zip(models, weights, strict=True))
            assert prob(mixed, history, word) == pytest.approx(expected, rel=1e-6)


def test_a_model_of_weight_one_stays_as_it_is() -> None:
    model = witten_bell([["a", "b"], ["b"]], 3)
    mixed = interpolate([model, witten_bell([["b", "b"]], 2, ["a"])], [1, 0])
    for history in itertools.product([BEGIN, "a", "b"], repeat=2):
        assert prob(mixed, history, "a") == pytest.approx(prob(model, history, "a"), rel=1e-5)


def test_weights_are_those_of_highest_likelihood() -> None:
    sure = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    assert fit_weights(sure) == pytest.approx([0.75, 0.25])
    probabilities = np.random.default_rng(0).uniform(0.01, 1, (50, 2)) * [1, 1.2]
    best = max(np.linspace(0, 1, 1001), key=lambda w: np.log(probabilities @ [w, 1 - w]).sum())
    assert fit_weights(probabilities)[0] == pytest.approx(best, abs=2e-3)
    assert fit_weights(np.array([[0.5, 0.1]] * 9)).tolist() == [1, 0]


def test_probabilities_of_words_are_those_of_the_sentence() -> None:
    model = witten_bell([["a", "b"]], 2)
    assert word_probabilities(model, [["a", "b"]]) == pytest.approx([31 / 48] * 3, rel=1e-6)


def test_errors_name_weights_and_words_that_do_not_fit() -> None:
    model = witten_bell([["a"]], 1)
    with pytest.raises(InputError, match=r"found 1 weights, \[1\], for 2 language models; give one each"):
        interpolate([model, model], [1])
    with pytest.raises(InputError, match=r"weights must be 0 or more with a sum of 1, .* with a sum of 0.9"):
        interpolate([model, model], [0.5, 0.4])
    with pytest.raises(InputError, match="weights must be 0 or more"):
        interpolate([model, model], [1.5, -0.5])
    with pytest.raises(InputError, match="must know the same words"):
        interpolate([model, witten_bell([["b"]], 1)], [0.5, 0.5])
