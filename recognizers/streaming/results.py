"""What a stream gives: results that may still change, and final ones."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recognizers.prediction import Classification, Prediction, Transcript, Word


@dataclass(frozen=True)
class Partial:
    """What was recognised so far of what is being said or signed; the next result replaces it.

    Attributes:
        text: The text or the label.
        words: The words with their times from the beginning of the stream; empty for labels.
        start_s: Where the utterance or sign begins, in seconds from the beginning of the stream.
        end_s: Up to where the stream was read.
    """

    text: str
    words: tuple[Word, ...]
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Final:
    """What was recognised in an utterance or a sign that has ended.

    Attributes:
        prediction: A `Transcript` or a `Classification`. Its words or labels have times from the beginning of the
            stream; its duration is that of the utterance or sign.
        start_s: Where it begins, in seconds from the beginning of the stream.
        end_s: Where it ends.
    """

    prediction: Prediction
    start_s: float
    end_s: float

    @property
    def text(self) -> str:
        """The transcript, or the label."""
        return self.prediction.text if isinstance(self.prediction, Transcript) else self.prediction.label


Result = Partial | Final


class Stream(Protocol):
    """Recognises what arrives in chunks.

    A stream recognises one recording, from its beginning to its end; open another one for the next recording.
    """

    @property
    def latency_s(self) -> float:
        """How long after a sound or a movement a result can contain it at the earliest, without computing time."""
        ...

    def add(self, chunk: np.ndarray) -> list[Result]:
        """Take the next chunk, and return the results that it brings.

        Raises:
            MediaError: The chunk is not what the recognizer reads; the message says why.
            InputError: The stream is finished.
        """
        ...

    def finish(self) -> list[Result]:
        """End the stream, and return the last results.

        Raises:
            InputError: The stream is finished already.
        """
        ...


def later(prediction: Prediction, start_s: float) -> Prediction:
    """The prediction for a part of a stream that begins at `start_s`, with times from the beginning of the stream."""
    if isinstance(prediction, Classification):
        labels = tuple(
            replace(label, start_s=start_s + label.start_s, end_s=start_s + label.end_s) for label in prediction.labels
        )
        return replace(prediction, labels=labels)
    return replace(prediction, words=later_words(prediction.words, start_s))


def later_words(words: tuple[Word, ...], start_s: float) -> tuple[Word, ...]:
    """Words with times that are later by `start_s`."""
    return tuple(replace(word, start_s=start_s + word.start_s, end_s=start_s + word.end_s) for word in words)
