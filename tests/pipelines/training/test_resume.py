"""A run that is killed and resumed ends with the weights of a run that was never stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from data_prep.errors import InputError
from pipelines.training.resume import check_settings_unchanged, find_resumed, is_restarted, newest_checkpoint
from tests.pipelines.conftest import SMALL_AUDIO, quick

ROOT = Path(__file__).parents[3]


def arguments(root: Path, folder: Path, *more: str) -> list[str]:
    return [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        # Resuming must restore the random states of dropout and augmentation, and the step of the schedule.
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


def test_a_killed_and_resumed_run_equals_an_undisturbed_one(run, tones: Path, tmp_path: Path) -> None:
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
    assert "Train on your own recordings" not in resumed.stderr  # it was
    again = resumed.stderr[resumed.stderr.index("Train this recognizer for longer") :]
    assert again.count(f"resume={killed}") == again.count("resume=") == again.count("trainer.max_epochs=") == 1
    assert run("train", *arguments(tones, tmp_path, f"hydra.run.dir={whole}")).exit_code == 0
    last = {path: torch.load(newest_checkpoint(path), weights_only=True) for path in (whole, killed)}
    assert last[whole]["global_step"] == last[killed]["global_step"] == 4 * 24
    for name, value in last[whole]["state_dict"].items():
        assert torch.equal(value, last[killed]["state_dict"][name]), name
    reports = [json.loads((path / "report.json").read_text()) for path in (whole, killed)]
    assert reports[0]["metrics"] == reports[1]["metrics"]
    for kind in ("step", "epoch_end_step"):
        assert len(list((killed / "checkpoints").glob(f"{kind}=*.ckpt"))) <= 2


def test_a_finished_run_is_trained_on_from_its_end(run, tones: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    longer = [each for each in arguments(tones, tmp_path) if not each.startswith("trainer.max_epochs")]
    assert run("train", *longer, "trainer.max_epochs=2", f"hydra.run.dir={run_dir}").exit_code == 0
    first = torch.load(newest_checkpoint(run_dir), weights_only=True)
    again = run("train", *longer, "trainer.max_epochs=2", f"resume={run_dir}")
    assert again.exit_code == 0
    assert f"{run_dir} was finished after 2 epochs; it is only tested again. To train on, give" in again.stderr
    grown = run("train", *longer, "trainer.max_epochs=4", f"resume={run_dir}")
    assert grown.exit_code == 0, grown.stderr
    assert "was finished after 2 epochs; it is trained on from there" in grown.stderr
    assert "epoch 3/4: train loss" in grown.stderr
    assert "epoch 2/4" not in grown.stderr
    last = torch.load(newest_checkpoint(run_dir), weights_only=True)
    assert last["global_step"] == 2 * first["global_step"] == 4 * 24
    assert json.loads((run_dir / "report.json").read_text())["epochs"] == 4
    assert json.loads((run_dir / "run.json").read_text())["config"]["trainer"]["max_epochs"] == 4
    shorter = run("train", *longer, "trainer.max_epochs=3", f"resume={run_dir}")
    assert shorter.exit_code == 2
    assert "trainer.max_epochs was 4, is 3" in shorter.stderr


def test_a_resumed_run_keeps_its_number_of_epochs_where_the_recipe_leaves_it_open(
    run, tones: Path, tmp_path: Path
) -> None:
    """An earlier version of a recipe may have set another number than now suits the clips."""
    assert run("train", *quick(tones, tmp_path / "run", "trainer.max_epochs=2")).exit_code == 0
    again = run("train", *quick(tones, tmp_path / "run", "trainer.max_epochs=null", f"resume={tmp_path / 'run'}"))
    assert again.exit_code == 0, again.stderr
    assert "was finished after 2 epochs; it is only tested again" in again.stderr
    assert "which suits" not in again.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["config"]["trainer"]["max_epochs"] == 2


def test_a_directory_other_than_that_of_the_resumed_run_is_refused(run, tones: Path, tones_run: Path, tmp_path: Path):
    ran = run("train", *quick(tones, tmp_path / "run", f"resume={tones_run}"))
    assert ran.exit_code == 2
    assert f"there is no run in hydra.run.dir={tmp_path / 'run'}; leave hydra.run.dir out" in ran.stderr
    assert find_resumed(None, tmp_path) is None


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


def test_a_run_of_a_former_version_is_the_same_run(tmp_path: Path) -> None:
    corpus = {"_target_": "data_prep.corpora.an4.an4.An4", "root": "an4"}
    former = {"config": {"seed": 0, "further_training": {"digits": corpus}}, "split_fingerprints": {"train": "1"}}
    (tmp_path / "run.json").write_text(json.dumps(former))
    corpus = {"_target_": "data_prep.corpora.an4.An4", "root": "an4"}
    now = {"config": {"seed": 0, "extra_corpora": {"digits": corpus}}, "split_fingerprints": {"train": "1"}}
    check_settings_unchanged(tmp_path, now)
    now["config"]["extra_corpora"] = {"digits": corpus | {"root": "elsewhere"}}
    with pytest.raises(InputError, match=r"extra_corpora\.digits\.root was 'an4', is 'elsewhere'"):
        check_settings_unchanged(tmp_path, now)


def test_the_former_default_fold_is_the_present_one(tmp_path: Path) -> None:
    former = {"config": {"corpus": {"fold": 0}}, "split_fingerprints": {"train": "1"}}
    (tmp_path / "run.json").write_text(json.dumps(former))
    corpus = {"fold": None, "folds": None}
    check_settings_unchanged(tmp_path, {"config": {"corpus": corpus}, "split_fingerprints": {"train": "1"}})
    with pytest.raises(InputError, match=r"split_fingerprints\.train was '1', is '2'"):
        check_settings_unchanged(tmp_path, {"config": {"corpus": corpus}, "split_fingerprints": {"train": "2"}})


def test_settings_that_came_later_do_not_keep_a_run_from_being_resumed(tmp_path: Path) -> None:
    former = {"config": {"augment": {"noise_share": 0.5}}, "split_fingerprints": {}}
    (tmp_path / "run.json").write_text(json.dumps(former))
    rooms = {"noise_share": 0.5, "room_share": 0.0, "room_files": None, "room_rt60_s": [0.15, 0.8]}
    later = {"init": None, "freeze_encoder_epochs": 0, "optimizer": {"encoder_rate_share": 1.0}, "augment": rooms}
    check_settings_unchanged(tmp_path, {"config": later, "split_fingerprints": {}})
    with pytest.raises(InputError, match=r"augment\.room_share was None, is 0\.3"):
        check_settings_unchanged(
            tmp_path, {"config": {"augment": rooms | {"room_share": 0.3}}, "split_fingerprints": {}}
        )


def test_a_changed_corpus_is_not_resumed(run, tones_run: Path, tones: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.symlink_to(tones)
    same = ["experiment=speech", "corpus=manifest", *SMALL_AUDIO, "trainer.max_epochs=25"]
    ran = run("train", *same, f"corpus.root={other}", "corpus.test_share=0.3", f"resume={tones_run}")
    assert ran.exit_code == 2
    assert "corpus.test_share was 0.1, is 0.3" in ran.stderr
    assert "split_fingerprints.train was" in ran.stderr


def test_a_folder_without_a_run_is_not_resumed(
    run, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("train", *arguments(tones, tmp_path, f"resume={tmp_path}"))
    assert ran.exit_code == 2
    assert "not a run directory" in ran.stderr
    monkeypatch.chdir(tmp_path)
    ran = run("train", *arguments(tones, tmp_path, "resume=last"))
    assert ran.exit_code == 2
    assert "there is no run in" in ran.stderr


def test_a_truncated_checkpoint_is_skipped(tones_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    assert newest_checkpoint(tmp_path) is None
    content = newest_checkpoint(tones_run).read_bytes()
    for number, part in enumerate((content, content, content[: len(content) // 2])):
        (folder / f"step={number}.ckpt").write_bytes(part)
        os.utime(folder / f"step={number}.ckpt", ns=(number, number))
    assert newest_checkpoint(tmp_path) == folder / "step=1.ckpt"


def test_a_moved_run_resumes_and_keeps_its_best_checkpoint(run, tones: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    assert run("train", *arguments(tones, tmp_path, f"hydra.run.dir={old}")).exit_code == 0
    best = json.loads((old / "report.json").read_text())["best_checkpoint"]
    old.rename(new)
    resumed = run("train", *arguments(tones, tmp_path, f"resume={new}"))
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads((new / "report.json").read_text())["best_checkpoint"] == best


def test_the_checkpoint_that_slurm_asked_lightning_for_is_resumed_from(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    for number, name in enumerate(("checkpoints/step=00000010.ckpt", "hpc_ckpt_1.ckpt")):
        torch.save({}, tmp_path / name)
        os.utime(tmp_path / name, (number, number))
    assert newest_checkpoint(tmp_path) == tmp_path / "hpc_ckpt_1.ckpt"


@pytest.mark.parametrize("count", ["SLURM_RESTART_COUNT", "TORCHELASTIC_RESTART_COUNT"])
def test_a_restarted_job_is_recognised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: str) -> None:
    assert not is_restarted(tmp_path)
    monkeypatch.setenv(count, "1")
    assert not is_restarted(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    assert is_restarted(tmp_path)
