"""The most probable labellings of a clip, found along its frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recognizers.language_model.fusion import Language
from recognizers.vocabulary import BLANK


@dataclass(eq=False)
class Prefix:
    """The beginning of a labelling; the same beginning is always the same object.

    Attributes:
        parent: The labelling without its last symbol; None for the empty one.
        symbol: That symbol; the blank for the empty labelling.
        state: What the language remembers of it.
        gains: (C,), what each next symbol adds.
        children: By the next symbol.
    """

    parent: "Prefix | None"
    symbol: int
    state: Any
    gains: np.ndarray
    children: "dict[int, Prefix]" = field(default_factory=dict)

    def child(self, symbol: int, language: Language) -> "Prefix":
        """This labelling and one more symbol."""
        found = self.children.get(symbol)
        if found is None:
            state = language.follow(self.state, symbol)
            found = self.children[symbol] = Prefix(self, symbol, state, language.gains(state))
        return found

    def symbols(self) -> list[int]:
        """The whole labelling."""
        reverse = []
        prefix = self
        while prefix.parent is not None:
            reverse.append(prefix.symbol)
            prefix = prefix.parent
        return reverse[::-1]


@dataclass(frozen=True)
class Frontier:
    """The labellings that are followed up.

    Attributes:
        prefixes: B of them.
        blank: (B,), ln of the probability of all paths to the labelling that end in a blank.
        nonblank: (B,), of those that end in its last symbol.
        language: (B,), the sum of the language's gains.
    """

    prefixes: Sequence[Prefix]
    blank: np.ndarray
    nonblank: np.ndarray
    language: np.ndarray


def search(
    log_probs: np.ndarray, language: Language, beam_size: int, min_log_prob: float
) -> list[tuple[list[int], float]]:
    """CTC prefix beam search with a language (Graves & Jaitly, 2014; Hannun et al., 2014).

    Args:
        log_probs: (T', C), natural logarithms; NaN counts as impossible.
        language: What it adds, symbol by symbol.
        beam_size: Labellings that are kept from frame to frame.
        min_log_prob: A frame's symbols below this, but for its best one, extend no labelling.

    Returns:
        Whole labellings with their scores, ln P(labelling | frames) + the language's gains, best first. Never none:
        where nothing is possible, it is the empty labelling with -inf.
    """
    zero, nothing = np.zeros(1), np.full(1, -np.inf)
    beam = Frontier([Prefix(None, BLANK, language.start, language.gains(language.start))], zero, nothing, zero)
    for frame in np.where(np.isnan(log_probs), -np.inf, log_probs):
        if beam.prefixes:
            beam = _advance(beam, frame, language, beam_size, min_log_prob)
    return _finish(beam, language)


def _advance(beam: Frontier, frame: np.ndarray, language: Language, beam_size: int, min_log_prob: float) -> Frontier:
    """One frame, (C,), further."""
    symbols = BLANK + 1 + np.flatnonzero(frame[BLANK + 1 :] >= min(min_log_prob, frame.max()))  # (K,)
    last = np.array([prefix.symbol for prefix in beam.prefixes])  # (B,)
    total = np.logaddexp(beam.blank, beam.nonblank)
    blank = total + frame[BLANK]
    nonblank = np.where(last == BLANK, -np.inf, beam.nonblank + frame[last])
    # A symbol that repeats the last one makes a new one only after a blank.
    repeats = last[:, None] == symbols[None, :]
    extended = np.where(repeats, beam.blank[:, None], total[:, None]) + frame[symbols]  # (B, K)
    _merge(beam.prefixes, symbols, nonblank, extended)
    gains = np.stack([prefix.gains for prefix in beam.prefixes])[:, symbols]
    grown = beam.language[:, None] + gains  # (B, K)
    scores = np.concatenate([np.logaddexp(blank, nonblank) + beam.language, (extended + grown).ravel()])
    best = np.argsort(-scores, kind="stable")[:beam_size]
    best = best[scores[best] > -np.inf]
    size = len(beam.prefixes)
    stay, move = best[best < size], best[best >= size] - size
    prefixes = [beam.prefixes[index] for index in stay]
    prefixes += [
        beam.prefixes[row].child(int(symbols[column]), language)
        for row, column in zip(*np.divmod(move, max(1, len(symbols))), strict=True)
    ]
    return Frontier(
        prefixes,
        np.concatenate([blank[stay], np.full(len(move), -np.inf)]),
        np.concatenate([nonblank[stay], extended.ravel()[move]]),
        np.concatenate([beam.language[stay], grown.ravel()[move]]),
    )


def _merge(prefixes: Sequence[Prefix], symbols: np.ndarray, nonblank: np.ndarray, extended: np.ndarray) -> None:
    """Where an extension is a labelling that is followed up already, add its paths to that one."""
    row_of = {prefix: row for row, prefix in enumerate(prefixes)}
    column_of = {symbol: column for column, symbol in enumerate(symbols.tolist())}
    for own, prefix in enumerate(prefixes):
        if prefix.parent is not None:
            row, column = row_of.get(prefix.parent), column_of.get(prefix.symbol)
            if row is not None and column is not None:
                nonblank[own] = np.logaddexp(nonblank[own], extended[row, column])
                extended[row, column] = -np.inf


def _finish(beam: Frontier, language: Language) -> list[tuple[list[int], float]]:
    """Whole labellings, best first; if none may end where it stands, the best one's whole words."""
    scores = np.logaddexp(beam.blank, beam.nonblank) + beam.language
    ends = np.array([language.end(prefix.state) for prefix in beam.prefixes])
    order = [index for index in np.argsort(-(scores + ends), kind="stable") if scores[index] + ends[index] > -np.inf]
    if order:
        return [(beam.prefixes[index].symbols(), float(scores[index] + ends[index])) for index in order]
    whole = beam.prefixes[int(np.argmax(scores))] if len(scores) else None
    while whole is not None and language.end(whole.state) == -np.inf:
        whole = whole.parent
    return [(whole.symbols() if whole else [], -np.inf)]
