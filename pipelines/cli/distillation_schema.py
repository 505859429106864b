"""The settings of learning from a teacher, a part of those of `pipelines.train`."""

from dataclasses import dataclass
from typing import Any

from pipelines.cli.setting_checks import check_choice, check_minimums, check_value

#: How transcripts are learned from a teacher.
TRANSFERS = ("frames", "hypotheses")


@dataclass
class DistillationConfig:
    """How a student learns from `teacher`.

    Attributes:
        weight: Share of the teacher's loss in that of a clip with a text or a label.
        temperature: Above 1, what the teacher finds improbable counts more (Hinton et al., 2015).
        by: How transcripts are learned: "frames" (the probabilities in each frame, of a teacher that is one network) or
            "hypotheses" (its most probable transcripts); None for what suits the teacher.
        hypotheses: Most transcripts of a clip that the student learns, if by hypotheses.
        unlabelled: Recordings without a text or a label, from which the student learns as the teacher hears or sees
            them: a file, a folder, a glob, a manifest, a list of these, or the specification of a corpus, whose
            training clips are taken; None for none.
    """

    weight: float = 0.5
    temperature: float = 2.0
    by: str | None = None
    hypotheses: int = 4
    unlabelled: Any = None

    def __post_init__(self) -> None:
        check_value("distillation.weight", 0 < self.weight <= 1, "above 0, up to 1", self.weight)
        check_value("distillation.temperature", 0.1 <= self.temperature <= 100, "from 0.1 to 100", self.temperature)
        check_minimums(self, hypotheses=1, group="distillation.")
        if self.by is not None:
            check_choice("distillation.by", self.by, TRANSFERS)
