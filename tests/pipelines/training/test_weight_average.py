"""A short training's average is that of its weights, not of the random ones it began with."""

import pytest
import torch
from torch.optim.swa_utils import AveragedModel

from pipelines.training.weight_average import WARM_UP, WeightAverage, _warming_average


def averaged(values: list[float], decay: float) -> float:
    """Return the average of a weight that takes these values one after the other."""
    model = torch.nn.Linear(1, 1, bias=False)
    average = AveragedModel(model, multi_avg_fn=_warming_average(decay))
    for value in values:
        model.weight.data.fill_(value)
        average.update_parameters(model)
    return float(average.module.weight)


def test_the_beginning_is_soon_forgotten() -> None:
    """With a constant decay of 0.99, 82 % of the first value would be left."""
    assert averaged([0.0] + [1.0] * 20, 0.99) > 0.99


def test_after_many_steps_the_decay_is_the_given_one() -> None:
    steps = 2000
    values = [0.0] * steps + [1.0]
    assert averaged(values, 0.99) == pytest.approx(0.01, rel=1e-4)
    assert averaged([0.0, 1.0], 0.99) == pytest.approx(1 - 2 / (WARM_UP + 1), rel=1e-5)


def test_checkpoints_of_lightnings_own_average_are_read() -> None:
    assert WeightAverage(0.99).state_key == "EMAWeightAveraging"


def test_a_short_training_with_an_average_recognises(run, tones, tmp_path) -> None:
    from tests.pipelines.conftest import quick

    ran = run("train", *quick(tones, tmp_path / "run", "trainer.max_epochs=5", "ema_decay=0.999"))
    assert ran.result["test/wer"] < 0.2
