"""The records of shards, their locks, and who merges."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import InputError
from pipelines.cli.command import CommandOutcome
from pipelines.scaling.records import ShardRecords, at_work, check_no_shard_works, locked
from pipelines.scaling.shard import LOCK_NAME, Shard
from pipelines.scaling.shared_run import run_shard


def run_one(folder: Path, index: int, count: int = 3, key: str = "key") -> CommandOutcome:
    def merge(results: list[dict[str, Any]]) -> CommandOutcome:
        return CommandOutcome({"merged": sorted(result["own"] for result in results)}, failed=1)

    return run_shard(folder, Shard(index, count), key, lambda: CommandOutcome({"own": index}), merge)


def test_the_shard_that_finishes_last_merges(tmp_path: Path) -> None:
    assert run_one(tmp_path, 2).result == {"shard": 2, "num_shards": 3, "own": 2}
    assert run_one(tmp_path, 0).failed == 0
    assert ShardRecords(tmp_path, 3, "key").unfinished() == [1]
    last = run_one(tmp_path, 1)
    assert last.result == {"num_shards": 3, "merged": [0, 1, 2]}
    assert last.failed == 1
    merged = ShardRecords(tmp_path, 3, None).merged()
    assert merged is not None
    assert merged.result == last.result


def test_shards_of_other_inputs_or_of_another_number_are_not_merged(tmp_path: Path) -> None:
    run_one(tmp_path, 0)
    run_one(tmp_path, 1, key="other")
    run_one(tmp_path, 0, count=2)
    assert "merged" not in run_one(tmp_path, 2).result
    assert ShardRecords(tmp_path, 3, None).unfinished() == [1]  # most shards agree on the other key


def test_a_shard_that_starts_again_is_not_done(tmp_path: Path) -> None:
    for index in range(3):
        run_one(tmp_path, index)
    records = ShardRecords(tmp_path, 3, "key")
    with at_work(records, Shard(1, 3)):
        assert (records.unfinished(), records.running(), records.merged()) == ([1], [1], None)
        with pytest.raises(InputError, match="another process does the work of shard 1 of 3 there"):
            run_one(tmp_path, 1)
        with pytest.raises(InputError, match="shard 00001-of-00003 is writing its results there"):
            check_no_shard_works(tmp_path)
    assert records.running() == []
    assert run_one(tmp_path, 1).result["merged"] == [0, 1, 2]


def test_no_shard_starts_while_one_call_does_all_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.scaling.records.WAIT_S", 0.1)
    with locked(tmp_path / LOCK_NAME), pytest.raises(InputError, match="another process is writing its results there"):
        run_one(tmp_path, 0)


def test_a_shard_that_was_killed_left_no_record_and_no_lock(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from pipelines.scaling.shard import Shard
from pipelines.scaling.shared_run import run_shard
run_shard(Path(sys.argv[1]), Shard(1, 3), "key", lambda: os.kill(os.getpid(), signal.SIGKILL), None)
"""
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[3], check=False)
    assert killed.returncode == -signal.SIGKILL
    records = ShardRecords(tmp_path, 3, "key")
    assert (records.running(), records.unfinished()) == ([], [0, 1, 2])
    run_one(tmp_path, 1)
    assert records.unfinished() == [0, 2]


def test_a_damaged_record_is_that_of_an_unfinished_shard(tmp_path: Path) -> None:
    run_one(tmp_path, 0)
    (tmp_path / ".shards" / "00000-of-00003.json").write_text('{"key": "key"', encoding="utf-8")
    assert ShardRecords(tmp_path, 3, "key").unfinished() == [0, 1, 2]
