"""N-gram language models with back-off, and their estimation from sentences."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from data_prep.errors import InputError

#: The words that stand for the beginning and the end of a sentence and for every word the model does not know.
BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
RESERVED = (BEGIN, END, UNKNOWN)
MAX_ORDER = 5
#: The log10 that stands for a probability of 0 in the ARPA format.
LOG10_OF_ZERO = -99.0

#: The words before the next one, oldest first; at most `order` - 1 of them.
History = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """An n-gram model of sentences, as the ARPA format defines it.

    Attributes:
        order: Number of words in the longest n-gram, from 1 to 5.
        followers: For each history, log10 P(word | history) of the words whose n-grams the model lists.
        backoffs: For each history, log10 of its back-off factor; 0 if a history is missing. The probability of an
            unlisted word is this factor times its probability after the history without the first word.
    """

    order: int
    followers: dict[History, dict[str, float]] = field(repr=False)
    backoffs: dict[History, float] = field(repr=False)

    def __post_init__(self) -> None:
        check_order(self.order)
        self.followers.setdefault((), {}).setdefault(UNKNOWN, LOG10_OF_ZERO)
        if END not in self.followers[()]:
            raise InputError(f"a language model needs a probability for the end of a sentence, {END}; found none")

    @cached_property
    def words(self) -> frozenset[str]:
        """All words it knows, without the reserved ones."""
        return frozenset(self.followers[()]) - set(RESERVED)

    @property
    def start(self) -> History:
        """The history at the beginning of a sentence."""
        return (BEGIN,)[: self.order - 1]

    def known(self, word: str) -> str:
        """Return the word itself, or `UNKNOWN` if the model does not know it."""
        return word if word in self.words else UNKNOWN

    def extend(self, history: History, word: str) -> History:
        """Return the history after one more word."""
        return (*history, self.known(word))[-(self.order - 1) :] if self.order > 1 else ()

    def log_prob(self, history: History, word: str) -> float:
        """Return ln P(word | history); all unknown words share one probability."""
        return self._backed_off(history, self.known(word))

    def end_log_prob(self, history: History) -> float:
        """Return ln P(the sentence ends | history)."""
        return self._backed_off(history, END)

    def _backed_off(self, history: History, word: str) -> float:
        log10 = 0.0
        while True:  # ends at the latest with the empty history, which lists every known word, UNKNOWN and END
            listed = self.followers.get(history, {}).get(word)
            if listed is not None:
                return (log10 + listed) * math.log(10)
            log10 += self.backoffs.get(history, 0.0)
            history = history[1:]

    def sentence_log_prob(self, words: Sequence[str]) -> float:
        """Return ln P(words followed by the end of the sentence)."""
        history, total = self.start, 0.0
        for word in words:
            total += self.log_prob(history, word)
            history = self.extend(history, word)
        return total + self.end_log_prob(history)

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """Return exp(mean negative log-probability per word), counting the end of each sentence as a word."""
        sentences = list(sentences)
        events = sum(len(words) + 1 for words in sentences)
        return math.exp(-sum(map(self.sentence_log_prob, sentences)) / max(1, events))


def check_order(order: int, name: str = "order") -> None:
    """Raise InputError if n-grams cannot have that many words."""
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MAX_ORDER:
        raise InputError(f"{name} must be a whole number from 1 to {MAX_ORDER}; found {order!r}")


def witten_bell(sentences: Iterable[Sequence[str]], order: int, vocabulary: Iterable[str] = ()) -> LanguageModel:
    """Estimate n-grams by interpolated Witten-Bell smoothing (Witten & Bell, 1991; Chen & Goodman, 1999, formula 15).

    P(w | h) = (count(h w) + types(h) P(w | shorter h)) / (count(h) + types(h)), where types(h) is the number of
    different words seen after h. Below the empty history all words, END and UNKNOWN are equally likely. Unlike
    Kneser-Ney smoothing, it estimates nothing from counts of counts, for which a few hundred sentences are too few.

    Args:
        sentences: Sequences of words; reserved words among them count as unknown.
        order: Number of words in the longest n-gram, from 1 to 5.
        vocabulary: Further words that the model knows, though the sentences may lack them.

    Raises:
        InputError: There are no sentences, or the order is out of range.
    """
    check_order(order)
    counts = _count_followers(sentences, order)
    if not counts:
        raise InputError("a language model needs sentences to learn from; found none")
    known = set(counts[()]).union(vocabulary, (END, UNKNOWN)) - {BEGIN}
    probabilities: dict[History, dict[str, float]] = {}
    backoffs: dict[History, float] = {}
    for history in sorted(counts, key=len):
        followers = counts[history]
        total, types = followers.total(), len(followers)
        if history:
            shorter = probabilities[history[1:]]
            backoffs[history] = types / (total + types)
        else:
            shorter = dict.fromkeys(sorted(known), 1 / len(known))
        words = followers if history else shorter
        probabilities[history] = {word: (followers[word] + types * shorter[word]) / (total + types) for word in words}
    followers_log10 = {
        history: {word: rounded_log10(value) for word, value in row.items()} for history, row in probabilities.items()
    }
    followers_log10[()][BEGIN] = LOG10_OF_ZERO
    return LanguageModel(order, followers_log10, {history: rounded_log10(value) for history, value in backoffs.items()})


def _count_followers(sentences: Iterable[Sequence[str]], order: int) -> dict[History, Counter[str]]:
    """Count how often each word follows each history of up to `order` - 1 words, which may begin with BEGIN."""
    counts: defaultdict[History, Counter[str]] = defaultdict(Counter)
    for words in sentences:
        tokens = [BEGIN, *(UNKNOWN if word in RESERVED else word for word in words), END]
        for end, length in itertools.product(range(1, len(tokens)), range(order)):
            if length <= end:
                counts[tuple(tokens[end - length : end])][tokens[end]] += 1
    return counts


def rounded_log10(probability: float) -> float:
    """Round to seven decimals, so that a model gives the same probabilities before and after it is written."""
    return round(math.log10(probability), 7)
