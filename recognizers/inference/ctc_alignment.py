"""When each decoded symbol is emitted: forced alignment of symbols with CTC emissions, in numpy alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recognizers.segmentation.runs import equal_runs
from recognizers.vocabulary import BLANK

#: Frames whose back pointers are held at once. For a longer clip they are computed again, block by block from the end,
#: so that memory stays small.
BLOCK = 1024


@dataclass(frozen=True)
class Symbol:
    """A symbol and when it is emitted.

    Attributes:
        id: Its id in the vocabulary.
        start_s: Where the first frame that emits it begins, in seconds.
        end_s: Where the last frame that emits it ends.
        confidence: The highest probability it has in these frames.
    """

    id: int
    start_s: float
    end_s: float
    confidence: float

    @property
    def centre_s(self) -> float:
        """The middle of its frames."""
        return (self.start_s + self.end_s) / 2


def align(log_probs: np.ndarray, ids: Sequence[int], emission_rate_hz: float, frame_rate_hz: float) -> list[Symbol]:
    """Find when each symbol is emitted on the most probable path that emits all of them.

    Args:
        log_probs: (T', C), natural logarithms; the blank comes first.
        ids: The symbols, without blanks.
        emission_rate_hz: Emissions a second.
        frame_rate_hz: Frames a second at the encoder's input, whose first frame is centred on time 0.

    Raises:
        ValueError: The symbols need more than T' frames.
    """
    shift_s = 0.5 / frame_rate_hz
    return [
        Symbol(
            symbol,
            max(0.0, first / emission_rate_hz - shift_s),
            (last + 1) / emission_rate_hz - shift_s,
            float(np.exp(log_probs[first : last + 1, symbol].max())),
        )
        for symbol, (first, last) in zip(ids, symbol_frames(log_probs, ids), strict=True)
    ]


def symbol_frames(log_probs: np.ndarray, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Find the first and the last frame of each symbol: the Viterbi algorithm on the CTC lattice (Graves et al., 2006).

    Args:
        log_probs: (T', C), natural logarithms; the blank comes first.
        ids: The symbols, without blanks.

    Raises:
        ValueError: The symbols need more than T' frames.
    """
    if not len(ids):
        return []
    needed = len(ids) + sum(first == second for first, second in pairwise(ids))
    if needed > len(log_probs):
        raise ValueError(f"{len(ids)} symbols need {needed} frames; found {len(log_probs)}")
    log_probs = np.asarray(log_probs)
    # The most probable of all paths takes each frame's best symbol. If it emits these symbols, no search is needed.
    best = log_probs.argmax(axis=-1)
    runs = equal_runs(best)
    runs = runs[best[runs[:, 0]] != BLANK]
    if not np.array_equal(best[runs[:, 0]], ids):
        # The states are, in order: blank, first symbol, blank, second symbol, ..., blank. Odd ones are symbols.
        states = _best_path(log_probs.astype(np.float64), np.asarray(ids))
        runs = equal_runs(states)
        runs = runs[states[runs[:, 0]] % 2 == 1]
    return [(start, end - 1) for start, end in runs.tolist()]


def _best_path(log_probs: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """(T', C) log-probabilities and (L,) symbols -> (T',): the state of each frame on the best path."""
    labels = np.full(2 * len(ids) + 1, BLANK)
    labels[1::2] = ids
    may_skip = np.zeros(len(labels), bool)  # a path may skip the blank between two symbols unless they are equal
    may_skip[3::2] = ids[1:] != ids[:-1]
    scores = np.full(len(labels), -np.inf)
    scores[0] = 0.0  # as if a blank came before the first frame
    starts = range(0, len(log_probs), BLOCK)
    scores_before = [scores]  # of each block
    for start in starts[:-1]:
        scores_before.append(_advance(scores_before[-1], log_probs[start : start + BLOCK, labels], may_skip)[0])
    states = np.empty(len(log_probs), np.int64)
    state = -1
    for start, scores in zip(reversed(starts), reversed(scores_before), strict=True):
        final, back_pointers = _advance(scores, log_probs[start : start + BLOCK, labels], may_skip)
        if state < 0:
            state = len(labels) - 1 if final[-1] >= final[-2] else len(labels) - 2
        for frame in range(len(back_pointers) - 1, -1, -1):
            states[start + frame] = state
            state -= int(back_pointers[frame, state])
    return states


def _advance(scores: np.ndarray, emitted: np.ndarray, may_skip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Extend the best path to each state by a block of frames.

    Args:
        scores: (S,) log-probability of the best path to each state so far.
        emitted: (T', S) log-probability of each state's symbol in each frame of the block.
        may_skip: (S,) whether a path may enter the state from two states before it.

    Returns:
        The scores (S,) after the block, and the back pointers (T', S): how many states back the best path to each
        state came from.
    """
    back_pointers = np.empty(emitted.shape, np.uint8)
    candidates = np.full((3, len(scores)), -np.inf)  # by how many states back the path comes from
    for frame, log_probs in enumerate(emitted):
        candidates[0] = scores
        candidates[1, 1:] = scores[:-1]
        candidates[2, 2:] = np.where(may_skip[2:], scores[:-2], -np.inf)
        back_pointers[frame] = candidates.argmax(axis=0)
        scores = candidates.max(axis=0) + log_probs
    return scores, back_pointers
