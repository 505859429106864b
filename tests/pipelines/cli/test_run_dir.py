"""Names of run directories, the log file in them, and their removal."""

import logging
import warnings
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.cli.run_dir import (
    check_unused,
    choose_run_dir,
    create_unique_folder,
    log_to_file,
    name_corpus,
    remove_if_not_started,
)

log = logging.getLogger(__name__)


def test_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    wanted = str(tmp_path / "runs" / "now")
    assert [create_unique_folder(wanted) for _ in range(3)] == [wanted, f"{wanted}_2", f"{wanted}_3"]


@pytest.mark.parametrize(
    ("choice", "root", "name"),
    [
        ("folder", "/data/my words/", "my_words"),
        ("manifest", "talks/manifest.jsonl", "talks"),
        ("manifest", "talks/clean.tsv", "clean"),
        ("manifest", "talks/cuts.jsonl.gz", "cuts"),
        ("manifest", "talks/metadata.csv", "talks"),
        ("folder", "größe 手", "größe_手"),
        ("folder", "/", "folder"),
        ("manifest", None, "manifest"),
        ("an4", "/data/an4", "an4"),
        (None, None, None),
    ],
)
def test_a_corpus_of_ones_own_is_named_after_its_folder(choice: str | None, root: str | None, name: str | None) -> None:
    assert name_corpus(choice, root) == name


def test_last_is_the_newest_run_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("an4/2026-01-01_00-00-00", "an4/2026-01-02_00-00-00", "yesno/2026-01-03_00-00-00"):
        Path("runs", name).mkdir(parents=True)
        Path("runs", name, "run.json").write_text("{}")
    assert choose_run_dir("last", "an4") == "runs/an4/2026-01-02_00-00-00"


def test_processes_started_by_torchrun_or_slurm_agree_on_the_run_directory(
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


@pytest.mark.parametrize("name", ["bundle", "report.json", "checkpoints"])
def test_a_run_directory_is_not_used_twice(name: str, tmp_path: Path) -> None:
    check_unused(tmp_path)
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=rf"holds a run already \({name}\); give another hydra\.run\.dir"):
        check_unused(tmp_path)


def test_a_run_that_never_started_leaves_nothing_behind(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    (run_dir / ".hydra").mkdir(parents=True)
    (run_dir / ".hydra" / "config.yaml").write_text("")
    (run_dir / "train.log").write_text("")
    (run_dir / "run.json").write_text("{}")
    remove_if_not_started(run_dir)
    assert run_dir.exists()
    (run_dir / "run.json").unlink()
    remove_if_not_started(run_dir)
    assert not run_dir.exists()


def test_messages_and_warnings_are_appended_to_the_log_file(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    logging.getLogger().setLevel(logging.INFO)
    logging.captureWarnings(False)  # an earlier test may have left it on, with a handler that pytest has replaced
    logging.captureWarnings(True)
    for number in range(2):
        with log_to_file(path):
            log.info("message %d", number)
            warnings.warn(f"caution {number}", stacklevel=1)
    log.info("after the block")
    lines = path.read_text(encoding="utf-8")
    for number in range(2):
        assert f"INFO message {number}" in lines
        assert f"caution {number}" in lines
    assert "after the block" not in lines


def test_the_error_that_ends_a_run_is_logged_with_its_traceback_if_it_is_a_bug(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    with pytest.raises(InputError), log_to_file(path):
        raise InputError("corpus.root is wrong")
    assert "ERROR corpus.root is wrong" in path.read_text()
    assert "Traceback" not in path.read_text()
    with pytest.raises(ZeroDivisionError), log_to_file(path):
        _ = 1 / 0
    assert "Traceback" in path.read_text()
    assert "ZeroDivisionError" in path.read_text()


def test_no_file_without_a_message_or_in_a_further_process(tmp_path: Path) -> None:
    with log_to_file(tmp_path / "train.log"):
        pass
    with log_to_file(tmp_path / "train.log", enabled=False):
        log.warning("said by another process")
    assert not list(tmp_path.iterdir())
