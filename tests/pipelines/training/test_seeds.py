"""Several seeds trained by one command, and bundled as an ensemble."""

import json
import shutil
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.training import run as run_module
from pipelines.training.seeds import check_seeds
from tests.pipelines.conftest import quick
from tests.pipelines.training.test_teaching import same


@pytest.fixture(scope="module")
def members(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two seeds."""
    from tests.pipelines.conftest import run_command

    run_dir = tmp_path_factory.mktemp("seeds") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run_command(monkeypatch, None, "train", *quick(tones, run_dir, "seeds=2", "seed=4")).exit_code == 0
    return run_dir


def test_the_run_is_an_ensemble_of_its_seeds(run, members: Path, tmp_path: Path) -> None:
    report = json.loads((members / "report.json").read_text())
    assert set(report["members"]) == {"seed_4", "seed_5"}
    assert {"test/cer", "validation/cer"} <= set(report["metrics"])
    assert not same(members / "seed_4", members / "seed_5")
    scored = run("evaluate", f"model={members}", f"store_dir={members.parent / 'store'}", "num_workers=0")
    assert scored.exit_code == 0, scored.stderr
    assert scored.result["cer"] == report["metrics"]["test/cer"]
    assert len(json.loads((members / "bundle" / "ensemble.json").read_text())["members"]) == 2


def test_each_seed_is_trained_as_if_alone(run, tones: Path, members: Path, tmp_path: Path) -> None:
    assert run("train", *quick(tones, tmp_path / "alone", "seed=5")).exit_code == 0
    assert same(tmp_path / "alone", members / "seed_5")


def test_an_interrupted_run_is_resumed_where_it_was(
    run, tones: Path, members: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = quick(tones, tmp_path / "run", "seeds=2", "seed=4")
    train_once = run_module._train_once

    def stop_at_second(cfg, run_dir, overrides):
        if cfg.seed == 5:
            raise KeyboardInterrupt
        return train_once(cfg, run_dir, overrides)

    monkeypatch.setattr(run_module, "_train_once", stop_at_second)
    assert run("train", *arguments).exit_code == 130
    monkeypatch.setattr(run_module, "_train_once", train_once)
    first = (tmp_path / "run" / "seed_4" / "bundle" / "model.safetensors").read_bytes()
    resume = f"resume={tmp_path / 'run'}"
    changed = run("train", *arguments, resume, "seeds=3")
    assert changed.exit_code == 2
    assert "seeds was 2, is 3" in changed.stderr
    ran = run("train", *arguments, resume)
    assert ran.exit_code == 0, ran.stderr
    assert "test/cer" in ran.result
    assert (tmp_path / "run" / "seed_4" / "bundle" / "model.safetensors").read_bytes() == first
    assert same(tmp_path / "run" / "seed_5", members / "seed_5")


def test_a_run_of_seeds_that_cannot_start_leaves_nothing(run, tmp_path: Path) -> None:
    ran = run("train", *quick(tmp_path / "nowhere", tmp_path / "run", "seeds=2"))
    assert ran.exit_code == 2
    assert not (tmp_path / "run").exists()


def test_a_run_directory_is_not_used_twice(run, tones: Path, members: Path) -> None:
    ran = run("train", *quick(tones, members, "seeds=2"))
    assert ran.exit_code == 2
    assert "holds a run already" in ran.stderr


def test_seeds_need_one_process_and_fit_an_ensemble(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "seeds=2", "trainer=ddp"))
    assert ran.exit_code == 2
    assert "seeds=2 needs trainings with one process; found 2" in ran.stderr
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="seeds=33: an ensemble has at most 32 members"):
        check_seeds(33, 1)
    check_seeds(1, 8)


def test_a_check_counts_the_time_of_all_seeds(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "seeds=3", "check=true"))
    assert ran.exit_code == 0
    assert not (tmp_path / "run").exists()


def test_an_ensemble_of_seeds_teaches(run, tones: Path, members: Path, tmp_path: Path) -> None:
    shutil.copytree(members.parent / "store", tmp_path / "store")
    ran = run("train", *quick(tones, tmp_path / "student", f"teacher={members}"))
    assert ran.exit_code == 0, ran.stderr
    assert "what it was trained on is unknown" not in ran.stderr
    assert json.loads((tmp_path / "student" / "report.json").read_text())["teacher"]["by"] == "hypotheses-4"
