"""Scores of clips whose frames were changed, and how sure a difference between two such scores is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data_prep.features.extractor import Frames
from recognizers.error_rate import ErrorRate, count_errors, error_rate_with_interval, wilson_interval
from recognizers.inference.predictor import Predictor

#: How often all clips are drawn with replacement for the interval of a difference.
DRAWS = 2000


@dataclass(frozen=True)
class Metric:
    """What is scored: the first metric of a recognizer, "accuracy" or "wer".

    Attributes:
        name: Its name.
        error_rate: How errors are counted.
    """

    name: str
    error_rate: ErrorRate

    @classmethod
    def of(cls, error_rates: Mapping[str, ErrorRate]) -> "Metric":
        """Return the first of an interpreter's metrics, by which it is known best."""
        return cls(*next(iter(error_rates.items())))

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher value is better, as for accuracy."""
        return self.error_rate.as_accuracy


@dataclass(frozen=True)
class Score:
    """A score of some clips.

    Attributes:
        value: The score, a fraction.
        interval: Its 95 % interval: Wilson's for an accuracy, a bootstrap over clips for an error rate.
        change: Difference from the score of the unchanged clips; 0 for these themselves.
        change_interval: The 95 % interval of that difference, by a bootstrap that draws the same clips for both.
    """

    value: float
    interval: tuple[float, float]
    change: float
    change_interval: tuple[float, float]


@dataclass(frozen=True)
class Counts:
    """The errors in each clip.

    Attributes:
        metric: What is scored.
        table: (clips, 2): the errors of each clip, and the total that they are divided by.
    """

    metric: Metric
    table: np.ndarray

    @classmethod
    def of(cls, metric: Metric, predictions: Sequence[str], references: Sequence[str]) -> "Counts":
        """Count the errors of predictions."""
        pairs = zip(predictions, references, strict=True)
        counted = metric.error_rate.counted
        return cls(metric, np.array([count_errors(given, wanted, counted) for given, wanted in pairs]))

    def score(self, unchanged: "Counts", seed: int) -> Score:
        """Compare with the same clips unchanged.

        Args:
            unchanged: The errors in the unchanged clips.
            seed: Seed of the bootstrap.
        """
        value, interval = error_rate_with_interval([tuple(row) for row in self.table.tolist()], seed)
        if self.metric.error_rate.counted == "label":
            interval = wilson_interval(float(self.table[:, 0].sum()), len(self.table))
        low, high = interval
        if self.metric.higher_is_better:
            value, low, high = 1 - value, 1 - high, 1 - low
        change, change_interval = self._change_from(unchanged, seed)
        return Score(value, (low, high), change, change_interval)

    def _change_from(self, unchanged: "Counts", seed: int) -> tuple[float, tuple[float, float]]:
        rng = np.random.default_rng(seed)
        clips = len(self.table)
        sign = -1 if self.metric.higher_is_better else 1
        draws = np.concatenate([np.arange(clips)[None], rng.integers(clips, size=(DRAWS, clips))])  # the first: as is
        errors = self.table[draws].sum(axis=1), unchanged.table[draws].sum(axis=1)  # each (1 + DRAWS, 2)
        rates = [each[:, 0] / np.maximum(each[:, 1], 1) for each in errors]
        changes = sign * (rates[0] - rates[1]) + 0.0  # without negative zeros
        low, high = np.percentile(changes[1:], [2.5, 97.5])
        return float(changes[0]), (float(low), float(high))


def count_on(predictor: Predictor, clips: Sequence[Frames], references: Sequence[str], batch_size: int) -> Counts:
    """Recognise clips and count the errors.

    Args:
        predictor: The recognizer.
        clips: Frames of the clips, at least one.
        references: What is right for each clip.
        batch_size: Clips in a batch.
    """
    metric = Metric.of(predictor.interpreter.error_rates)
    return Counts.of(metric, [each.text for each in predictor.predict(clips, batch_size)], references)
