"""N-gram models and their estimation by Witten-Bell smoothing."""

import itertools
import math
import random

import pytest

from data_prep.errors import InputError
from recognizers.language_model.ngram import BEGIN, END, UNKNOWN, LanguageModel, witten_bell

SENTENCES = [line.split() for line in ("a b", "a b c", "b c a", "c", "a a a b")]


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_probabilities_sum_to_one_after_every_history(order: int) -> None:
    model = witten_bell(SENTENCES, order)
    words = [*model.words, UNKNOWN]
    for length in range(order):
        for history in itertools.product([BEGIN, *words], repeat=length):
            total = math.exp(model.end_log_prob(history)) + sum(math.exp(model.log_prob(history, w)) for w in words)
            assert total == pytest.approx(1, abs=1e-6)


def test_probabilities_equal_those_computed_by_hand() -> None:
    model = witten_bell([["a", "b"]], 2)
    # Unigrams: 3 tokens of 3 types, smoothed with 4 equally likely ones: (1 + 3/4) / (3 + 3).
    assert math.exp(model.log_prob((), "a")) == pytest.approx(7 / 24, rel=1e-6)
    assert math.exp(model.log_prob((), "never seen")) == pytest.approx(3 / 24, rel=1e-6)
    # "b" was seen once after "a", the only type there: (1 + 7/24) / (1 + 1); all others back off by 1 / 2.
    assert math.exp(model.log_prob(("a",), "b")) == pytest.approx(31 / 48, rel=1e-6)
    assert math.exp(model.log_prob(("a",), "a")) == pytest.approx(7 / 48, rel=1e-6)
    assert math.exp(model.end_log_prob(("a",))) == pytest.approx(7 / 48, rel=1e-6)
    # A history that was never seen has a back-off factor of 1.
    assert math.exp(model.log_prob((UNKNOWN,), "a")) == pytest.approx(7 / 24, rel=1e-6)
    whole = math.log(31 / 48) * 3  # <s> a, a b, b </s>
    assert model.sentence_log_prob(["a", "b"]) == pytest.approx(whole, rel=1e-6)
    assert model.perplexity([["a", "b"]]) == pytest.approx(48 / 31, rel=1e-6)


def test_perplexity_is_lowest_at_the_order_of_the_grammar() -> None:
    rng = random.Random(0)

    def sentence() -> list[str]:
        words = rng.choices("abcdef", k=2)
        while len(words) < 12:  # nine times out of ten, a word follows from the two before it
            following = "abcdef"[("abcdef".index(words[-1]) + 2 * "abcdef".index(words[-2])) % 6]
            words.append(following if rng.random() < 0.9 else rng.choice("abcdef"))
        return words

    train, test = [sentence() for _ in range(400)], [sentence() for _ in range(50)]
    unigrams, bigrams, trigrams = (witten_bell(train, order).perplexity(test) for order in (1, 2, 3))
    assert trigrams < 0.5 * bigrams
    assert bigrams < unigrams


def test_histories_have_at_most_order_minus_one_words() -> None:
    model = witten_bell(SENTENCES, 3)
    assert model.start == (BEGIN,)
    assert model.extend(model.start, "a") == (BEGIN, "a")
    assert model.extend((BEGIN, "a"), "zebra") == ("a", UNKNOWN)
    unigrams = witten_bell(SENTENCES, 1)
    assert unigrams.start == unigrams.extend((), "a") == ()


def test_reserved_words_in_sentences_count_as_unknown() -> None:
    model = witten_bell([["a", END, BEGIN, UNKNOWN]], 2)
    assert model.words == {"a"}
    assert model.log_prob((), END) == model.log_prob((), UNKNOWN) > model.log_prob((), "a")


@pytest.mark.parametrize("order", [0, 6, 2.0, True, "3", None])
def test_an_order_out_of_range_is_refused(order: int) -> None:
    with pytest.raises(InputError, match="order must be a whole number from 1 to 5"):
        witten_bell(SENTENCES, order)


def test_errors_name_missing_sentences_and_a_missing_end() -> None:
    with pytest.raises(InputError, match="needs sentences"):
        witten_bell([], 2)
    with pytest.raises(InputError, match="needs a probability for the end of a sentence"):
        LanguageModel(1, {(): {"a": -1.0}}, {})
