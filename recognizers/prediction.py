"""What a recognizer says: of one clip that went through the network, and of a whole recording."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipText:
    """The transcript of one clip, without times.

    Attributes:
        text: The transcript.
        confidence: From 0 to 1. Greedy decoding: the geometric mean of the probabilities of the frames' best symbols.
            Beam search: this transcript's share of the probability of all transcripts left in the beam. The two are
            not comparable.
    """

    text: str
    confidence: float


@dataclass(frozen=True)
class ClipLabel:
    """The most probable label of one clip.

    Attributes:
        text: The label.
        confidence: Its probability.
        scores: The probability of each label, best first.
    """

    text: str
    confidence: float
    scores: dict[str, float]


ClipPrediction = ClipText | ClipLabel


@dataclass(frozen=True)
class Word:
    """A word of a transcript.

    Attributes:
        text: The word as written.
        start_s: Where it begins, in seconds from the beginning of the recording.
        end_s: Where it ends.
        confidence: From 0 to 1: the geometric mean over its symbols of the highest probability that the network gives
            each symbol while emitting it. It does not depend on the decoder.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Label:
    """A label of a recording, with its times.

    Attributes:
        text: The label.
        start_s: Where the sign or command begins, in seconds from the beginning of the recording.
        end_s: Where it ends.
        confidence: Its probability.
        scores: The probability of each label, best first.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Transcript:
    """What is said, or spelled, in a recording.

    Attributes:
        text: The transcript.
        confidence: From 0 to 1. Of a recording that was cut: the geometric mean of its segments' confidences, weighted
            by their durations; 1 if nothing is said. See `ClipText` for what decoders mean by it.
        words: The words with their times and confidences.
        duration_s: Duration of the recording in seconds.
    """

    text: str
    confidence: float
    words: tuple[Word, ...]
    duration_s: float


@dataclass(frozen=True)
class Classification:
    """The labels of a recording: one for a clip taken whole, one a sign for a long video.

    Attributes:
        label: The most probable label. Of several signs, their labels separated by spaces; empty if there is no sign.
        confidence: Its probability. Of several signs, the geometric mean of theirs, weighted by their durations; 1 if
            there is no sign.
        scores: The probability of each label, best first; empty unless there is exactly one sign.
        labels: Each sign with its times.
        duration_s: Duration of the recording in seconds.
    """

    label: str
    confidence: float
    scores: dict[str, float]
    labels: tuple[Label, ...]
    duration_s: float


Prediction = Transcript | Classification
