"""CTC's forward scores, checked against the enumeration of all paths and against torch's loss."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
import torch

from recognizers.ensemble.forward_score import forward_scores
from recognizers.vocabulary import BLANK

SYMBOLS = 3


def random_log_probs(frames: int, seed: int, symbols: int = SYMBOLS) -> np.ndarray:
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, symbols))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def enumerate_scores(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """ln P of every labelling, by summing the probabilities of all its paths."""
    probabilities: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        labelling = tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK)
        probabilities[labelling] += math.exp(sum(log_probs[frame, symbol] for frame, symbol in enumerate(path)))
    return {labelling: math.log(probability) for labelling, probability in probabilities.items()}


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("seed", range(3))
def test_scores_sum_over_all_paths(frames: int, seed: int) -> None:
    log_probs = random_log_probs(frames, seed)
    expected = enumerate_scores(log_probs)
    labellings = list(expected)
    assert forward_scores(log_probs, labellings) == pytest.approx([expected[each] for each in labellings], abs=1e-9)
    assert np.exp(forward_scores(log_probs, labellings)).sum() == pytest.approx(1)


def test_scores_equal_the_loss_of_training() -> None:
    log_probs = random_log_probs(40, 0, symbols=7)
    rng = np.random.default_rng(1)
    labellings = [rng.integers(1, 7, size=length).tolist() for length in (1, 4, 12, 19)]
    expected = [
        -float(
            torch.nn.functional.ctc_loss(
                torch.from_numpy(log_probs)[:, None], torch.tensor([each]), (40,), (len(each),), reduction="sum"
            )
        )
        for each in labellings
    ]
    assert forward_scores(log_probs, labellings) == pytest.approx(expected, abs=1e-6)


def test_what_does_not_fit_is_impossible() -> None:
    log_probs = random_log_probs(3, 0)
    scores = forward_scores(log_probs, [(1, 2, 1), (1, 1), (1, 1, 2), (1, 2, 1, 2), ()])
    assert np.isfinite(scores).tolist() == [True, True, False, False, True]
    assert forward_scores(log_probs[:0], [(), (1,)]).tolist() == [0.0, -math.inf]
    assert forward_scores(log_probs, []).tolist() == []


def test_nan_is_impossible() -> None:
    log_probs = random_log_probs(2, 0)
    log_probs[:, 1] = np.nan
    scores = forward_scores(log_probs, [(1,), (2,)])
    assert scores[0] == -math.inf
    assert math.isfinite(scores[1])
