"""CTC prefix beam search: the most probable labellings of a clip, found frame by frame.

A labelling is a sequence of symbols without blanks. A hypothesis is a prefix of a labelling: the symbols that the
frames so far may stand for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recognizers.language_model.fusion import Scorer
from recognizers.vocabulary import BLANK


@dataclass(eq=False)
class Prefix:
    """A prefix of a labelling, as a node of a tree: the same prefix is always the same object.

    Attributes:
        parent: The prefix without its last symbol; None for the empty prefix.
        symbol: The last symbol; the blank for the empty prefix.
        state: The scorer's state after the prefix.
        symbol_scores: (C,), the scorer's score of each next symbol.
        children: The prefixes with one more symbol, by that symbol.
    """

    parent: "Prefix | None"
    symbol: int
    state: Any
    symbol_scores: np.ndarray
    children: "dict[int, Prefix]" = field(default_factory=dict)

    def child(self, symbol: int, scorer: Scorer) -> "Prefix":
        """Return the prefix with one more symbol."""
        found = self.children.get(symbol)
        if found is None:
            state = scorer.advance(self.state, symbol)
            found = self.children[symbol] = Prefix(self, symbol, state, scorer.symbol_scores(state))
        return found

    def symbols(self) -> list[int]:
        """Return all symbols of the prefix."""
        symbols = []
        prefix = self
        while prefix.parent is not None:
            symbols.append(prefix.symbol)
            prefix = prefix.parent
        return symbols[::-1]


@dataclass(frozen=True)
class Hypotheses:
    """The hypotheses that are kept after a frame.

    Attributes:
        prefixes: The B prefixes.
        blank: (B,), ln of the probability of all paths to the prefix that end in a blank.
        nonblank: (B,), ln of the probability of all paths to the prefix that end in its last symbol.
        lm_score: (B,), the sum of the scorer's scores of the prefix's symbols.
    """

    prefixes: Sequence[Prefix]
    blank: np.ndarray
    nonblank: np.ndarray
    lm_score: np.ndarray


def prefix_beam_search(
    log_probs: np.ndarray, scorer: Scorer, beam_size: int, min_log_prob: float
) -> list[tuple[list[int], float]]:
    """Search for the best labellings of a clip (Graves & Jaitly, 2014; Hannun et al., 2014).

    Args:
        log_probs: (T', C), natural logarithms; NaN counts as impossible.
        scorer: Scores labellings symbol by symbol.
        beam_size: Number of hypotheses kept after each frame.
        min_log_prob: A frame's symbols below this value extend no hypothesis, except its best symbol.

    Returns:
        Labellings with their scores, ln P(labelling | frames) plus the scorer's scores, best first. If no labelling is
        possible, the list has one item with the score -inf.
    """
    empty = Prefix(None, BLANK, scorer.start, scorer.symbol_scores(scorer.start))
    hypotheses = Hypotheses([empty], np.zeros(1), np.full(1, -np.inf), np.zeros(1))
    for frame in np.where(np.isnan(log_probs), -np.inf, log_probs):
        if hypotheses.prefixes:
            hypotheses = _advance(hypotheses, frame, scorer, beam_size, min_log_prob)
    return _finish(hypotheses, scorer)


def _advance(
    hypotheses: Hypotheses, frame: np.ndarray, scorer: Scorer, beam_size: int, min_log_prob: float
) -> Hypotheses:
    """Extend B hypotheses by one frame, (C,), and keep the best."""
    prefixes = hypotheses.prefixes
    symbols = BLANK + 1 + np.flatnonzero(frame[BLANK + 1 :] >= min(min_log_prob, frame.max()))  # (K,)
    last = np.array([prefix.symbol for prefix in prefixes])  # (B,)
    total = np.logaddexp(hypotheses.blank, hypotheses.nonblank)
    blank = total + frame[BLANK]
    nonblank = np.where(last == BLANK, -np.inf, hypotheses.nonblank + frame[last])
    # A symbol equal to the last one extends the prefix only after a blank.
    repeats = last[:, None] == symbols[None, :]
    extended = np.where(repeats, hypotheses.blank[:, None], total[:, None]) + frame[symbols]  # (B, K)
    _move_paths_of_known_prefixes(prefixes, symbols, nonblank, extended)
    symbol_scores = np.stack([prefix.symbol_scores for prefix in prefixes])[:, symbols]
    extended_lm_score = hypotheses.lm_score[:, None] + symbol_scores  # (B, K)
    scores = np.concatenate(
        [np.logaddexp(blank, nonblank) + hypotheses.lm_score, (extended + extended_lm_score).ravel()]
    )  # (B + B * K,): the prefixes as they are, then each with each symbol
    best = np.argsort(-scores, kind="stable")[:beam_size]
    best = best[scores[best] > -np.inf]
    kept, grown = best[best < len(prefixes)], best[best >= len(prefixes)] - len(prefixes)
    rows, columns = np.divmod(grown, max(1, len(symbols)))
    return Hypotheses(
        [prefixes[index] for index in kept]
        + [prefixes[row].child(int(symbols[column]), scorer) for row, column in zip(rows, columns, strict=True)],
        np.concatenate([blank[kept], np.full(len(grown), -np.inf)]),
        np.concatenate([nonblank[kept], extended.ravel()[grown]]),
        np.concatenate([hypotheses.lm_score[kept], extended_lm_score.ravel()[grown]]),
    )


def _move_paths_of_known_prefixes(
    prefixes: Sequence[Prefix], symbols: np.ndarray, nonblank: np.ndarray, extended: np.ndarray
) -> None:
    """Where an extension equals another hypothesis, add its paths to that hypothesis and remove the extension.

    Args:
        prefixes: The B hypotheses.
        symbols: (K,), the symbols they are extended by.
        nonblank: (B,), changed in place.
        extended: (B, K), ln of the probability of each extension's paths; changed in place.
    """
    row_of = {prefix: row for row, prefix in enumerate(prefixes)}
    column_of = {symbol: column for column, symbol in enumerate(symbols.tolist())}
    for index, prefix in enumerate(prefixes):
        if prefix.parent is not None:
            row, column = row_of.get(prefix.parent), column_of.get(prefix.symbol)
            if row is not None and column is not None:
                nonblank[index] = np.logaddexp(nonblank[index], extended[row, column])
                extended[row, column] = -np.inf


def _finish(hypotheses: Hypotheses, scorer: Scorer) -> list[tuple[list[int], float]]:
    """Return the labellings that may end here, best first.

    If none may, return the best hypothesis, shortened to its longest prefix that may end.
    """
    scores = np.logaddexp(hypotheses.blank, hypotheses.nonblank) + hypotheses.lm_score
    final = scores + np.array([scorer.end_score(prefix.state) for prefix in hypotheses.prefixes])
    order = [index for index in np.argsort(-final, kind="stable") if final[index] > -np.inf]
    if order:
        return [(hypotheses.prefixes[index].symbols(), float(final[index])) for index in order]
    best = hypotheses.prefixes[int(np.argmax(scores))] if len(scores) else None
    while best is not None and scorer.end_score(best.state) == -np.inf:
        best = best.parent
    return [(best.symbols() if best else [], -np.inf)]
