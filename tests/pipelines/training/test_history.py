"""The curves of a training in history.jsonl."""

import json
from pathlib import Path

import pytest

from pipelines.training.history import HISTORY_NAME, read_history
from tests.pipelines.conftest import quick


def test_a_run_that_is_resumed_has_every_epoch_once(run, tones: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run("train", *quick(tones, folder, "trainer.max_epochs=2")).exit_code == 0
    first = read_history(folder / HISTORY_NAME)
    # As if the run had been killed after it wrote the line of an epoch, and before the checkpoint of that epoch.
    ahead = first[-1] | {"epoch": 3, "train/loss": 99.0}
    (folder / HISTORY_NAME).write_text("".join(json.dumps(row) + "\n" for row in [*first, ahead]))
    ran = run("train", *quick(tones, folder, f"resume={folder}", "trainer.max_epochs=4"))
    assert ran.exit_code == 0, ran.stderr
    rows = read_history(folder / HISTORY_NAME)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[:2] == first
    assert rows[2]["train/loss"] < 99
    assert {"step", "learning_rate", "train/loss", "val/loss", "val/wer", "val/cer"} <= rows[0].keys()
    assert "val/selection" not in rows[0]


def test_epochs_without_a_validation_have_no_scores_of_one(run, tones: Path, tmp_path: Path) -> None:
    arguments = quick(tones, tmp_path / "run", "++trainer.check_val_every_n_epoch=2", "trainer.max_epochs=4")
    assert run("train", *arguments).exit_code == 0
    rows = read_history(tmp_path / "run" / HISTORY_NAME)
    assert ["val/wer" in row for row in rows] == [False, True, False, True]


def test_the_loss_of_an_epoch_is_the_mean_over_its_clips(run, tones: Path, tmp_path: Path) -> None:
    arguments = quick(tones, tmp_path / "run", "logger=csv", "trainer.log_every_n_steps=1", "batch_size=5")
    assert run("train", *arguments).exit_code == 0
    lines = (tmp_path / "run/csv/metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index("train/loss")
    losses = [float(value) for line in lines[1:] if (value := line.split(",")[column])]
    assert len(losses) > 1
    [epoch] = read_history(tmp_path / "run" / HISTORY_NAME)
    assert min(losses) < epoch["train/loss"] < max(losses)
    assert epoch["train/loss"] != pytest.approx(losses[-1])


def test_runs_of_earlier_versions_have_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / HISTORY_NAME) == []
