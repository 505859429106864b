"""Predictions for single clips, as the network sees them, and for whole recordings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipText:
    """The transcript of one clip, without times.

    Attributes:
        text: The transcript.
        confidence: From 0 to 1. With greedy decoding, the geometric mean of the probabilities of the frames' best
            symbols. With beam search, this transcript's share of the probability of all transcripts left in the beam.
            The two are not comparable.
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
        start_s: Start in seconds from the beginning of the recording.
        end_s: End in seconds.
        confidence: From 0 to 1. For each symbol of the word, the network's highest probability while the symbol is
            emitted is taken; the confidence is their geometric mean. It does not depend on the decoder.
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
        start_s: Start of the sign or command in seconds from the beginning of the recording.
        end_s: End in seconds.
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
    """The transcript of a recording.

    Attributes:
        text: The transcript.
        confidence: From 0 to 1, as in `ClipText`. If the recording was cut, this is the geometric mean of the segments'
            confidences, weighted by their durations; 1 if nothing is said.
        words: The words with their times and confidences.
        duration_s: Duration of the recording in seconds.
    """

    text: str
    confidence: float
    words: tuple[Word, ...]
    duration_s: float


@dataclass(frozen=True)
class Classification:
    """The labels of a recording: a single one for a short clip, and one per sign for a long video.

    Attributes:
        label: The most probable label. The labels of several signs are joined by spaces; it is empty if there is none.
        confidence: Probability of the label. For several signs, this is the geometric mean of their probabilities,
            weighted by the signs' durations; 1 if there is no sign.
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
