"""N-grams of word classes, written as n-grams of words."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from data_prep.errors import InputError
from recognizers.language_model.ngram import RESERVED, History, LanguageModel, rounded_log10, witten_bell

#: An n-gram of classes stands for many of words; more than this would make a file of several hundred megabytes.
MAX_EXPANDED = 2_000_000


@dataclass(frozen=True)
class WordClasses:
    """Words that are used alike, such as the letters of the alphabet; each word belongs to one class at most.

    Attributes:
        members: The words of each class, by its name.

    Raises:
        InputError: A class has no words, or a word is reserved, has a space, or stands twice.
    """

    members: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        places: dict[str, str] = {}
        for name, words in self.members.items():
            if isinstance(words, str) or not isinstance(words, Sequence) or not words:
                raise InputError(f"classes.{name} must be a list of words, such as [A,B,C]; found {words!r}")
            for word in words:
                if not isinstance(word, str) or word.split() != [word] or word in RESERVED:
                    raise InputError(f"classes.{name}: {word!r} is not a word; give words without spaces, as strings")
                if word in places:
                    raise InputError(
                        f"classes: the word {word!r} is in {places[word]} and again in {name}; leave it in one class"
                    )
                places[word] = name

    @cached_property
    def token_of(self) -> dict[str, str]:
        """The token of each word's class. It contains a space, so no word of a text equals it."""
        return {word: f"class {name}" for name, words in self.members.items() for word in words}

    @cached_property
    def words_of(self) -> dict[str, list[str]]:
        """The words of each token."""
        return {f"class {name}": list(words) for name, words in self.members.items()}


def class_ngrams(
    sentences: Iterable[Sequence[str]], order: int, classes: WordClasses, vocabulary: Iterable[str] = ()
) -> LanguageModel:
    """Estimate n-grams in which the words of a class share their statistics (Brown et al., 1992).

    P(w | h) = P(class(w) | classes of h) P(w | class(w)); a word in no class is a class of its own. The first factor is
    an n-gram model with Witten-Bell smoothing. The second is (count(w) + 1) / (count(class) + words in the class).
    As each word has one class, the result is written exactly as n-grams of words.

    Args:
        sentences: Sequences of words.
        order: Number of words in the longest n-gram, from 1 to 5.
        classes: The classes; all their words are known to the model.
        vocabulary: Further words that the model knows.

    Raises:
        InputError: There are no sentences, the order is out of range, or there would be too many n-grams of words.
    """
    token_of = classes.token_of
    sentences = [list(words) for words in sentences]
    tokens = [[token_of.get(word, word) for word in words] for words in sentences]
    known = {token_of.get(word, word) for word in vocabulary} | set(classes.words_of)
    return _expand(witten_bell(tokens, order, known), _member_log10(sentences, classes), classes)


def _member_log10(sentences: Sequence[Sequence[str]], classes: WordClasses) -> dict[str, dict[str, float]]:
    """Return log10 P(word | its class) of the words of each token."""
    counts = Counter(itertools.chain.from_iterable(sentences))
    log10 = {}
    for token, words in classes.words_of.items():
        total = sum(counts[word] + 1 for word in words)
        log10[token] = {word: math.log10((counts[word] + 1) / total) for word in words}
    return log10


def _expand(
    model: LanguageModel, member_log10: Mapping[str, Mapping[str, float]], classes: WordClasses
) -> LanguageModel:
    """Write n-grams of tokens as n-grams of words."""
    _check_size(model, classes)
    followers: dict[History, dict[str, float]] = {}
    backoffs: dict[History, float] = {}
    for history, row in model.followers.items():
        words_row = {
            word: _times(log10, within)
            for token, log10 in row.items()
            for word, within in member_log10.get(token, {token: 0.0}).items()
        }
        for words in _histories(history, classes):
            followers[words] = dict(words_row)
    for history, backoff in model.backoffs.items():
        backoffs |= dict.fromkeys(_histories(history, classes), backoff)
    return LanguageModel(model.order, followers, backoffs)


def _times(log10: float, within: float) -> float:
    return rounded_log10(10 ** (log10 + within)) if within else log10


def _histories(history: History, classes: WordClasses) -> Iterator[History]:
    return itertools.product(*(classes.words_of.get(token, [token]) for token in history))


def _check_size(model: LanguageModel, classes: WordClasses) -> None:
    sizes = {token: len(words) for token, words in classes.words_of.items()}
    total = sum(
        math.prod(sizes.get(token, 1) for token in history) * sum(sizes.get(token, 1) for token in row)
        for history, row in model.followers.items()
    )
    if total > MAX_EXPANDED:
        raise InputError(
            f"classes: n-grams of {model.order} words would be {total} n-grams of words, more than {MAX_EXPANDED}; "
            "give smaller classes, or a smaller class_order"
        )
