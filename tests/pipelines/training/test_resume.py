"""A run that is killed and resumed ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipelines.cli.run_dir import choose_run_dir
from pipelines.training.resume import newest_checkpoint
from tests.pipelines.conftest import SMALL_AUDIO

ROOT = Path(__file__).parents[3]


def arguments(root: Path, folder: Path, *more: str) -> list[str]:
    return [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        # What a run must get back as it was: dropout's chance, augmentation's, the schedule's step.
        "encoder.dropout=0.3",
        "augment=speech",
        "trainer.max_epochs=4",
        "batch_size=2",
        "checkpoint_every_s=0.1",
        f"store_dir={folder / 'store'}",
        *more,
    ]


def kill_within_an_epoch(command: list[str], run_dir: Path) -> None:
    """Start a training and kill it as soon as there is a checkpoint of its second epoch or later."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        steps = [int(path.stem.removeprefix("step=")) for path in run_dir.glob("checkpoints/step=*.ckpt")]
        if any(step > 30 for step in steps):
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    assert process.wait() == -signal.SIGKILL


def test_killed_and_resumed_equals_undisturbed(run, tones: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    kill_within_an_epoch(
        [sys.executable, "-m", "pipelines.train", *arguments(tones, tmp_path, f"hydra.run.dir={killed}")], killed
    )
    left = torch.load(newest_checkpoint(killed), weights_only=True)
    assert 30 < left["global_step"] < 4 * 24
    assert not (killed / "report.json").exists()
    resumed = run("train", *arguments(tones, tmp_path, f"resume={killed}"))
    assert resumed.exit_code == 0, resumed.stderr
    assert resumed.result["run_dir"] == str(killed)
    assert "resume=" not in resumed.stderr[resumed.stderr.index("Train on your own recordings") :]
    assert run("train", *arguments(tones, tmp_path, f"hydra.run.dir={whole}")).exit_code == 0
    last = {path: torch.load(newest_checkpoint(path), weights_only=True) for path in (whole, killed)}
    assert last[whole]["global_step"] == last[killed]["global_step"] == 4 * 24
    for name, value in last[whole]["state_dict"].items():
        assert torch.equal(value, last[killed]["state_dict"][name]), name
    reports = [json.loads((path / "report.json").read_text()) for path in (whole, killed)]
    assert reports[0]["metrics"] == reports[1]["metrics"]
    for kind in ("step", "epoch_end_step"):
        assert len(list((killed / "checkpoints").glob(f"{kind}=*.ckpt"))) <= 2


def test_a_run_with_other_settings_is_not_resumed(run, tones_run: Path, tones: Path) -> None:
    same = [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={tones}",
        *SMALL_AUDIO,
        f"store_dir={tones_run.parent / 'store'}",
        f"resume={tones_run}",
    ]
    ran = run("train", *same, "trainer.max_epochs=25", "encoder.hidden_size=48")
    assert ran.exit_code == 2
    assert "encoder.hidden_size was 32, is 48" in ran.stderr
    assert "max_epochs" not in ran.stderr


def test_a_changed_corpus_is_not_resumed(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.symlink_to(tones)
    same = ["experiment=speech", "corpus=manifest", *SMALL_AUDIO, "trainer.max_epochs=25"]
    ran = run("train", *same, f"corpus.root={other}", "corpus.test_share=0.3", f"resume={tones_run}")
    assert ran.exit_code == 2
    assert "corpus.test_share was 0.1, is 0.3" in ran.stderr
    assert "split_fingerprints.train was" in ran.stderr


def test_what_is_no_run_is_not_resumed(run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run("train", *arguments(tones, tmp_path, f"resume={tmp_path}"))
    assert ran.exit_code == 2
    assert "not a run directory" in ran.stderr
    monkeypatch.chdir(tmp_path)
    ran = run("train", *arguments(tones, tmp_path, "resume=last"))
    assert ran.exit_code == 2
    assert "there is no run in" in ran.stderr


def test_last_is_the_newest_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("an4/2026-01-01_00-00-00", "an4/2026-01-02_00-00-00", "yesno/2026-01-03_00-00-00"):
        Path("runs", name).mkdir(parents=True)
        Path("runs", name, "run.json").write_text("{}")
    assert choose_run_dir("last", "an4") == "runs/an4/2026-01-02_00-00-00"


def test_a_checkpoint_that_was_cut_short_is_passed_over(tones_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    assert newest_checkpoint(tmp_path) is None
    content = newest_checkpoint(tones_run).read_bytes()
    for number, part in enumerate((content, content, content[: len(content) // 2])):
        (folder / f"step={number}.ckpt").write_bytes(part)
        os.utime(folder / f"step={number}.ckpt", ns=(number, number))
    assert newest_checkpoint(tmp_path) == folder / "step=1.ckpt"


def test_a_run_that_was_moved_goes_on_and_keeps_its_best(run, tones: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    assert run("train", *arguments(tones, tmp_path, f"hydra.run.dir={old}")).exit_code == 0
    best = json.loads((old / "report.json").read_text())["best_checkpoint"]
    old.rename(new)
    resumed = run("train", *arguments(tones, tmp_path, f"resume={new}"))
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads((new / "report.json").read_text())["best_checkpoint"] == best


def test_what_slurm_made_lightning_write_is_gone_on_from(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for number, name in enumerate(("checkpoints/step=00000010.ckpt", "hpc_ckpt_1.ckpt")):
        torch.save({}, tmp_path / name)
        os.utime(tmp_path / name, (number, number))
    assert newest_checkpoint(tmp_path) == tmp_path / "hpc_ckpt_1.ckpt"
