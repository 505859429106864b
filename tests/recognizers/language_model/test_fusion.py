"""The scores of a whole hypothesis, added symbol by symbol, are those of its sentence."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from data_prep.errors import InputError
from recognizers.language_model import fusion
from recognizers.language_model.fusion import CharacterScorer, Scorer, WordScorer, check_spelling, scorer_for
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import BLANK, Vocabulary

CHARACTERS = Vocabulary("character", (" ", "a", "b"))
GLOSSES = Vocabulary("word", ("a", "ab", "zebra"))
MODEL = witten_bell([line.split() for line in ("a ab", "ab a", "a a ab", "ba")], 3)
WEIGHT, BONUS = 0.7, -0.4
CHARACTER_SCORER = CharacterScorer(MODEL, CHARACTERS, WEIGHT, BONUS, only_known_words=False)
WORD_SCORER = WordScorer(MODEL, GLOSSES, WEIGHT, BONUS, only_known_words=False)


def total(scorer: Scorer, symbols: tuple[int, ...]) -> float:
    """The score of a complete hypothesis."""
    state, score = scorer.start, 0.0
    for symbol in symbols:
        score += scorer.symbol_scores(state)[symbol]
        state = scorer.advance(state, symbol)
    return score + scorer.end_score(state)


def hypotheses(vocabulary: Vocabulary, longest: int) -> list[tuple[int, ...]]:
    symbols = range(BLANK + 1, vocabulary.num_ids)
    return [each for length in range(longest + 1) for each in itertools.product(symbols, repeat=length)]


@pytest.mark.parametrize(("scorer", "longest"), [(CHARACTER_SCORER, 5), (WORD_SCORER, 4)], ids=["characters", "words"])
def test_a_hypothesis_scores_as_its_sentence(scorer: CharacterScorer | WordScorer, longest: int) -> None:
    for symbols in hypotheses(scorer.vocabulary, longest):
        words = scorer.vocabulary.decode(symbols).split()
        expected = WEIGHT * MODEL.sentence_log_prob(words) + BONUS * len(words)
        assert total(scorer, symbols) == pytest.approx(expected), words


def test_only_known_words_forbids_all_others_and_changes_no_score() -> None:
    strict = replace(CHARACTER_SCORER, only_known_words=True)
    possible = set()
    for symbols in hypotheses(CHARACTERS, 5):
        text, score = CHARACTERS.decode(symbols), total(strict, symbols) if is_spelled(strict, symbols) else -math.inf
        single_spaced = "  " not in text and not text.startswith(" ")
        assert (score > -math.inf) == (single_spaced and set(text.split()) <= MODEL.words), text
        if score > -math.inf:
            assert score == pytest.approx(total(CHARACTER_SCORER, symbols))
            possible.add(text)
    assert {"", "a", "ab a", "ba ab", "a "} <= possible


def is_spelled(scorer: CharacterScorer, symbols: tuple[int, ...]) -> bool:
    """Whether no symbol of a hypothesis is forbidden; a search never continues after a forbidden one."""
    state = scorer.start
    for symbol in symbols:
        if scorer.symbol_scores(state)[symbol] == -math.inf:
            return False
        state = scorer.advance(state, symbol)
    return True


def test_a_prefix_of_a_known_word_may_continue_but_not_end() -> None:
    model = witten_bell([["abb"]], 1)
    scorer = CharacterScorer(model, CHARACTERS, 1.0, 0.0, only_known_words=True)
    state = scorer.advance(scorer.start, 2)  # "a"
    space, a, b = scorer.symbol_scores(state)[1:]
    assert (space, a, b) == (-math.inf, -math.inf, 0.0)
    assert scorer.end_score(state) == -math.inf


def test_only_known_words_forbids_symbols_that_the_model_does_not_know() -> None:
    strict = replace(WORD_SCORER, only_known_words=True)
    a, ab, zebra = strict.symbol_scores(strict.start)[1:]
    assert zebra == -math.inf
    np.testing.assert_array_equal([a, ab], WORD_SCORER.symbol_scores(WORD_SCORER.start)[1:3])


def test_more_than_one_space_completes_no_word_twice() -> None:
    once = CHARACTER_SCORER.advance(CHARACTER_SCORER.advance(CHARACTER_SCORER.start, 2), 1)
    assert CHARACTER_SCORER.advance(once, 1) == once
    assert CHARACTER_SCORER.symbol_scores(once)[1] == 0.0


def test_scores_stay_right_when_the_cache_of_histories_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion, "CACHED_HISTORIES", 2)
    small = WordScorer(MODEL, GLOSSES, WEIGHT, BONUS, only_known_words=False)
    for symbols in hypotheses(GLOSSES, 3):
        assert total(small, symbols) == total(WORD_SCORER, symbols)
        assert len(small._log10_of_history) <= 2


def test_the_scorer_suits_the_unit_and_is_made_once() -> None:
    assert isinstance(scorer_for(MODEL, CHARACTERS, 1.0, 0.0, False), CharacterScorer)
    words = scorer_for(MODEL, GLOSSES, 1.0, 0.0, False)
    assert isinstance(words, WordScorer)
    assert scorer_for(MODEL, GLOSSES, 1.0, 0.0, False) is words
    assert scorer_for(MODEL, GLOSSES, 2.0, 0.0, False) is not words


@pytest.mark.parametrize("vocabulary", [Vocabulary("character", ("A", "B")), Vocabulary("word", ("AB", "A"))])
def test_a_model_none_of_whose_words_can_be_spelled_is_an_error(vocabulary: Vocabulary) -> None:
    message = r"none of the language model's 3 words, such as 'a', 'ab', 'ba', .*upper and lower case"
    with pytest.raises(InputError, match=message):
        check_spelling(MODEL, vocabulary)
    with pytest.raises(InputError, match=message):
        scorer_for(MODEL, vocabulary, 1.0, 0.0, False)


def test_one_word_that_can_be_spelled_is_enough() -> None:
    for vocabulary in (Vocabulary("character", ("a",)), Vocabulary("word", ("zebra", "ba"))):
        check_spelling(MODEL, vocabulary)
        assert scorer_for(MODEL, vocabulary, 1.0, 0.0, False) is not None
