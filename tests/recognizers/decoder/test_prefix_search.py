"""Prefix beam search with any scorer, checked against the enumeration of all paths."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from recognizers.decoder.prefix_search import Prefix, prefix_beam_search
from recognizers.vocabulary import BLANK

SYMBOLS = 4


class Bigrams:
    """Scores each symbol by the one before it, and each end by the last symbol; the state is that symbol."""

    start = BLANK

    def __init__(self, seed: int, forbidden_ends: tuple[int, ...] = ()) -> None:
        rng = np.random.default_rng(seed)
        self.scores = rng.normal(0, 1, (SYMBOLS, SYMBOLS))
        self.ends = rng.normal(0, 1, SYMBOLS)
        self.ends[list(forbidden_ends)] = -np.inf

    def symbol_scores(self, state: int) -> np.ndarray:
        return self.scores[state]

    def advance(self, state: int, symbol: int) -> int:
        return symbol

    def end_score(self, state: int) -> float:
        return float(self.ends[state])

    def total(self, symbols: tuple[int, ...]) -> float:
        pairs = itertools.pairwise((BLANK, *symbols))
        return sum(self.scores[pair] for pair in pairs) + self.ends[symbols[-1] if symbols else BLANK]


class Nothing(Bigrams):
    """Scores everything with 0."""

    def __init__(self) -> None:
        self.scores, self.ends = np.zeros((SYMBOLS, SYMBOLS)), np.zeros(SYMBOLS)


def random_log_probs(frames: int, seed: int) -> np.ndarray:
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, SYMBOLS))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def enumerate_labellings(log_probs: np.ndarray, scorer: Bigrams) -> dict[tuple[int, ...], float]:
    """The score of every labelling, by summing the probabilities of all its paths."""
    probabilities: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(SYMBOLS), repeat=len(log_probs)):
        labelling = tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK)
        probabilities[labelling] += math.exp(sum(log_probs[frame, symbol] for frame, symbol in enumerate(path)))
    return {labelling: math.log(p) + scorer.total(labelling) for labelling, p in probabilities.items()}


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("scorer", [Nothing(), Bigrams(1), Bigrams(2)], ids=["nothing", "bigrams 1", "bigrams 2"])
def test_an_unlimited_beam_scores_every_labelling_exactly(frames: int, scorer: Bigrams) -> None:
    log_probs = random_log_probs(frames, seed=frames)
    found = prefix_beam_search(log_probs, scorer, 10_000, -math.inf)
    expected = enumerate_labellings(log_probs, scorer)
    assert len(found) == len(expected)
    assert {tuple(symbols): score for symbols, score in found} == pytest.approx(expected)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_a_narrow_beam_never_overrates_a_labelling_nor_holds_more_than_its_size(beam_size: int) -> None:
    for seed in range(8):
        log_probs, scorer = random_log_probs(5, seed), Bigrams(seed)
        expected = enumerate_labellings(log_probs, scorer)
        found = prefix_beam_search(log_probs, scorer, beam_size, -math.inf)
        assert 1 <= len(found) <= beam_size
        assert len({tuple(symbols) for symbols, _ in found}) == len(found)
        for symbols, score in found:
            assert score <= expected[tuple(symbols)] + 1e-9


def test_a_repeated_symbol_needs_a_blank_between() -> None:
    sure = np.full((3, SYMBOLS), -np.inf)
    sure[[0, 1, 2], [1, 1, 1]] = 0.0
    assert prefix_beam_search(sure, Nothing(), 10, -math.inf) == [([1], 0.0)]
    sure[1, [1, BLANK]] = -np.inf, 0.0
    assert prefix_beam_search(sure, Nothing(), 10, -math.inf) == [([1, 1], 0.0)]


def test_symbols_below_the_limit_extend_nothing_except_the_best_of_a_frame() -> None:
    log_probs = np.log(np.array([[0.1, 0.6, 0.25, 0.05], [0.3, 0.3, 0.28, 0.12]]))
    found = prefix_beam_search(log_probs, Nothing(), 100, math.log(0.2))
    assert all(3 not in symbols for symbols, _ in found)
    assert {tuple(symbols) for symbols, _ in found} >= {(1,), (2,), (1, 2), (2, 1)}
    strict = prefix_beam_search(log_probs, Nothing(), 100, 0.0)
    assert {symbol for symbols, _ in strict for symbol in symbols} == {1}


def test_no_frames_give_the_empty_labelling_with_the_score_of_an_end() -> None:
    scorer = Bigrams(3)
    assert prefix_beam_search(np.zeros((0, SYMBOLS)), scorer, 4, -math.inf) == [([], scorer.end_score(BLANK))]


def test_nan_counts_as_impossible() -> None:
    log_probs = random_log_probs(4, 0)
    log_probs[1, 2] = np.nan
    impossible = np.where(np.isnan(log_probs), -np.inf, log_probs)
    assert prefix_beam_search(log_probs, Nothing(), 50, -math.inf) == (
        prefix_beam_search(impossible, Nothing(), 50, -math.inf)
    )
    log_probs[3] = np.nan
    assert prefix_beam_search(log_probs, Nothing(), 50, -math.inf) == [([], -math.inf)]


def test_labellings_that_may_not_end_are_cut_back_to_where_they_may() -> None:
    sure = np.full((3, SYMBOLS), -np.inf)
    sure[[0, 1, 2], [1, 2, 3]] = 0.0
    assert prefix_beam_search(sure, Bigrams(0, forbidden_ends=(3,)), 10, -math.inf) == [([1, 2], -math.inf)]
    assert prefix_beam_search(sure, Bigrams(0, forbidden_ends=(2, 3)), 10, -math.inf) == [([1], -math.inf)]
    assert prefix_beam_search(sure, Bigrams(0, forbidden_ends=(0, 1, 2, 3)), 10, -math.inf) == [([], -math.inf)]


def test_labellings_that_may_not_end_are_left_out_if_others_may() -> None:
    log_probs = random_log_probs(4, 1)
    scorer = Bigrams(1, forbidden_ends=(2,))
    found = {tuple(symbols): score for symbols, score in prefix_beam_search(log_probs, scorer, 10_000, -math.inf)}
    expected = enumerate_labellings(log_probs, scorer)
    assert found == pytest.approx({symbols: score for symbols, score in expected.items() if score > -math.inf})


def test_a_prefix_is_the_same_object_whenever_it_is_asked_for() -> None:
    scorer = Bigrams(0)
    empty = Prefix(None, BLANK, scorer.start, scorer.symbol_scores(scorer.start))
    longer = empty.child(1, scorer).child(2, scorer)
    assert longer is empty.child(1, scorer).child(2, scorer)
    assert longer.symbols() == [1, 2]
    assert empty.symbols() == []
    assert longer.state == 2
