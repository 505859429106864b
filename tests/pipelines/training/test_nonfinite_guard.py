"""Steps whose gradient is not finite are skipped."""

import logging
import math
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from data_prep.errors import InputError
from pipelines.training.nonfinite_guard import StepGuard
from recognizers.batch import Batch, Example
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.vocabulary import Vocabulary

LETTERS = Vocabulary("character", tuple("ab"))


def batch_of(clip_id: str, value: float = 1.0) -> Batch:
    return Batch.from_examples([Example(clip_id, np.full((8, 3), value, np.float32), LETTERS.encode("ab"))])


def fit(batches: list[Batch], **settings: Any) -> tuple[SequenceRecognizer, StepGuard]:
    torch.manual_seed(0)
    module = SequenceRecognizer(BiLstm(3, layers=1, hidden_size=4, dropout=0), Ctc(8, LETTERS), schedule="constant")
    guard = StepGuard()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        callbacks=[guard],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )
    trainer.fit(module, DataLoader(batches, batch_size=None))  # type: ignore[arg-type]
    return module, guard


def weights(module: SequenceRecognizer) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_bad_step_is_skipped_counted_and_named(value: float, caplog: pytest.LogCaptureFixture) -> None:
    good = [batch_of("good-1"), batch_of("good-2")]
    with caplog.at_level(logging.WARNING):
        module, guard = fit([good[0], batch_of("bad", value), good[1]])
    assert guard.skipped == 1
    assert "step 1 skipped (1 so far)" in caplog.text
    assert "clips: bad\n" in caplog.text
    without, _ = fit(good)
    assert torch.equal(weights(module), weights(without))


def test_with_accumulation_all_clips_of_the_step_are_named(caplog: pytest.LogCaptureFixture) -> None:
    batches = [batch_of("good-1"), batch_of("good-2"), batch_of("bad", math.nan), batch_of("fine")]
    with caplog.at_level(logging.WARNING):
        _, guard = fit(batches, accumulate_grad_batches=2)
    assert guard.skipped == 1
    assert "clips: bad, fine\n" in caplog.text


def test_too_many_bad_steps_stop_the_run_with_advice() -> None:
    batches = [batch_of(f"clip-{i}", math.nan if i % 2 else 1.0) for i in range(200)]
    with pytest.raises(InputError, match=r"had the clips clip-\d+\. Lower optimizer\.learning_rate") as caught:
        fit(batches)
    assert "23 of 46 steps" in str(caught.value)


def test_a_few_bad_steps_do_not_stop_a_long_run() -> None:
    _, guard = fit([batch_of(f"clip-{i}", math.nan if i % 30 == 7 else 1.0) for i in range(120)])
    assert guard.skipped == 4


def test_a_run_without_a_good_step_fails() -> None:
    with pytest.raises(InputError, match="nothing was learnt: no step had a finite loss and gradient"):
        fit([batch_of("bad", math.nan)])


def test_the_count_is_restored_from_a_checkpoint() -> None:
    guard = StepGuard()
    guard.skipped = 3
    other = StepGuard()
    other.load_state_dict(guard.state_dict())
    assert other.skipped == 3
