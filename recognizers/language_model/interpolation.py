"""Linear interpolation of n-gram models, with weights found by expectation maximisation."""

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from data_prep.errors import InputError
from recognizers.language_model.ngram import (
    BEGIN,
    END,
    LOG10_OF_ZERO,
    UNKNOWN,
    History,
    LanguageModel,
    rounded_log10,
)

MAX_ITERATIONS = 1000
#: Iterations end when no weight changes by more than this.
TOLERANCE = 1e-6
#: Models that get a smaller weight are left out.
MIN_WEIGHT = 1e-3
#: Smallest probability that is left to all words a history does not list.
MIN_REST = 1e-9


def interpolate(models: Sequence[LanguageModel], weights: Sequence[float]) -> LanguageModel:
    """Mix models to one: P(word | history) = sum over models of weight * P_model(word | history).

    The result is an ordinary back-off model (Stolcke, 2002, "static interpolation"). It lists the n-grams of all
    models, with exactly this probability. Other n-grams back off, by factors that make the probabilities after each
    history sum to 1, so theirs may differ from the formula's.

    Args:
        models: Models of the same words.
        weights: The weight of each model; 0 or more, with a sum of 1.

    Raises:
        InputError: Weights are out of range, or the models know different words.
    """
    check_weights(weights, len(models))
    if len({model.words for model in models}) != 1:
        raise InputError("interpolated language models must know the same words; estimate them with one vocabulary")
    used = [(model, weight) for model, weight in zip(models, weights, strict=True) if weight > 0]
    words = {*models[0].words, END, UNKNOWN}
    probabilities: dict[History, dict[str, float]] = {}
    backoffs: dict[History, float] = {}
    for history in sorted({h for model, _ in used for h in model.followers}, key=len):
        listed = words if not history else {w for model, _ in used for w in model.followers.get(history, {})} - {BEGIN}
        row = {
            word: sum(weight * math.exp(_log_prob(model, history, word)) for model, weight in used)
            for word in sorted(listed)
        }
        probabilities[history] = row
        if history:
            shorter = math.fsum(_backed_off(probabilities, backoffs, history[1:], word) for word in row)
            rest = 1 - shorter if len(row) < len(words) else 0.0
            backoffs[history] = max(1 - math.fsum(row.values()), MIN_REST) / rest if rest > 0 else 1.0
    followers = {
        history: {word: rounded_log10(value) for word, value in row.items()} for history, row in probabilities.items()
    }
    followers[()][BEGIN] = LOG10_OF_ZERO
    order = max(model.order for model, _ in used)
    return LanguageModel(order, followers, {history: rounded_log10(value) for history, value in backoffs.items()})


def fit_weights(probabilities: np.ndarray) -> np.ndarray:
    """Return the weights with the highest likelihood of held-out words, by expectation maximisation.

    Args:
        probabilities: (E, M), the probability of each of E words by each of M models. None may be 0 in all of them.

    Returns:
        (M,): weights with a sum of 1; those below 0.001 are 0.
    """
    weights = np.full(probabilities.shape[1], 1 / probabilities.shape[1])
    for _ in range(MAX_ITERATIONS):
        shares = probabilities * weights  # (E, M)
        updated = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)  # (M,)
        change = np.abs(updated - weights).max()
        weights = updated
        if change <= TOLERANCE:
            break
    weights = np.where(weights < MIN_WEIGHT, 0.0, weights)
    return np.asarray(weights / weights.sum())


def word_probabilities(model: LanguageModel, sentences: Iterable[Sequence[str]]) -> list[float]:
    """Return the probability of each word and of each sentence's end, in turn."""
    probabilities = []
    for words in sentences:
        history = model.start
        for word in words:
            probabilities.append(math.exp(model.log_prob(history, word)))
            history = model.extend(history, word)
        probabilities.append(math.exp(model.end_log_prob(history)))
    return probabilities


def check_weights(weights: Sequence[float], num_models: int) -> None:
    """Raise InputError unless there is a weight for each model, none is negative, and their sum is 1."""
    if len(weights) != num_models:
        raise InputError(
            f"found {len(weights)} weights, {list(weights)}, for {num_models} language models; give one each"
        )
    if not all(weight >= 0 for weight in weights) or not math.isclose(sum(weights), 1, abs_tol=1e-3):
        raise InputError(
            f"weights must be 0 or more with a sum of 1, such as [0.7,0.3]; found {list(weights)} "
            f"with a sum of {sum(weights):g}"
        )


def _log_prob(model: LanguageModel, history: History, word: str) -> float:
    return model.end_log_prob(history) if word == END else model.log_prob(history, word)


def _backed_off(
    probabilities: dict[History, dict[str, float]], backoffs: dict[History, float], history: History, word: str
) -> float:
    factor = 1.0
    for start in itertools.count():  # ends at the latest with the empty history, which lists every word
        shorter = history[start:]
        listed = probabilities.get(shorter, {}).get(word)
        if listed is not None:
            return factor * listed
        factor *= backoffs.get(shorter, 1.0)
    raise AssertionError
