"""The learning rate over time."""

import pytest
import torch

from recognizers.training.lr_schedule import make_schedulers


def rates(schedule, steps: int, warmup_share: float) -> list[float]:
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], 1.0)
    scheduler = make_schedulers(optimizer, schedule, steps, warmup_share, patience_epochs=2)[0]["scheduler"]
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize("schedule", ["cosine", "plateau", "constant"])
def test_every_schedule_rises_linearly(schedule: str) -> None:
    assert rates(schedule, 20, 0.25)[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_cosine_falls_to_zero_and_the_others_stay_constant() -> None:
    falling = rates("cosine", 20, 0.25)[5:]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < 0.02
    assert rates("constant", 20, 0.0) == [1.0] * 20
    assert rates("plateau", 20, 0.0) == [1.0] * 20


def test_plateau_halves_the_rate_when_validation_stops_improving() -> None:
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], 1.0)
    rising, falling = make_schedulers(optimizer, "plateau", 10, 0.2, patience_epochs=2)
    assert (falling["monitor"], falling["interval"]) == ("val/selection", "epoch")
    found = []
    for value in (0.9, 0.8, 0.8, 0.8, 0.8, 0.7, 0.6):
        optimizer.step()
        rising["scheduler"].step()
        falling["scheduler"].step(value)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5]
