"""Greedy decoding of log-probabilities as they come."""

import numpy as np

from recognizers.inference.ctc_alignment import Symbol
from recognizers.vocabulary import BLANK


class GreedyPath:
    """Takes each row's best symbol, merges repeats and drops blanks, as the decoder `Greedy` does for a whole clip.

    Args:
        emission_rate_hz: Rows a second.
        frame_rate_hz: Frames a second at the encoder's input, whose first frame is centred on time 0.
    """

    def __init__(self, emission_rate_hz: float, frame_rate_hz: float) -> None:
        self._rate_hz = emission_rate_hz
        self._shift_s = 0.5 / frame_rate_hz
        self._rows = 0
        self._last = BLANK
        self._runs: list[tuple[int, int, int, float]] = []  # symbol, first row, last row, highest log-probability

    def add(self, log_probs: np.ndarray) -> bool:
        """Take the next rows (n, C), and tell whether they brought a symbol."""
        before = len(self._runs)
        symbols = log_probs.argmax(axis=-1)
        for symbol, value in zip(symbols.tolist(), log_probs.max(axis=-1).tolist(), strict=True):
            if symbol != BLANK and symbol == self._last:
                _, first, _, highest = self._runs[-1]
                self._runs[-1] = (symbol, first, self._rows, max(highest, value))
            elif symbol != BLANK:
                self._runs.append((symbol, self._rows, self._rows, value))
            self._last = symbol
            self._rows += 1
        return len(self._runs) > before

    @property
    def symbols(self) -> list[Symbol]:
        """The symbols so far, with the times that `align` gives them."""
        return [
            Symbol(
                symbol,
                max(0.0, first / self._rate_hz - self._shift_s),
                (last + 1) / self._rate_hz - self._shift_s,
                float(np.exp(highest)),
            )
            for symbol, first, last, highest in self._runs
        ]
