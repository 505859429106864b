"""What a recognizer says of a clip."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Word:
    """A word of a transcript.

    Attributes:
        text: As it is written.
        start_s: Where it begins, in seconds from the beginning of the recording.
        end_s: Where it ends.
        confidence: From 0 to 1: the geometric mean over its symbols of the highest probability each has where it is
            emitted. Whichever decoder found the word, this is the network's own word for it.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Label:
    """One of the labels of a recording.

    Attributes:
        text: The label.
        start_s: Where what it stands for begins, in seconds from the beginning of the recording.
        end_s: Where it ends.
        confidence: Its probability.
        scores: Probability of each label, best first.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """The answer for one clip.

    Attributes:
        value: The transcript, or the label.
        confidence: From 0 to 1: the label's probability; or, of a transcript, the geometric mean of the probabilities
            of the frames' best symbols (greedy decoding), or its share of the probability of all transcripts left in
            the beam (beam search). The two are not comparable.
        scores: Probability of each label, best first; empty for transcripts.
        words: Of a transcript, with their times; where they were asked for.
        labels: Of a recording that may hold several signs, one after the other, with their times.
    """

    value: str
    confidence: float
    scores: dict[str, float] = field(default_factory=dict)
    words: tuple[Word, ...] = ()
    labels: tuple[Label, ...] = ()
