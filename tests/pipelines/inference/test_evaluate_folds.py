"""The folds of a cross-validation, scored together."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.pipelines.conftest import run_command, write_skeletons

SMALL = ["encoder.layers=1", "encoder.hidden_size=8", "trainer.max_epochs=1", "batch_size=8", "num_workers=0"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs on skeletons of twelve signers, each of which leaves out four."""
    folder = tmp_path_factory.mktemp("folds")
    root = write_skeletons(folder / "skeletons")
    with pytest.MonkeyPatch.context() as monkeypatch:
        ran = run_command(
            monkeypatch,
            None,
            "train",
            "-m",
            "experiment=signs",
            "corpus=manifest",
            f"corpus.root={root}",
            "corpus.folds=3",
            "corpus.fold=0,1,2",
            *SMALL,
            f"store_dir={folder / 'store'}",
            f"hydra.sweep.dir={folder / 'sweep'}",
        )
    assert ran.exit_code == 0
    return folder / "sweep"


def evaluate(run, model: object, folder: Path, *more: str):
    return run("evaluate", f"model={model}", f"store_dir={folder / 'store'}", "num_workers=0", *more)


def test_each_clip_of_a_sweep_is_scored_once(run, sweep: Path) -> None:
    ran = evaluate(run, sweep, sweep.parent)
    assert ran.exit_code == 0, ran.stderr
    assert (ran.result["clips"], ran.result["failed"]) == (24, 0)
    assert {"accuracy", "balanced_accuracy", "macro_f1"} <= set(ran.result)
    low, high = ran.result["accuracy_ci95"]
    assert low < ran.result["accuracy"] < high or high == 1.0
    folds = ran.result["folds"]
    assert [(Path(fold["model"]).name, fold["clips"]) for fold in folds] == [("0", 8), ("1", 8), ("2", 8)]
    assert sum(fold["accuracy"] for fold in folds) / 3 == pytest.approx(ran.result["accuracy"], abs=1e-5)
    rows = [json.loads(line) for line in Path(ran.result["results"]).read_text().splitlines()]
    assert Path(ran.result["results"]).parent == sweep / "evaluations" / "folds_test"
    assert Counter(row["id"] for row in rows) == Counter(str(number) for number in range(24))
    assert json.loads((sweep / "evaluations" / "folds_test" / "scores.json").read_text())["folds"] == folds


def test_a_missing_fold_is_warned_of(run, sweep: Path, tmp_path: Path) -> None:
    ran = evaluate(run, f"[{sweep / '2'},{sweep / '0'}]", sweep.parent, f"output_dir={tmp_path}")
    assert ran.exit_code == 0
    assert ran.result["clips"] == 16
    assert "8 of 24 clips" in ran.stderr
    assert "are held out by none of the 2 runs" in ran.stderr


def test_runs_that_share_clips_are_refused(run, sweep: Path) -> None:
    ran = evaluate(run, f"[{sweep / '1'},{sweep / '0'},{sweep / '1'}]", sweep.parent)
    assert ran.exit_code == 2
    assert "split=test: 8 clips are in more than one run, such as" in ran.stderr
    assert "give one run of each fold" in ran.stderr
    assert evaluate(run, sweep, sweep.parent, "split=train").exit_code == 2


def test_runs_of_different_recipes_are_refused(run, sweep: Path, tmp_path: Path) -> None:
    other = shutil.copytree(sweep / "1", tmp_path / "other")
    report = json.loads((other / "report.json").read_text())
    report["config"]["encoder"]["hidden_size"] = 99
    (other / "report.json").write_text(json.dumps(report))
    ran = evaluate(run, f"[{sweep / '0'},{other}]", sweep.parent)
    assert ran.exit_code == 2
    assert f"encoder.hidden_size is 8 in {sweep / '0'} and 99 in {other}" in ran.stderr


def test_folds_are_scored_on_their_own_corpus(run, sweep: Path) -> None:
    ran = evaluate(run, sweep, sweep.parent, "corpus=folder", f"corpus.root={sweep}")
    assert ran.exit_code == 2
    assert "leave corpus=… out" in ran.stderr


def test_a_list_of_a_single_run_is_refused(run, sweep: Path) -> None:
    ran = evaluate(run, f"[{sweep / '0'}]", sweep.parent)
    assert ran.exit_code == 2
    assert "a cross-validation has at least two runs" in ran.stderr
