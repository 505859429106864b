"""How likely words follow each other: n-grams with back-off."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from data_prep.errors import InputError

#: Before a sentence, after it, and in the place of every word that the model does not know.
BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
RESERVED = (BEGIN, END, UNKNOWN)
MAX_ORDER = 5
#: What the text format writes for a probability of 0.
LOG10_OF_NOTHING = -99.0

History = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """An n-gram model of sentences, as the ARPA format describes one.

    Attributes:
        order: The longest n-gram, in words, from 1 to 5.
        followers: log10 of the probability of a word after a history, for the n-grams that have one of their own.
        backoffs: log10 of the factor by which a history's unseen followers have the probability they have after the
            history without its first word; 0 where there is none.
    """

    order: int
    followers: dict[History, dict[str, float]] = field(repr=False)
    backoffs: dict[History, float] = field(repr=False)

    def __post_init__(self) -> None:
        check_order(self.order)
        self.followers.setdefault((), {}).setdefault(UNKNOWN, LOG10_OF_NOTHING)
        if END not in self.followers[()]:
            raise InputError(f"a language model needs the probability of the sentence's end, {END}; found none")

    @cached_property
    def words(self) -> frozenset[str]:
        """All it knows, without the reserved ones."""
        return frozenset(self.followers[()]) - set(RESERVED)

    @property
    def start(self) -> History:
        """The history at the beginning of a sentence."""
        return (BEGIN,)[: self.order - 1]

    def known(self, word: str) -> str:
        """The word itself, or the one for all unknown words."""
        return word if word in self.words else UNKNOWN

    def extend(self, history: History, word: str) -> History:
        """The history after one more word."""
        return (*history, self.known(word))[-(self.order - 1) :] if self.order > 1 else ()

    def log_prob(self, history: History, word: str) -> float:
        """Ln P(word | history); of an unknown word, that of all unknown words together."""
        return self._backed_off(history, self.known(word))

    def end_log_prob(self, history: History) -> float:
        """Ln P(the sentence ends | history)."""
        return self._backed_off(history, END)

    def _backed_off(self, history: History, word: str) -> float:
        log10 = 0.0
        while True:
            own = self.followers.get(history, {}).get(word)
            if own is not None:
                return (log10 + own) * math.log(10)
            log10 += self.backoffs.get(history, 0.0)
            history = history[1:]  # the empty history knows every word that `known` gives, and the end

    def sentence_log_prob(self, words: Sequence[str]) -> float:
        """Ln P(words, then the end)."""
        history, total = self.start, 0.0
        for word in words:
            total += self.log_prob(history, word)
            history = self.extend(history, word)
        return total + self.end_log_prob(history)

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """Exp of the mean negative log-probability of a word; ends count as words, unknown words as one word."""
        sentences = list(sentences)
        events = sum(len(words) + 1 for words in sentences)
        return math.exp(-sum(map(self.sentence_log_prob, sentences)) / max(1, events))


def check_order(order: int) -> None:
    """Raise InputError if n-grams cannot be of that many words."""
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
        raise InputError(f"order must be a whole number from 1 to {MAX_ORDER}; found {order!r}")


def witten_bell(sentences: Iterable[Sequence[str]], order: int) -> LanguageModel:
    """N-grams by interpolated Witten-Bell smoothing (Witten & Bell, 1991; formula 15 of Chen & Goodman, 1999).

    P(w | h) = (count(h w) + types(h) P(w | shorter h)) / (count(h) + types(h)), where types(h) is the number of
    different words seen after h, and all words, the end and the unknown word are equally likely at last. It estimates
    nothing from counts of counts, which a few hundred sentences do not have.

    Args:
        sentences: Each a sequence of words; reserved words among them count as unknown.
        order: The longest n-gram, in words, from 1 to 5.

    Raises:
        InputError: There is no sentence, or the order is out of its range.
    """
    check_order(order)
    counts = _count(sentences, order)
    if not counts:
        raise InputError("a language model needs sentences to learn from; found none")
    seen = set(counts[()]) | {END, UNKNOWN}
    probabilities: dict[History, dict[str, float]] = {}
    backoffs: dict[History, float] = {}
    for history in sorted(counts, key=len):
        followers = counts[history]
        total, types = followers.total(), len(followers)
        if history:
            shorter = probabilities[history[1:]]
            backoffs[history] = types / (total + types)
        else:
            shorter = dict.fromkeys(sorted(seen), 1 / len(seen))
        words = followers if history else shorter
        probabilities[history] = {word: (followers[word] + types * shorter[word]) / (total + types) for word in words}
    followers_log10 = {
        history: {word: _log10(value) for word, value in row.items()} for history, row in probabilities.items()
    }
    followers_log10[()][BEGIN] = LOG10_OF_NOTHING
    return LanguageModel(order, followers_log10, {history: _log10(value) for history, value in backoffs.items()})


def _count(sentences: Iterable[Sequence[str]], order: int) -> dict[History, Counter[str]]:
    """How often each word follows each history of up to `order` - 1 words; the beginning is a word of histories."""
    counts: defaultdict[History, Counter[str]] = defaultdict(Counter)
    for words in sentences:
        tokens = [BEGIN, *(UNKNOWN if word in RESERVED else word for word in words), END]
        for end, length in itertools.product(range(1, len(tokens)), range(order)):
            if length <= end:
                counts[tuple(tokens[end - length : end])][tokens[end]] += 1
    return counts


def _log10(probability: float) -> float:
    """To seven decimals: what a file holds is what is used."""
    return round(math.log10(probability), 7)
