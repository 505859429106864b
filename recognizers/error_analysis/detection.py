"""How well labels are found in time: detection rate, false positives and Jaccard index, as for online gestures.

The measures are those by which Caputo et al. compare recognizers of gestures in "SHREC 2021: Skeleton-based hand
gesture recognition in the wild" (Computers & Graphics 99, 2021). A span is detected by one with the same label that
overlaps with more than half of it and is less than twice as long; `score_detection` takes other limits too.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

#: A span is detected by one that overlaps with more than this share of it and is shorter than this many times it.
MIN_OVERLAP, MAX_LENGTH = 0.5, 2.0


@dataclass(frozen=True)
class Span:
    """A label and when it holds.

    Attributes:
        label: The label.
        start_s: Its start in seconds.
        end_s: Its end, after its start.
    """

    label: str
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Its duration."""
        return self.end_s - self.start_s

    def overlap_s(self, other: "Span") -> float:
        """Seconds that it has in common with another span, whatever their labels."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True)
class DetectionScores:
    """How well the spans of some recordings were found.

    Attributes:
        detection_rate: Share of the true spans that were detected.
        false_positive_rate: Spans found that detect nothing, for each true span; may exceed 1.
        jaccard_index: Duration of intersection over union of the spans found and the true ones, for each label of each
            recording in which it occurs or was found, averaged.
        spans: Number of true spans.
    """

    detection_rate: float
    false_positive_rate: float
    jaccard_index: float
    spans: int


def score_detection(
    found: Sequence[Sequence[Span]],
    truth: Sequence[Sequence[Span]],
    min_overlap: float = MIN_OVERLAP,
    max_length: float = MAX_LENGTH,
) -> DetectionScores:
    """Compare the spans found in each recording with the true ones.

    Args:
        found: The spans found in each recording; those with the same label do not overlap.
        truth: The true spans of each recording, likewise.
        min_overlap: Share of a true span with which one that detects it overlaps by more.
        max_length: A span that detects another is less than this many times as long.

    Raises:
        ValueError: The recordings differ in number, there is no true span, or a span does not end after its start.
    """
    total = sum(map(len, truth))
    if total == 0:
        raise ValueError("there is no true span to detect")
    for span in (each for spans in (*found, *truth) for each in spans):
        if not span.duration_s > 0:
            raise ValueError(f"a span must end after its start; found {span}")
    detected = sum(count_detected(*spans, min_overlap, max_length) for spans in zip(found, truth, strict=True))
    indices = [index for spans in zip(found, truth, strict=True) for index in _jaccard_indices(*spans)]
    false_positives = sum(map(len, found)) - detected
    return DetectionScores(detected / total, false_positives / total, sum(indices) / len(indices), total)


def count_detected(found: Sequence[Span], truth: Sequence[Span], min_overlap: float, max_length: float) -> int:
    """Count the true spans of a recording that are detected; a span found detects at most one of them."""
    left = list(found)
    detected = 0
    for span in truth:
        fitting = [
            each
            for each in left
            if each.label == span.label
            and each.overlap_s(span) > min_overlap * span.duration_s
            and each.duration_s < max_length * span.duration_s
        ]
        if fitting:
            left.remove(max(fitting, key=span.overlap_s))
            detected += 1
    return detected


def _jaccard_indices(found: Sequence[Span], truth: Sequence[Span]) -> list[float]:
    """Return the index of each label that a recording has or is said to have."""
    common_s: defaultdict[str, float] = defaultdict(float)
    total_s: defaultdict[str, float] = defaultdict(float)
    for span in (*found, *truth):
        total_s[span.label] += span.duration_s
    for span in truth:
        common_s[span.label] += sum(each.overlap_s(span) for each in found if each.label == span.label)
    return [common_s[label] / (total_s[label] - common_s[label]) for label in total_s]
