"""Log-probabilities to predictions: what a head's numbers mean, whatever computed them; without torch."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

import numpy as np

from data_prep.errors import InputError
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.greedy import Greedy
from recognizers.error_rate import Rate
from recognizers.prediction import Prediction
from recognizers.vocabulary import Vocabulary


class Interpreter(Protocol):
    """Says what log-probabilities mean; made of a vocabulary."""

    #: The field of a result that it fills.
    target: ClassVar[Literal["text", "label"]]
    #: What its predictions are measured by, each by its name.
    rates: ClassVar[Mapping[str, Rate]]

    vocabulary: Vocabulary
    #: Greedy, until another is to be used.
    decoder: Decoder

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[Prediction]:
        """A head's log-probabilities of a batch and (N,) numbers of encoded frames -> N predictions."""
        ...

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """The same -> each clip's own log-probabilities, without padding."""
        ...

    def use(self, decoder: Decoder) -> None:
        """Decode with it from now on; raises InputError if it makes no sense of such log-probabilities."""
        ...


class TextInterpreter:
    """Log-probabilities (N, T', C) of each frame's symbols, the blank first, as CTC gives them: a text for a clip."""

    target: ClassVar[Literal["text", "label"]] = "text"
    rates: ClassVar[Mapping[str, Rate]] = {"wer": Rate("word"), "cer": Rate("character")}

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.decoder: Decoder = Greedy()

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[Prediction]:
        """Transcripts, as the decoder finds them."""
        return [
            Prediction(self.vocabulary.decode(ids), confidence)
            for ids, confidence in self.decoder.decode(log_probs, lengths, self.vocabulary)
        ]

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """What decoders start from: each clip's (T', C)."""
        return [clip[:length] for clip, length in zip(log_probs, lengths.tolist(), strict=True)]

    def use(self, decoder: Decoder) -> None:
        """Decode with it from now on; raises InputError if it is no decoder."""
        if not isinstance(decoder, Decoder):
            raise InputError(f"decoder: {type(decoder).__name__} is no decoder")
        self.decoder = decoder


class LabelInterpreter:
    """Log-probabilities (N, C) of the labels: one of them for a clip."""

    target: ClassVar[Literal["text", "label"]] = "label"
    rates: ClassVar[Mapping[str, Rate]] = {"accuracy": Rate("label", as_accuracy=True)}

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.decoder: Decoder = Greedy()

    def predictions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[Prediction]:
        """Labels with all their probabilities, best first."""
        predictions = []
        for row in np.exp(log_probs):
            order = np.argsort(-row, kind="stable").tolist()
            scores = {self.vocabulary.decode([index]): float(row[index]) for index in order}
            best = self.vocabulary.decode([order[0]])
            predictions.append(Prediction(best, scores[best], scores))
        return predictions

    def emissions(self, log_probs: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Each clip's (C,)."""
        return list(log_probs)

    def use(self, decoder: Decoder) -> None:
        """The best label is the only answer there is: raise InputError if anything else is asked for."""
        if not isinstance(decoder, Greedy):
            raise InputError(
                f"decoder: {type(decoder).__name__} is for sequences, and this recognizer gives a label for a clip; "
                "give decoder=greedy"
            )


def interpreter_of(vocabulary: Vocabulary) -> Interpreter:
    """The interpreter of a vocabulary's unit."""
    return LabelInterpreter(vocabulary) if vocabulary.unit == "label" else TextInterpreter(vocabulary)
