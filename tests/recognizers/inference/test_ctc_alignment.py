"""Alignments equal those of torchaudio and of a search through all paths."""

import itertools

import numpy as np
import pytest
import torch
import torchaudio

from recognizers.inference import ctc_alignment
from recognizers.inference.ctc_alignment import align, symbol_frames
from recognizers.vocabulary import BLANK


def emissions(frames: int, symbols: int, seed: int) -> np.ndarray:
    logits = 3 * np.random.default_rng(seed).standard_normal((frames, symbols + 1))
    return np.asarray(torch.from_numpy(logits).log_softmax(dim=-1))


def score(log_probs: np.ndarray, ids: list[int], spans: list[tuple[int, int]]) -> float:
    """Log-probability of the path that emits the symbols in these frames and the blank in all others."""
    path = np.full(len(log_probs), BLANK)
    for symbol, (first, last) in zip(ids, spans, strict=True):
        path[first : last + 1] = symbol
    merged = [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK]
    assert merged == ids  # the path spells the symbols
    return float(log_probs[np.arange(len(path)), path].sum())


@pytest.mark.parametrize("block", [1, 2, 7, 1024])
@pytest.mark.parametrize("ids", [[1], [2, 2], [1, 2, 3], [3, 3, 1, 1], [1, 1, 1, 1]])
def test_the_path_is_the_best_of_all_paths(ids: list[int], block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctc_alignment, "BLOCK", block)
    for seed in range(5):
        log_probs = emissions(7, 3, seed)
        best = max(
            log_probs[np.arange(7), path].sum()
            for path in itertools.product(range(4), repeat=7)
            if [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK] == ids
        )
        assert score(log_probs, ids, symbol_frames(log_probs, ids)) == pytest.approx(best)


@pytest.mark.parametrize("block", [64, 1024])
def test_alignments_equal_torchaudios(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctc_alignment, "BLOCK", block)
    rng = np.random.default_rng(0)
    for seed in range(10):
        log_probs = emissions(300, 20, seed)
        ids = rng.integers(1, 21, size=60).tolist()
        path, scores = torchaudio.functional.forced_align(torch.from_numpy(log_probs)[None], torch.tensor([ids]))
        merged = torchaudio.functional.merge_tokens(path[0], scores[0])
        assert symbol_frames(log_probs, ids) == [(span.start, span.end - 1) for span in merged]


def test_equal_neighbours_have_a_blank_between_them() -> None:
    log_probs = np.log(np.array([[0.1, 0.9]] * 5))
    [(_, end), (start, _)] = symbol_frames(log_probs, [1, 1])
    assert start == end + 2


def test_the_shortcut_for_greedy_decoding_gives_the_same_as_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greedy decoding takes each frame's best symbol, so that no path need be searched for."""
    best = [emissions(40, 3, seed).argmax(axis=-1) for seed in range(20)]
    ids = [[int(symbol) for symbol, _ in itertools.groupby(path) if symbol != BLANK] for path in best]
    shortcut = [symbol_frames(emissions(40, 3, seed), ids[seed]) for seed in range(20)]
    monkeypatch.setattr(np, "array_equal", lambda *_: False)
    assert [symbol_frames(emissions(40, 3, seed), ids[seed]) for seed in range(20)] == shortcut


def test_no_symbols_take_no_frames() -> None:
    assert symbol_frames(emissions(4, 2, 0), []) == []


def test_symbols_that_need_too_many_frames_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 symbols need 3 frames; found 2"):
        symbol_frames(emissions(2, 2, 0), [1, 1])
    assert symbol_frames(emissions(2, 2, 0), [1, 2]) == [(0, 0), (1, 1)]


def test_frames_become_seconds() -> None:
    """An emission covers three frames of 10 ms; the first frame is centred on time 0."""
    log_probs = np.log(np.array([[0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.9, 0.1]]))
    [symbol] = align(log_probs, [1], 100 / 3, 100.0)
    assert (symbol.start_s, symbol.end_s) == pytest.approx((0.025, 0.085))
    assert symbol.confidence == pytest.approx(0.9)
    [symbol] = align(log_probs[1:], [1], 100 / 3, 100.0)
    assert symbol.start_s == 0.0
