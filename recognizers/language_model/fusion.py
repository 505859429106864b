"""Scores that a language model adds to the hypotheses of a beam search, symbol by symbol (shallow fusion)."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np

from data_prep.errors import InputError
from recognizers.language_model.ngram import UNKNOWN, History, LanguageModel
from recognizers.vocabulary import BLANK, Vocabulary

#: Largest number of histories whose scores are cached.
CACHED_HISTORIES = 4096


class Scorer(Protocol):
    """Scores hypotheses in nats; -inf forbids one. A state is all that the scorer needs to know about a hypothesis."""

    @property
    def start(self) -> Any:
        """The state of the empty hypothesis."""
        ...

    def symbol_scores(self, state: Any) -> np.ndarray:
        """Return (C,), the score of each next symbol; the entry of the blank has no meaning."""
        ...

    def advance(self, state: Any, symbol: int) -> Any:
        """Return the state after one more symbol."""
        ...

    def end_score(self, state: Any) -> float:
        """Return the score of ending the hypothesis here."""
        ...


@dataclass(frozen=True)
class CharacterScorer:
    """Scores hypotheses of characters: a word is scored when a space or the end completes it.

    A state is the history of complete words, and the characters since the last space.

    Attributes:
        model: Language model of words.
        vocabulary: Characters; if there is no space among them, a hypothesis is one word.
        lm_weight: Factor of ln P(word | history).
        word_bonus: Nats added for each word.
        only_known_words: Whether every word must be known to the model, and words must be one space apart.
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
    def _next_symbols(self) -> dict[str, np.ndarray]:
        return _prefix_tree(self.model, self.vocabulary)

    @property
    def start(self) -> tuple[History, str]:
        """The beginning of a sentence, before any character."""
        return self.model.start, ""

    def symbol_scores(self, state: tuple[History, str]) -> np.ndarray:
        """Return (C,): the completed word's score for a space, and 0 for characters that may continue the word."""
        history, word = state
        scores = np.zeros(self.vocabulary.num_ids)
        if self.only_known_words:
            scores[:] = -np.inf
            scores[self._next_symbols[word]] = 0.0
        if self._space is not None and word:
            scores[self._space] = self._word_score(history, word)
        return scores

    def advance(self, state: tuple[History, str], symbol: int) -> tuple[History, str]:
        """Append a character to the word, or complete the word if the symbol is a space."""
        history, word = state
        if symbol != self._space:
            return history, word + self.vocabulary.symbols[symbol - self.vocabulary.first_id]
        return (self.model.extend(history, word), "") if word else state

    def end_score(self, state: tuple[History, str]) -> float:
        """Return the score of the last word and of the sentence's end."""
        history, word = state
        score = 0.0
        if word:
            score = self._word_score(history, word)
            history = self.model.extend(history, word)
        return score + self.lm_weight * self.model.end_log_prob(history)

    def _word_score(self, history: History, word: str) -> float:
        if self.only_known_words and word not in self.model.words:
            return -np.inf
        return self.lm_weight * self.model.log_prob(history, word) + self.word_bonus


@dataclass(frozen=True)
class WordScorer:
    """Scores hypotheses of words (or glosses): each symbol is a word, and the state is the history.

    Attributes:
        model: Language model of words.
        vocabulary: Words.
        lm_weight: Factor of ln P(word | history).
        word_bonus: Nats added for each word.
        only_known_words: Whether every word must be known to the model.
    """

    model: LanguageModel
    vocabulary: Vocabulary
    lm_weight: float
    word_bonus: float
    only_known_words: bool
    _log10_of_history: dict[History, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        """The ids of each word of the model; `UNKNOWN` has the ids of all words that the model does not know."""
        ids: defaultdict[str, list[int]] = defaultdict(list)
        for symbol, word in enumerate(self.vocabulary.symbols, start=self.vocabulary.first_id):
            ids[self.model.known(word)].append(symbol)
        return dict(ids)

    @property
    def start(self) -> History:
        """The beginning of a sentence."""
        return self.model.start

    def symbol_scores(self, state: History) -> np.ndarray:
        """Return (C,), the score of each word."""
        scores = self.lm_weight * math.log(10) * self._log10_probs(state) + self.word_bonus
        if self.only_known_words:
            scores[self._ids.get(UNKNOWN, [])] = -np.inf
        return scores

    def advance(self, state: History, symbol: int) -> History:
        """Append a word to the history."""
        return self.model.extend(state, self.vocabulary.symbols[symbol - self.vocabulary.first_id])

    def end_score(self, state: History) -> float:
        """Return the score of the sentence's end."""
        return self.lm_weight * self.model.end_log_prob(state)

    def _log10_probs(self, history: History) -> np.ndarray:
        """Return (C,): listed probabilities where the history has them, backed-off ones elsewhere."""
        row = self._log10_of_history.get(history)
        if row is None:
            if history:
                row = self.model.backoffs.get(history, 0.0) + self._log10_probs(history[1:])
            else:
                row = np.zeros(self.vocabulary.num_ids)
            for word, log10 in self.model.followers.get(history, {}).items():
                row[self._ids.get(word, [])] = log10
            if len(self._log10_of_history) >= CACHED_HISTORIES:
                self._log10_of_history.clear()
            self._log10_of_history[history] = row
        return row


def check_spelling(model: LanguageModel, vocabulary: Vocabulary) -> None:
    """Raise InputError if none of a model's words can be written with a vocabulary."""
    if vocabulary.unit == "word":
        can_spell = not model.words.isdisjoint(vocabulary.symbols)
    else:
        can_spell = bool(_prefix_tree(model, vocabulary)[""].size)
    if not can_spell:
        raise InputError(
            f"decoder: none of the language model's {len(model.words)} words, such as "
            f"{', '.join(map(repr, sorted(model.words)[:4])) or 'none'}, can be written with the recognizer's "
            f"{vocabulary.unit}s, such as {', '.join(map(repr, vocabulary.symbols[-4:]))}; check that both use the "
            "same spelling (upper and lower case)"
        )


@lru_cache(maxsize=8)
def scorer_for(
    model: LanguageModel, vocabulary: Vocabulary, lm_weight: float, word_bonus: float, only_known_words: bool
) -> Scorer:
    """Make the scorer for a vocabulary's unit; cached, because it is asked for with every batch.

    Raises:
        InputError: None of the model's words can be written with the vocabulary.
    """
    check_spelling(model, vocabulary)
    kind = WordScorer if vocabulary.unit == "word" else CharacterScorer
    return kind(model, vocabulary, lm_weight, word_bonus, only_known_words)


@lru_cache(maxsize=2)
def _prefix_tree(model: LanguageModel, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """Map every prefix of the words that can be spelled to the ids of the characters that may follow it."""
    ids = {symbol: index for index, symbol in enumerate(vocabulary.symbols, start=BLANK + 1)}
    following: defaultdict[str, set[int]] = defaultdict(set, {"": set()})
    for word in model.words:
        if all(character in ids for character in word):
            for length, character in enumerate(word):
                following[word[:length]].add(ids[character])
            following[word]  # adds an entry for the whole word, which may have no continuation but a space
    return {prefix: np.array(sorted(symbols), dtype=np.intp) for prefix, symbols in following.items()}
