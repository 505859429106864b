"""Prefix beam search with an n-gram language model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data_prep.errors import InputError
from recognizers.decoder.prefix_search import prefix_beam_search
from recognizers.language_model.class_ngram import WordClasses
from recognizers.language_model.fusion import Scorer, check_spelling, scorer_for
from recognizers.language_model.ngram import LanguageModel, check_order
from recognizers.vocabulary import Vocabulary

MAX_BEAM_SIZE = 10_000


@dataclass(frozen=True)
class Beam:
    """The labelling with the highest ln P(labelling | frames) + lm_weight * ln P(words) + word_bonus * words.

    The confidence is the best labelling's share of the probability of all labellings left in the beam, by this score:
    near 1 if no other came close. It is not comparable with the confidence of greedy decoding.

    A training or an evaluation completes a beam whose language model or weights are None; until then it cannot decode.

    Attributes:
        language_model: Language model of words; None to make it from the texts of the training clips, or to take it
            from the trained recognizer. In configs, the path of an ARPA file.
        order: Number of words in the longest n-gram of a language model that is made, 1 to 5.
        classes: Words that share their statistics in a language model that is made: the words of each class, by its
            name. The model is then a mixture of n-grams of words, and of classes with up to `class_order` words.
        class_order: Number of words in the longest n-gram of classes, 1 to 5.
        lm_weight: Factor of the language model's log-probability, 0 or more; None to tune it on validation clips.
        word_bonus: Nats added for each word, against the language model's preference for few words; None to tune it.
        beam_size: Number of hypotheses kept after each frame.
        min_probability: A frame's symbols below this probability extend no hypothesis, except its best symbol.
        only_known_words: Whether only words of the language model are recognised.

    Raises:
        InputError: A setting is out of range.
    """

    language_model: LanguageModel | None = None
    order: int = 3
    lm_weight: float | None = None
    word_bonus: float | None = None
    beam_size: int = 32
    min_probability: float = 1e-3
    only_known_words: bool = False
    classes: Mapping[str, Sequence[str]] | None = None
    class_order: int = 3

    def __post_init__(self) -> None:
        if not isinstance(self.language_model, LanguageModel | None):
            raise InputError(f"decoder: language_model must be a LanguageModel; found {self.language_model!r}")
        check_order(self.order)
        check_order(self.class_order, "class_order")
        if self.classes is not None and not isinstance(self.classes, Mapping):
            raise InputError(f"decoder: classes must be {{NAME: [WORD,...]}}; found {self.classes!r}")
        WordClasses(self.classes or {})
        if not isinstance(self.beam_size, int) or not 1 <= self.beam_size <= MAX_BEAM_SIZE:
            raise InputError(f"decoder: beam_size must be from 1 to {MAX_BEAM_SIZE}; found {self.beam_size!r}")
        if not 0 <= self.min_probability < 1:
            raise InputError(f"decoder: min_probability must be from 0 to below 1; found {self.min_probability!r}")
        if not isinstance(self.only_known_words, bool):
            raise InputError(f"decoder: only_known_words must be true or false; found {self.only_known_words!r}")
        if not 0 <= (self.lm_weight or 0.0) < math.inf or not math.isfinite(self.word_bonus or 0.0):
            raise InputError(
                "decoder: lm_weight must be 0 or more and word_bonus a finite number; found "
                f"{self.lm_weight!r}, {self.word_bonus!r}"
            )

    @property
    def is_complete(self) -> bool:
        """Whether language model and weights are set."""
        return None not in (self.language_model, self.lm_weight, self.word_bonus)

    def check_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Raise InputError for labels, and for a language model none of whose words the vocabulary can spell."""
        if vocabulary.unit == "label":
            raise InputError(
                "decoder: Beam decodes sequences, but this recognizer gives one label for each clip; use decoder=greedy"
            )
        if self.language_model is not None:
            check_spelling(self.language_model, vocabulary)

    def scorer(self, vocabulary: Vocabulary) -> Scorer:
        """Return the scorer of hypotheses of a vocabulary's symbols.

        Raises:
            InputError: The language model or a weight is not set, or the vocabulary cannot spell the model's words.
        """
        if self.language_model is None:
            raise InputError(
                "decoder: there is no language model; give decoder.language_model=FILE.arpa, which "
                "python -m pipelines.language_model writes"
            )
        if self.lm_weight is None or self.word_bonus is None:
            raise InputError(
                "decoder: lm_weight or word_bonus is not set; give decoder.lm_weight and decoder.word_bonus, for "
                "example 0.5 and 1, or the values that python -m pipelines.evaluate found best for this language model"
            )
        return scorer_for(
            self.language_model, vocabulary, float(self.lm_weight), float(self.word_bonus), self.only_known_words
        )

    def decode(
        self, log_probs: np.ndarray, lengths: np.ndarray, vocabulary: Vocabulary
    ) -> list[tuple[list[int], float]]:
        """(N, T', C), (N,) -> the symbol ids and the confidence of each clip; raises InputError as `scorer` does."""
        scorer = self.scorer(vocabulary)
        clips = log_probs.astype(np.float64)
        return [self._decode_clip(clip[:length], scorer) for clip, length in zip(clips, lengths.tolist(), strict=True)]

    def _decode_clip(self, log_probs: np.ndarray, scorer: Scorer) -> tuple[list[int], float]:
        min_log_prob = math.log(self.min_probability) if self.min_probability else -math.inf
        labellings = prefix_beam_search(log_probs, scorer, self.beam_size, min_log_prob)
        best, best_score = labellings[0]
        if best_score == -math.inf:
            return best, 0.0
        return best, 1 / float(sum(math.exp(score - best_score) for _, score in labellings))
