"""Training in several processes gives what one process gives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from data_prep.errors import InputError
from pipelines.cli.run_dir import choose_run_dir
from pipelines.training.resume import newest_checkpoint, restarted_by_slurm
from tests.pipelines.conftest import SMALL_AUDIO

ROOT = Path(__file__).parents[3]


def train(root: Path, run_dir: Path, *more: str) -> None:
    """As a user would: Lightning starts the second process by the same command."""
    arguments = [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        "augment=speech",
        "trainer.max_epochs=2",
        "logger=csv",
        f"store_dir={run_dir.parent / 'store'}",
        f"hydra.run.dir={run_dir}",
        *more,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.train", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.startswith("{")]) == 1


def test_two_processes_equal_one(tones: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    train(tones, one, "batch_size=8", "batch_frames=2000")
    train(tones, two, "batch_size=4", "batch_frames=1000", "trainer=ddp", "trainer.max_epochs=2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "store", "two"]
    first, second = (torch.load(newest_checkpoint(path), weights_only=True) for path in (one, two))
    assert first["global_step"] == second["global_step"]
    for name, value in first["state_dict"].items():
        torch.testing.assert_close(second["state_dict"][name], value, atol=1e-4, rtol=0)
    curves = [last_validation(path) for path in (one, two)]
    assert curves[0] == pytest.approx(curves[1], abs=1e-4)
    reports = [json.loads((path / "report.json").read_text()) for path in (one, two)]
    assert [report["processes"] for report in reports] == [1, 2]
    assert reports[0]["metrics"] == reports[1]["metrics"]


def last_validation(run_dir: Path) -> dict[str, float]:
    """Of all clips: rates are of summed errors and lengths, not means over processes."""
    header, *rows = [
        line.split(",") for line in (run_dir / "csv" / "metrics.csv").read_text(encoding="utf-8").splitlines()
    ]
    found = [dict(zip(header, row, strict=True)) for row in rows]
    last = [row for row in found if row["val/loss"]][-1]
    return {name: float(last[name]) for name in ("val/loss", "val/cer", "val/wer")}


def test_processes_that_others_start_agree_on_the_choose_run_dir(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "monday")
    assert choose_run_dir(None, "an4") == choose_run_dir(None, "an4") == "runs/an4/torchrun-monday"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    with pytest.raises(InputError, match="give --rdzv-id=NAME"):
        choose_run_dir(None, "an4")
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert choose_run_dir(None, "an4") == "runs/an4/slurm-77"


def test_a_job_that_slurm_starts_again_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not restarted_by_slurm(tmp_path)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert not restarted_by_slurm(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    assert restarted_by_slurm(tmp_path)


@pytest.mark.parametrize("setting", ["trainer=ddp", "trainer.devices=2", "trainer.num_nodes=2", "trainer.strategy=ddp"])
def test_sweeps_of_several_processes_are_refused(run, tones: Path, setting: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("train", "-m", "experiment=speech", "corpus=manifest", f"corpus.root={tones}", "seed=0,1", setting)
    assert ran.exit_code == 2
    assert "a sweep (-m) cannot be combined with several processes" in ran.stderr
