"""When each symbol is said: CTC's emissions and what was decoded of them brought together, in numpy alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recognizers.vocabulary import BLANK

#: Frames whose way back is kept at once: of a longer clip it is found anew, part by part, so that memory stays small.
BLOCK = 1024


@dataclass(frozen=True)
class Symbol:
    """A symbol and when it was emitted.

    Attributes:
        id: In the vocabulary.
        start_s: Where the first frame that emits it begins, in seconds.
        end_s: Where the last one ends.
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
    """When each of the symbols is emitted, on the most probable path that emits them all.

    Args:
        log_probs: (T', C), natural logarithms; the blank first.
        ids: The symbols, without blanks.
        emission_rate_hz: How many of the T' stand for one second.
        frame_rate_hz: Likewise of the encoder's input; the first of its frames is centred on the time 0.

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
    """The first and the last frame of each symbol: Viterbi's algorithm on CTC's lattice (Graves et al., 2006).

    Args:
        log_probs: (T', C), natural logarithms; the blank first.
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
    best = log_probs.argmax(axis=-1)  # of all paths the most probable one: if it emits these symbols, it is the one
    starts = np.flatnonzero(np.diff(best, prepend=BLANK - 1))
    ends = np.append(starts[1:], len(best)) - 1
    said = best[starts] != BLANK
    if np.array_equal(best[starts[said]], ids):
        return list(zip(starts[said].tolist(), ends[said].tolist(), strict=True))
    states = _best_path(log_probs.astype(np.float64), np.asarray(ids))
    # States in turn: blank, first symbol, blank, second symbol, ..., blank.
    return [
        (int(frames[0]), int(frames[-1]))
        for frames in np.split(np.flatnonzero(states % 2), np.flatnonzero(np.diff(states[states % 2 == 1])) + 1)
    ]


def _best_path(log_probs: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """(T', C), (L,) -> (T',): the state of each frame."""
    labels = np.full(2 * len(ids) + 1, BLANK)
    labels[1::2] = ids
    may_skip = np.zeros(len(labels), bool)  # the blank between two symbols, unless they are equal
    may_skip[3::2] = ids[1:] != ids[:-1]
    scores = np.full(len(labels), -np.inf)
    scores[0] = 0.0  # before the first frame: as if there had been a blank
    starts = range(0, len(log_probs), BLOCK)
    before = [scores]
    for start in starts[:-1]:
        before.append(_advance(before[-1], log_probs[start : start + BLOCK, labels], may_skip)[0])
    states = np.empty(len(log_probs), np.int64)
    state = -1
    for start, scores in zip(reversed(starts), reversed(before), strict=True):
        final, steps = _advance(scores, log_probs[start : start + BLOCK, labels], may_skip)
        if state < 0:
            state = len(labels) - 1 if final[-1] >= final[-2] else len(labels) - 2
        for frame in range(len(steps) - 1, -1, -1):
            states[start + frame] = state
            state -= int(steps[frame, state])
    return states


def _advance(scores: np.ndarray, emitted: np.ndarray, may_skip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Go on through some frames.

    Args:
        scores: (S,) of the best path to each state so far.
        emitted: (T', S), the log-probability of each state's symbol.
        may_skip: (S,), whether a state may follow the one two before it.

    Returns:
        The scores (S,) at the end, and (T', S): how many states back the best way to each came from.
    """
    steps = np.empty(emitted.shape, np.uint8)
    ways = np.full((3, len(scores)), -np.inf)
    for frame, log_probs in enumerate(emitted):
        ways[0] = scores
        ways[1, 1:] = scores[:-1]
        ways[2, 2:] = np.where(may_skip[2:], scores[:-2], -np.inf)
        steps[frame] = ways.argmax(axis=0)
        scores = ways.max(axis=0) + log_probs
    return scores, steps
