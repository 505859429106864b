"""The search over what several CTC recognizers propose, checked against the enumeration of all labellings."""

import numpy as np
import pytest

from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.ensemble.labelling_search import search
from recognizers.language_model.fusion import scorer_for
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary
from tests.recognizers.ensemble.test_forward_score import enumerate_scores, random_log_probs

LETTERS = Vocabulary("character", ("a", "b"))
WORDS = Vocabulary("word", ("a", "b"))


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_all_labellings_is_found(seed: int) -> None:
    members = [random_log_probs(frames, 10 * seed + frames) for frames in (4, 5, 3)]
    scores = [enumerate_scores(each) for each in members]
    common = set.intersection(*map(set, scores))
    means = {each: float(np.mean([score[each] for score in scores])) for each in common}
    ids, confidence = search(members, Greedy(), LETTERS)
    best = max(means, key=lambda each: means[each])
    assert tuple(ids) == best
    assert confidence == pytest.approx(np.exp(means[best]) / np.exp(list(means.values())).sum(), abs=0.01)


def test_a_language_model_adds_its_score() -> None:
    members = [random_log_probs(4, seed) for seed in (3, 4)]
    model = witten_bell([["a"], ["a", "b"], ["b", "a"]], 2)
    decoder = Beam(model, lm_weight=2.0, word_bonus=0.5, beam_size=64, min_probability=0.0)
    scorer = scorer_for(model, WORDS, 2.0, 0.5, False)

    def language_score(labelling: tuple[int, ...]) -> float:
        state, total = scorer.start, 0.0
        for symbol in labelling:
            total += scorer.symbol_scores(state)[symbol]
            state = scorer.advance(state, symbol)
        return total + scorer.end_score(state)

    scores = [enumerate_scores(each) for each in members]
    totals = {each: np.mean([score[each] for score in scores]) + language_score(each) for each in scores[0]}
    ids, confidence = search(members, decoder, WORDS)
    best = max(totals, key=lambda each: totals[each])
    assert tuple(ids) == best
    assert confidence == pytest.approx(np.exp(totals[best]) / np.exp(list(totals.values())).sum(), abs=1e-6)


def test_spikes_need_not_align() -> None:
    """Two members that emit "ab" in different frames agree, though the mean of their frames is another text."""
    first, second = np.full((8, 3), 0.01), np.full((8, 3), 0.01)
    first[:, 0] = second[:, 0] = 0.98
    for frames, (a, b) in ((first, (1, 4)), (second, (3, 6))):
        frames[a], frames[b] = [0.3, 0.69, 0.01], [0.3, 0.01, 0.69]
    members = [np.log(first), np.log(second)]
    [(averaged, _)] = Greedy().decode(np.log((first + second) / 2)[None], np.array([8]), LETTERS)
    assert averaged != [1, 2]
    ids, confidence = search(members, Greedy(), LETTERS)
    assert ids == [1, 2]
    assert confidence > 0.4


def test_a_text_must_fit_the_slowest_member() -> None:
    fast = np.log(np.full((6, 3), 1e-4))
    fast[range(6), [1, 0, 2, 0, 1, 2]] = np.log(1 - 2e-4)
    slow = np.log([[0.2, 0.7, 0.1], [0.2, 0.1, 0.7]])
    ids, confidence = search([fast, slow], Greedy(), LETTERS)
    assert len(ids) <= 2
    assert 0 < confidence <= 1
