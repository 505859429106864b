"""Cells that forget and cells that remember."""

from typing import Any

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.probe.forgetting import LastFrameReader, measure_forgetting
from recognizers.probe.memory_tasks import LabelledFrames, SymbolTask

CELLS = ("rnn", "gru", "lstm")


def corpus() -> list[LabelledFrames]:
    rng = np.random.default_rng(0)
    clips = []
    for number in range(60):
        frames = rng.normal(0, 0.2, (rng.integers(5, 9), 3)).astype(np.float32)
        frames[1:-1, number % 3] += 2
        clips.append(LabelledFrames(frames, "abc"[number % 3]))
    return clips


def test_gated_cells_remember_what_a_plain_rnn_forgets() -> None:
    measured = measure_forgetting(CELLS, (1, 40), clips=corpus(), repeats=1, steps=150)
    assert measured.pause is not None
    for task in (measured.symbol, measured.pause):
        rnn, gru, lstm = task.cells
        for cell in task.cells:
            assert cell.accuracy[0] > 0.95, (task.task, cell)
        assert rnn.accuracy[1] < 0.5 < 0.9 < min(gru.accuracy[1], lstm.accuracy[1])
        assert rnn.reach_before[1] < 1e-6 < 1e-4 < min(gru.reach_before[1], lstm.reach_before[1])


def test_results_repeat_and_do_not_touch_the_random_state() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    measured = [measure_forgetting(("gru",), (1, 3), corpus(), seed, repeats=2, steps=5) for seed in (0, 0, 1)]
    assert torch.get_rng_state().equal(before)
    assert measured[0] == measured[1] != measured[2]
    cell = measured[0].symbol.cells[0]
    assert [len(each) for each in cell.accuracies] == [2, 2]
    assert cell.accuracy == pytest.approx([np.mean(each) for each in cell.accuracies])
    assert cell.steps == (5.0, 5.0)
    assert measure_forgetting(("gru",), (1,), repeats=1, steps=1).pause is None


@pytest.mark.parametrize("cell", CELLS)
def test_the_reach_is_the_norm_of_the_derivative(cell: str) -> None:
    lag, task = 3, SymbolTask(test_size=6)
    reader = LastFrameReader(task, cell, lag, np.random.default_rng(0))
    batch = task.test_batch(lag)

    def last_output(frames: torch.Tensor) -> torch.Tensor:
        return reader.last_output(frames, batch.frame_lengths)

    jacobian = torch.autograd.functional.jacobian(last_output, batch.frames)  # (N, H, N, T, F)
    own = torch.stack([jacobian[index, :, index, -1 - lag] for index in range(6)])  # (N, H, F)
    own = own * reader.encoder.standardize.deviation
    norm = own.square().sum(dim=(1, 2)).mean().sqrt().item()
    # The squared norms of the rows add up to that of the matrix.
    rows = [reader.reach(batch, lag, unit.expand(6, -1)) ** 2 for unit in torch.eye(own.shape[1])]
    assert sum(rows) ** 0.5 == pytest.approx(norm, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": ()}, "cells must be one or more of lstm, gru, rnn, each once"),
        ({"cells": ("gru", "gru")}, "cells must be"),
        ({"cells": ("transformer",)}, "cells must be"),
        ({"lags": ()}, "lags must be whole numbers from 1 to 1000 that rise"),
        ({"lags": (0, 1)}, "lags must be"),
        ({"lags": (5, 5)}, "lags must be"),
        ({"lags": (1.5,)}, "lags must be"),
        ({"lags": (5, 2000)}, "lags must be"),
        ({"repeats": 0}, "repeats and steps must be at least 1; found 0"),
        ({"steps": 0}, "repeats and steps must be at least 1"),
        ({"clips": []}, "forgetting: found 0 label"),
    ],
)
def test_wrong_settings_are_refused_before_any_training(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure_forgetting(**settings)
