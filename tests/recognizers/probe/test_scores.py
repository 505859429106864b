import numpy as np
import pytest

from recognizers.error_rate import ErrorRate
from recognizers.probe.scores import Counts, Metric

WER = Metric("wer", ErrorRate("word"))
ACCURACY = Metric("accuracy", ErrorRate("label", as_accuracy=True))


def test_first_metric() -> None:
    assert Metric.of({"wer": ErrorRate("word"), "cer": ErrorRate("character")}) == WER
    assert ACCURACY.higher_is_better
    assert not WER.higher_is_better


def test_error_rates_rise_and_accuracies_fall() -> None:
    whole = Counts.of(WER, ["a b", "c"], ["a b", "c"])
    score = Counts.of(WER, ["a", "c"], ["a b", "c"]).score(whole, 0)
    assert score.value == pytest.approx(1 / 3)
    assert score.change == pytest.approx(1 / 3)
    whole = Counts.of(ACCURACY, ["a", "b"], ["a", "b"])
    score = Counts.of(ACCURACY, ["a", "a"], ["a", "b"]).score(whole, 0)
    assert (score.value, score.change) == (0.5, -0.5)


def test_paired_interval_is_narrower_than_those_of_the_scores() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(200) < 0.6
    changed = right & (rng.random(200) < 0.9)
    of = [Counts(ACCURACY, np.stack([~each, np.ones(200)], axis=1).astype(int)) for each in (right, changed)]
    score = of[1].score(of[0], 0)
    low, high = score.change_interval
    assert low < score.change < high < 0  # it is certain that the changed clips are worse
    assert score.interval[1] - score.interval[0] > high - low
    assert of[0].score(of[0], 0).change_interval == (0, 0)
