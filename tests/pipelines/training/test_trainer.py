"""What people expect of a trainer, switch by switch."""

import json
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from pipelines.training.loggers import build_logger
from pipelines.training.resume import newest_checkpoint
from pipelines.training.trainer import fit
from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


def test_speed_padding_and_waiting_are_reported(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *arguments(tones, tmp_path, "logger=csv")).exit_code == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    measured = report["throughput"]
    assert measured.keys() == {"frames_per_s", "padding_share", "data_wait_share", "step_s"}
    assert measured["frames_per_s"] > 0 < measured["step_s"]
    assert 0 < measured["padding_share"] < 0.2
    assert 0 < measured["data_wait_share"] < 1
    assert report["skipped_steps"] == 0
    curves = (tmp_path / "run" / "csv" / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train/loss", "train/data_wait_share", "train/padding_share", "train/frames_per_s"} <= set(curves)


def test_the_parts_of_the_model_are_shown(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *arguments(tones, tmp_path))
    assert "1 x LSTM(39, 32, bidirectional=True)" in ran.stderr
    assert "19,076" in ran.stderr


def test_early_stopping(run, tones: Path, tmp_path: Path) -> None:
    settings = ["trainer.max_epochs=40", "early_stopping_epochs=1", "optimizer.learning_rate=1e-7"]
    assert run("train", *arguments(tones, tmp_path, *settings, "optimizer.schedule=constant")).exit_code == 0
    assert json.loads((tmp_path / "run" / "report.json").read_text())["epochs"] < 40


def test_averaged_weights_are_what_is_kept(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *arguments(tones, tmp_path, "ema_decay=0.9")).exit_code == 0
    checkpoint = torch.load(newest_checkpoint(tmp_path / "run"), weights_only=True)
    averaged, current = checkpoint["state_dict"], checkpoint["current_model_state"]
    assert averaged.keys() == current.keys()
    assert any(not torch.equal(averaged[name], current[name]) for name in averaged)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("ema_decay=1.5", "ema_decay must be between 0 and 1"),
        ("early_stopping_epochs=0", "early_stopping_epochs must be at least 1"),
        ("optimizer.schedule=steps", "schedule must be one of cosine, plateau, constant; found 'steps'"),
        ("logger=paper", "logger must be one of tensorboard, csv, wandb, mlflow; found 'paper'"),
        ("find=batch_size", "find must be learning_rate; found 'batch_size'"),
        ("batch_frames=0", "batch_frames must be at least 1"),
    ],
)
def test_bad_choices_are_refused(run, tones: Path, tmp_path: Path, setting: str, message: str) -> None:
    ran = run("train", *arguments(tones, tmp_path, setting))
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_early_stopping_without_validation_is_refused(run, tones: Path, tmp_path: Path) -> None:
    settings = ["corpus.validation_share=0", "early_stopping_epochs=3"]
    ran = run("train", *arguments(tones, tmp_path, *settings))
    assert (ran.exit_code, "needs validation clips" in ran.stderr) == (2, True)


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_logger_without_its_package_says_what_to_install(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"pip install {package}"):
        build_logger(package, tmp_path, "an4")


def test_a_learning_rate_is_found(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *arguments(tones, tmp_path, "find=learning_rate", "optimizer.learning_rate=1e-9"))
    assert ran.exit_code == 0, ran.stderr
    assert 1e-5 < ran.result["optimizer.learning_rate"] < 0.3
    assert not (tmp_path / "run" / "bundle").exists()


@pytest.mark.parametrize("place", ["forward", "backward"])
def test_a_batch_larger_than_memory_names_clips_and_settings(
    run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """An exabyte is more than any machine has: torch's own allocator fails."""

    class Greedy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, loss: torch.Tensor) -> torch.Tensor:
            if place == "forward":
                torch.empty(10**18)
            return loss.clone()

        @staticmethod
        def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
            torch.empty(10**18)
            return gradient

    from recognizers.training.lightning_module import SequenceRecognizer

    step = SequenceRecognizer.training_step
    monkeypatch.setattr(SequenceRecognizer, "training_step", lambda *given: Greedy.apply(step(*given)))
    ran = run("train", *arguments(tones, tmp_path, "batch_size=3"))
    assert ran.exit_code == 2
    assert "out of memory at a batch of 3 clips with up to" in ran.stderr
    assert "Lower batch_frames (now 10000) below" in ran.stderr


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = pl.Trainer(barebones=True, accelerator="cpu")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(trainer, "fit", fail)
    with pytest.raises(RuntimeError, match="something else"):
        fit(trainer, None, None, None)


@pytest.mark.parametrize("setting", ["trainer.max_steps=2", "trainer.limit_val_batches=0"])
def test_a_training_that_never_validates_keeps_its_last_weights(run, tones: Path, tmp_path: Path, setting: str) -> None:
    ran = run("train", *arguments(tones, tmp_path, setting))
    assert ran.exit_code == 0, ran.stderr
    assert (tmp_path / "run" / "bundle").is_dir()


def test_plateau_is_about_validations(run, tones: Path, tmp_path: Path) -> None:
    settings = ["optimizer.schedule=plateau", "trainer.check_val_every_n_epoch=2", "trainer.max_epochs=4"]
    ran = run("train", *arguments(tones, tmp_path, *settings))
    assert ran.exit_code == 0, ran.stderr
    ran = run(
        "train",
        *arguments(tones, tmp_path, "optimizer.schedule=plateau", "corpus.validation_share=0"),
        f"hydra.run.dir={tmp_path / 'other'}",
    )
    assert (ran.exit_code, "schedule=plateau needs validation clips" in ran.stderr) == (2, True)


def test_a_bar_may_be_left_out_and_a_dry_run_is_refused(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *arguments(tones, tmp_path, "trainer.enable_progress_bar=false")).exit_code == 0
    ran = run("train", *arguments(tones, tmp_path, "trainer.fast_dev_run=true"), f"hydra.run.dir={tmp_path / 'other'}")
    assert (ran.exit_code, "fast_dev_run keeps no results" in ran.stderr) == (2, True)
