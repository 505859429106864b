import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recognizers.decoder.greedy import Greedy
from recognizers.inference.ctc_alignment import align
from recognizers.streaming.greedy_path import GreedyPath
from recognizers.vocabulary import Vocabulary

VOCABULARY = Vocabulary("character", ("a", "b"))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=40), st.integers(1, 7), st.integers(0, 9))
def test_equals_the_decoder_and_the_alignment_of_the_whole(best: list[int], size: int, seed: int) -> None:
    scores = np.random.default_rng(seed).random((len(best), 3)) + 3 * np.eye(3)[best]
    log_probs = np.log(scores / scores.sum(axis=1, keepdims=True))
    path = GreedyPath(20.0, 100.0)
    for start in range(0, len(best), size):
        path.add(log_probs[start : start + size])
    [(ids, _)] = Greedy().decode(log_probs[None], np.array([len(best)]), VOCABULARY)
    assert [symbol.id for symbol in path.symbols] == ids
    assert path.symbols == align(log_probs, ids, 20.0, 100.0)


def test_tells_whether_there_is_a_new_symbol() -> None:
    rows = np.log(np.full((1, 3), 0.1) + 0.7 * np.eye(3)[[1]])
    blank = np.log(np.full((1, 3), 0.1) + 0.7 * np.eye(3)[[0]])
    path = GreedyPath(20.0, 100.0)
    assert [path.add(each) for each in (blank, rows, rows, blank, rows)] == [False, True, False, False, True]
