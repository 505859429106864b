"""What a recognizer says of a clip."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prediction:
    """The answer for one clip.

    Attributes:
        value: The transcript, or the label.
        confidence: From 0 to 1: the label's probability; or, of a transcript, the geometric mean of the probabilities
            of the frames' best symbols (greedy decoding), or its share of the probability of all transcripts left in
            the beam (beam search). The two are not comparable.
        scores: Probability of each label, best first; empty for transcripts.
    """

    value: str
    confidence: float
    scores: dict[str, float] = field(default_factory=dict)
