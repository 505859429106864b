"""Error rates as metrics that sum counts over clips, batches and processes."""

from collections.abc import Mapping, Sequence

import torch
from torchmetrics import Metric

from recognizers.error_rate import Counted, ErrorRate, count_errors


class ErrorRateMetric(Metric):
    """Errors divided by reference length (WER, CER), or the share of correct labels.

    Counts are summed, also over processes, because a mean of the batches' rates would depend on how clips are batched.
    `counted` and `as_accuracy` are those of `ErrorRate`.
    """

    full_state_update = False
    errors: torch.Tensor
    total: torch.Tensor

    def __init__(self, counted: Counted, as_accuracy: bool = False) -> None:
        super().__init__()
        self.counted: Counted = counted
        self.as_accuracy = as_accuracy
        self.add_state("errors", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions: Sequence[str], references: Sequence[str]) -> None:
        """Add the errors of some clips."""
        for prediction, reference in zip(predictions, references, strict=True):
            errors, total = count_errors(prediction, reference, self.counted)
            self.errors += errors
            self.total += total

    def compute(self) -> torch.Tensor:
        """Return the rate over all clips since the last reset."""
        rate = self.errors / self.total.clamp(min=1)
        return 1 - rate if self.as_accuracy else rate


def error_rate_metrics(error_rates: Mapping[str, ErrorRate]) -> dict[str, ErrorRateMetric]:
    """Make a new metric for each error rate, under the same name."""
    return {name: ErrorRateMetric(rate.counted, rate.as_accuracy) for name, rate in error_rates.items()}
