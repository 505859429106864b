"""Settings of the Trainer, and the errors of settings that cannot work."""

import json
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from pipelines.training.resume import newest_checkpoint
from pipelines.training.trainer import fit
from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


def test_early_stopping(run, tones: Path, tmp_path: Path) -> None:
    settings = ["trainer.max_epochs=40", "early_stopping_epochs=1", "optimizer.learning_rate=1e-7"]
    assert run("train", *arguments(tones, tmp_path, *settings, "optimizer.schedule=constant")).exit_code == 0
    assert json.loads((tmp_path / "run" / "report.json").read_text())["epochs"] < 40


def test_the_averaged_weights_are_kept(run, tones: Path, tmp_path: Path) -> None:
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
def test_wrong_settings_are_refused(run, tones: Path, tmp_path: Path, setting: str, message: str) -> None:
    ran = run("train", *arguments(tones, tmp_path, setting))
    assert ran.exit_code == 2
    assert message in ran.stderr


def test_early_stopping_without_validation_is_refused(run, tones: Path, tmp_path: Path) -> None:
    settings = ["corpus.validation_share=0", "early_stopping_epochs=3"]
    ran = run("train", *arguments(tones, tmp_path, *settings))
    assert (ran.exit_code, "needs validation clips" in ran.stderr) == (2, True)


@pytest.mark.parametrize("place", ["forward", "backward"])
def test_a_batch_larger_than_memory_names_clips_and_settings(
    run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Allocate an exabyte, so that torch's own allocator fails."""

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


def test_other_errors_are_not_reported_as_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = pl.Trainer(barebones=True, accelerator="cpu")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(trainer, "fit", fail)
    with pytest.raises(RuntimeError, match="something else"):
        fit(trainer, None, None, None)


def test_a_plateau_schedule_counts_validations(run, tones: Path, tmp_path: Path) -> None:
    settings = ["optimizer.schedule=plateau", "trainer.check_val_every_n_epoch=2", "trainer.max_epochs=4"]
    ran = run("train", *arguments(tones, tmp_path, *settings))
    assert ran.exit_code == 0, ran.stderr
    ran = run(
        "train",
        *arguments(tones, tmp_path, "optimizer.schedule=plateau", "corpus.validation_share=0"),
        f"hydra.run.dir={tmp_path / 'other'}",
    )
    assert (ran.exit_code, "schedule=plateau needs validation clips" in ran.stderr) == (2, True)


def test_the_progress_bar_can_be_switched_off_and_a_dry_run_is_refused(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *arguments(tones, tmp_path, "trainer.enable_progress_bar=false")).exit_code == 0
    ran = run("train", *arguments(tones, tmp_path, "trainer.fast_dev_run=true"), f"hydra.run.dir={tmp_path / 'other'}")
    assert (ran.exit_code, "fast_dev_run keeps no results" in ran.stderr) == (2, True)


def test_an_unknown_argument_of_the_trainer_is_named(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "+trainer.max_epoch=3"))
    assert ran.exit_code == 2
    assert "trainer.max_epoch" in ran.stderr
    assert "max_epochs" in ran.stderr


def test_the_trainer_takes_arguments_that_no_config_lists(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.accumulate_grad_batches=2"))
    assert ran.exit_code == 0, ran.stderr
    assert torch.load(next((tmp_path / "run").glob("checkpoints/*.ckpt")), weights_only=True)["global_step"] == 3


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_missing_device_is_named_with_those_that_exist(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "trainer.accelerator=gpu"))
    assert ran.exit_code == 2
    assert "no CUDA GPU" in ran.stderr
