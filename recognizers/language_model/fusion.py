"""What a language model adds to a hypothesis, symbol by symbol."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np

from data_prep.errors import InputError
from recognizers.language_model.ngram import UNKNOWN, History, LanguageModel
from recognizers.vocabulary import BLANK, Vocabulary

#: Rows of gains that are kept for histories that come again.
CACHED_ROWS = 4096


class Language(Protocol):
    """Gains of hypotheses, in nats; -inf for what must not be. States are whatever it needs to remember of one."""

    @property
    def start(self) -> Any:
        """The state of the empty hypothesis."""
        ...

    def gains(self, state: Any) -> np.ndarray:
        """(C,): what each next symbol adds; the entry of the blank means nothing."""
        ...

    def follow(self, state: Any, symbol: int) -> Any:
        """The state after one more symbol."""
        ...

    def end(self, state: Any) -> float:
        """What it adds that the hypothesis ends here."""
        ...


@dataclass(frozen=True)
class SpelledWords:
    """Characters: a word is scored when the space after it, or the end, completes it.

    A state is the history of words, and the beginning of a word since the last space.

    Attributes:
        model: Of words.
        vocabulary: Of characters; without a space among them, all is one word.
        lm_weight: Factor of ln P(word | history).
        word_bonus: Nats added for each word.
        only_known_words: Whether every word must be one of the model's, and words one space apart.
    """

    model: LanguageModel
    vocabulary: Vocabulary
    lm_weight: float
    word_bonus: float
    only_known_words: bool

    @cached_property
    def _space(self) -> int | None:
        symbols = self.vocabulary.symbols
        return symbols.index(" ") + self.vocabulary.first_id if " " in symbols else None

    @cached_property
    def _onward(self) -> dict[str, np.ndarray]:
        return _spelling(self.model, self.vocabulary)

    @property
    def start(self) -> tuple[History, str]:
        """No word, no letter."""
        return self.model.start, ""

    def gains(self, state: tuple[History, str]) -> np.ndarray:
        """(C,): the finished word's gain for a space, 0 for letters, -inf for those no known word goes on with."""
        history, word = state
        row = np.zeros(self.vocabulary.num_ids)
        if self.only_known_words:
            row[:] = -np.inf
            row[self._onward[word]] = 0.0
        if self._space is not None and word:
            row[self._space] = self._word_gain(history, word)
        return row

    def follow(self, state: tuple[History, str], symbol: int) -> tuple[History, str]:
        """One more letter, or one more word."""
        history, word = state
        if symbol != self._space:
            return history, word + self.vocabulary.symbols[symbol - self.vocabulary.first_id]
        return (self.model.extend(history, word), "") if word else state

    def end(self, state: tuple[History, str]) -> float:
        """The last word's gain, and the end's."""
        history, word = state
        gain = 0.0
        if word:
            gain = self._word_gain(history, word)
            history = self.model.extend(history, word)
        return gain + self.lm_weight * self.model.end_log_prob(history)

    def _word_gain(self, history: History, word: str) -> float:
        if self.only_known_words and word not in self.model.words:
            return -np.inf
        return self.lm_weight * self.model.log_prob(history, word) + self.word_bonus


@dataclass(frozen=True)
class WholeWords:
    """Words (glosses): each symbol is scored when it comes; a state is the history.

    Attributes:
        model: Of words.
        vocabulary: Of words.
        lm_weight: Factor of ln P(word | history).
        word_bonus: Nats added for each word.
        only_known_words: Whether every word must be one of the model's.
    """

    model: LanguageModel
    vocabulary: Vocabulary
    lm_weight: float
    word_bonus: float
    only_known_words: bool
    _rows: dict[History, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        """The symbols that a word of the model stands for: itself, or all that it does not know."""
        ids: defaultdict[str, list[int]] = defaultdict(list)
        for symbol, word in enumerate(self.vocabulary.symbols, start=self.vocabulary.first_id):
            ids[self.model.known(word)].append(symbol)
        return dict(ids)

    @property
    def start(self) -> History:
        """The beginning of a sentence."""
        return self.model.start

    def gains(self, state: History) -> np.ndarray:
        """(C,): each word's gain."""
        row = self.lm_weight * math.log(10) * self._log10(state) + self.word_bonus
        if self.only_known_words:
            row[self._ids.get(UNKNOWN, [])] = -np.inf
        return row

    def follow(self, state: History, symbol: int) -> History:
        """One more word."""
        return self.model.extend(state, self.vocabulary.symbols[symbol - self.vocabulary.first_id])

    def end(self, state: History) -> float:
        """The end's gain."""
        return self.lm_weight * self.model.end_log_prob(state)

    def _log10(self, history: History) -> np.ndarray:
        """(C,): the shorter history's probabilities, backed off to, but for the followers this one has itself."""
        row = self._rows.get(history)
        if row is None:
            if history:
                row = self.model.backoffs.get(history, 0.0) + self._log10(history[1:])
            else:
                row = np.zeros(self.vocabulary.num_ids)
            for word, log10 in self.model.followers.get(history, {}).items():
                row[self._ids.get(word, [])] = log10
            if len(self._rows) >= CACHED_ROWS:
                self._rows.clear()
            self._rows[history] = row
        return row


@lru_cache(maxsize=8)
def language_of(
    model: LanguageModel, vocabulary: Vocabulary, lm_weight: float, word_bonus: float, only_known_words: bool
) -> Language:
    """The language of a vocabulary's unit.

    Raises:
        InputError: None of the model's words can be written with the vocabulary.
    """
    kind = WholeWords if vocabulary.unit == "word" else SpelledWords
    if vocabulary.unit == "word":
        strange = model.words.isdisjoint(vocabulary.symbols)
    else:
        strange = not _spelling(model, vocabulary)[""].size
    if strange:
        raise InputError(
            f"decoder: none of the language model's {len(model.words)} words, such as "
            f"{', '.join(map(repr, sorted(model.words)[:4])) or 'none'}, can be written with the recognizer's "
            f"{vocabulary.unit}s, such as {', '.join(map(repr, vocabulary.symbols[-4:]))}; are both spelled alike "
            "(upper and lower case)?"
        )
    return kind(model, vocabulary, lm_weight, word_bonus, only_known_words)


@lru_cache(maxsize=2)
def _spelling(model: LanguageModel, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """A prefix tree of the words that can be spelled: for each beginning the ids it may go on with."""
    ids = {symbol: index for index, symbol in enumerate(vocabulary.symbols, start=BLANK + 1)}
    onward: defaultdict[str, set[int]] = defaultdict(set, {"": set()})
    for word in model.words:
        if all(letter in ids for letter in word):
            for length, letter in enumerate(word):
                onward[word[:length]].add(ids[letter])
            onward[word]  # may have nothing to go on with but a space
    return {start: np.array(sorted(symbols), dtype=np.intp) for start, symbols in onward.items()}
