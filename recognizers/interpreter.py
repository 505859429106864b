"""Interpreters turn a head's log-probabilities into predictions, whatever runtime computed them.

They need only numpy, so that exported recognizers run without torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

import numpy as np

from data_prep.errors import InputError
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.greedy import Greedy
from recognizers.error_rate import ErrorRate
from recognizers.prediction import ClipLabel, ClipPrediction, ClipText
from recognizers.vocabulary import Vocabulary


class Interpreter(Protocol):
    """Turns log-probabilities into predictions; immutable, and specific to one kind of target."""

    #: The kind of target it predicts; a result has a field of the same name for the prediction.
    target: ClassVar[Literal["text", "label"]]
    #: The command, and the method of `recognizers.Recognizer`, that gives such predictions.
    task: ClassVar[Literal["transcribe", "classify"]]
    #: The error rates (or accuracy) by which its predictions are scored, by name.
    error_rates: ClassVar[Mapping[str, ErrorRate]]

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols that it predicts."""
        ...

    @property
    def decoder(self) -> Decoder:
        """The decoder that finds the symbols of a clip."""
        ...

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> Sequence[ClipPrediction]:
        """Return the prediction for each clip of a batch; `lengths` (N,) are numbers of encoded frames."""
        ...

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Split the log-probabilities of a batch into those of each clip, without padding."""
        ...


@dataclass(frozen=True)
class TextInterpreter:
    """Decodes CTC's log-probabilities (N, T', C), where the blank is symbol 0, to one transcript for each clip.

    Attributes:
        vocabulary: Characters or words.
        decoder: Finds each clip's symbols.
    """

    target: ClassVar[Literal["text", "label"]] = "text"
    task: ClassVar[Literal["transcribe", "classify"]] = "transcribe"
    error_rates: ClassVar[Mapping[str, ErrorRate]] = {"wer": ErrorRate("word"), "cer": ErrorRate("character")}

    vocabulary: Vocabulary
    decoder: Decoder = field(default_factory=Greedy)

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[ClipText]:
        """Return the transcript of each clip, with the decoder's confidence."""
        return [
            ClipText(self.vocabulary.spell(ids), confidence)
            for ids, confidence in self.decoder.decode(log_probs, lengths, self.vocabulary)
        ]

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the log-probabilities (T', C) of each clip."""
        return [clip[:length] for clip, length in zip(log_probs, lengths.tolist(), strict=True)]


@dataclass(frozen=True)
class LabelInterpreter:
    """Picks the most probable label of each clip from log-probabilities (N, C).

    Attributes:
        vocabulary: Labels.
    """

    target: ClassVar[Literal["text", "label"]] = "label"
    task: ClassVar[Literal["transcribe", "classify"]] = "classify"
    error_rates: ClassVar[Mapping[str, ErrorRate]] = {"accuracy": ErrorRate("label", as_accuracy=True)}

    vocabulary: Vocabulary

    @property
    def decoder(self) -> Decoder:
        """The greedy decoder, because the most probable label needs no search."""
        return Greedy()

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[ClipLabel]:
        """Return the most probable label of each clip, with the probabilities of all labels, highest first."""
        return [best_label(clip, self.vocabulary) for clip in log_probs]

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the log-probabilities (C,) of each clip."""
        return list(log_probs)


def interpreter_for(vocabulary: Vocabulary, decoder: Decoder) -> Interpreter:
    """Make the interpreter for a vocabulary's unit.

    Raises:
        InputError: The decoder does not suit the vocabulary, or is not a decoder.
    """
    if not isinstance(decoder, Decoder):
        raise InputError(f"decoder: expected a decoder, such as Greedy or Beam; found {type(decoder).__name__}")
    decoder.check_vocabulary(vocabulary)
    return LabelInterpreter(vocabulary) if vocabulary.unit == "label" else TextInterpreter(vocabulary, decoder)


def best_label(log_probs: np.ndarray, vocabulary: Vocabulary) -> ClipLabel:
    """Return the most probable label of a clip, given the log-probabilities (C,) of all labels."""
    probabilities = np.exp(log_probs)
    order = np.argsort(-probabilities, kind="stable").tolist()
    scores = {vocabulary.decode([index]): float(probabilities[index]) for index in order}
    best, confidence = next(iter(scores.items()))
    return ClipLabel(best, confidence, scores)
