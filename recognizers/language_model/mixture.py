"""Language models of several texts and of word classes, mixed with weights that suit held-out sentences."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_prep.errors import InputError
from recognizers.language_model.class_ngram import WordClasses, class_ngrams
from recognizers.language_model.interpolation import fit_weights, interpolate, word_probabilities
from recognizers.language_model.ngram import LanguageModel, witten_bell

Sentences = Sequence[Sequence[str]]

#: Parts of a text that are held out in turn to find weights.
FOLDS = 10


@dataclass(frozen=True)
class Component:
    """One of the models that are mixed.

    Attributes:
        name: What people call it.
        sentences: What it is estimated from.
        order: Number of words in its longest n-gram.
        classes: Classes of its n-grams; None for n-grams of words.
    """

    name: str
    sentences: Sentences
    order: int
    classes: WordClasses | None = None

    def estimate(self, vocabulary: Iterable[str]) -> LanguageModel:
        """Estimate the n-grams; raises InputError if there are no sentences or too many n-grams."""
        if not self.sentences:
            raise InputError(f"a language model needs sentences to learn from; found none in {self.name}")
        if self.classes is None:
            return witten_bell(self.sentences, self.order, vocabulary)
        return class_ngrams(self.sentences, self.order, self.classes, vocabulary)


def vocabulary_of(components: Sequence[Component]) -> frozenset[str]:
    """Return all words of the sentences and classes of components."""
    words = {word for component in components for sentence in component.sentences for word in sentence}
    return frozenset(words.union(*(each.classes.token_of for each in components if each.classes)))


def mix(components: Sequence[Component], weights: Sequence[float]) -> LanguageModel:
    """Estimate components with a common vocabulary and interpolate them; raises InputError as these steps do."""
    vocabulary = vocabulary_of(components)
    if len(components) == 1:
        return components[0].estimate(vocabulary)
    return interpolate([component.estimate(vocabulary) for component in components], weights)


def weights_for(components: Sequence[Component], held_out: Sentences) -> list[float]:
    """Return the weights under which held-out sentences are most probable."""
    vocabulary = vocabulary_of(components)
    return _fit([word_probabilities(component.estimate(vocabulary), held_out) for component in components])


def cross_validated_weights(components: Sequence[Component], text: Sentences) -> list[float]:
    """Return the weights under which each tenth of a text is most probable, given models that did not see it.

    A tenth is a run of sentences, as neighbours often belong together: in corpora, they are of the same speaker.

    Args:
        components: The components; those whose sentences are this very text are estimated without the tenth.
        text: Sentences, in order.

    Raises:
        InputError: There are fewer than two sentences, or too many n-grams.
    """
    if len(text) < 2:
        raise InputError(
            f"weights=auto needs two sentences or more to hold some out; found {len(text)}; give tune=FILE or weights"
        )
    vocabulary = vocabulary_of(components)
    probabilities: list[list[float]] = [[] for _ in components]
    for held_out, others in folds(text):
        for values, component in zip(probabilities, components, strict=True):
            seen = replace(component, sentences=others) if component.sentences is text else component
            values += word_probabilities(seen.estimate(vocabulary), held_out)
    return _fit(probabilities)


def folds(text: Sentences) -> list[tuple[Sentences, Sentences]]:
    """Return each of up to ten runs of sentences, with the sentences that are not in it."""
    edges = np.linspace(0, len(text), min(FOLDS, len(text)) + 1).astype(int).tolist()
    return [(text[start:end], [*text[:start], *text[end:]]) for start, end in itertools.pairwise(edges)]


def language_model_of(
    text: Sentences, order: int, classes: Mapping[str, Sequence[str]] | None = None, class_order: int = 3
) -> LanguageModel:
    """Estimate n-grams of words from a text and, if there are classes, mix them with n-grams of classes.

    Raises:
        InputError: There are no sentences, or classes are wrong.
    """
    components = components_of({"text": text}, order, WordClasses(classes) if classes else None, class_order)
    if len(components) == 1 or len(text) < 2:
        return components[0].estimate(vocabulary_of(components))
    return mix(components, cross_validated_weights(components, text))


def components_of(
    texts: Mapping[str, Sentences], order: int, classes: WordClasses | None, class_order: int
) -> list[Component]:
    """Return n-grams of words of each text, and, if there are classes, n-grams of classes of each text."""
    words = [Component(name, text, order) for name, text in texts.items()]
    if classes is None:
        return words
    return words + [Component(f"{name}, classes", text, class_order, classes) for name, text in texts.items()]


def _fit(probabilities: Sequence[Sequence[float]]) -> list[float]:
    weights: list[float] = fit_weights(np.array(probabilities).T).tolist()
    return weights
