"""Sweeps over shards: what is refused before any process starts, and what is reported at the end."""

import json
from pathlib import Path

import pytest

from tests.pipelines.conftest import write_tones

COMMON = ["corpus=manifest", "features.sample_rate_hz=8000", "num_workers=0", "pictures=0"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    root = write_tones(tmp_path / "tones", clips=12)
    return [*COMMON, f"corpus.root={root}", f"store_dir={tmp_path / 'store'}", f"output_dir={tmp_path / 'out'}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["num_shards=4"], "no shard; give the shards too, such as shard='range(0,8)'"),
        (["shard=range(0,4)"], "num_shards is not set"),
        (["shard=range(0,5)", "num_shards=4"], "shard must be from 0 to 3 (num_shards=4); found 4"),
        (["shard=range(0,4)", "num_shards=4", "pictures=0,1"], "pictures=0,1: a sweep over shards has one value"),
        (["shard=first,last", "num_shards=2"], "expected numbers of shards"),
        (["shard=range(0,4)", "num_shards=4", "num_worker=1"], "did you mean 'num_workers'?"),
    ],
)
def test_a_wrong_sweep_is_refused_before_it_starts(run, settings: list[str], arguments: list[str], said: str) -> None:
    given = [each for each in settings if not each.startswith("pictures") or "pictures=0,1" not in arguments]
    ran = run("prepare", "-m", *given, *arguments)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert not Path("out").exists()
    assert not Path("runs").exists()


def test_shards_that_are_missing_are_named_with_the_command_that_starts_them(run, settings: list[str]) -> None:
    ran = run("prepare", "-m", *settings, "shard=0,2", "num_shards=4")
    assert ran.exit_code == 1
    assert "shards 1, 3 of 4 are not done, and not among those started" in ran.stderr
    assert "python -m pipelines.prepare -m" in ran.stderr
    assert ran.stderr.rstrip().endswith("num_shards=4 shard=1,3")
    assert ran.result["unfinished_shards"] == [1, 3]
    ran = run("prepare", *settings, "shard=3", "num_shards=4")  # each can be started alone
    assert (ran.exit_code, ran.result["shard"], ran.result["clips"]) == (0, 3, 3)
    ran = run("prepare", *settings, "shard=1", "num_shards=4")
    assert (ran.exit_code, ran.result["num_shards"], ran.result["clips"]) == (0, 4, 12)


def test_the_settings_of_hydra_are_not_needed_to_start_one_shard_again(run, settings: list[str]) -> None:
    hydra = ["hydra.sweep.dir=sweeps", "+hydra.job.env_set.X=1"]
    ran = run("prepare", "-m", *settings, "shard=0", "num_shards=2", *hydra)
    assert ran.exit_code == 1
    assert ran.stderr.rstrip().endswith("num_shards=2 shard=1")
    assert "hydra" not in ran.stderr.splitlines()[-1].partition("alone: ")[2]


def test_an_earlier_result_is_not_that_of_a_sweep_whose_shards_all_fail(run, settings: list[str]) -> None:
    shards = ["-m", "shard=range(0,2)", "num_shards=2"]
    assert run("prepare", *settings, *shards).exit_code == 0
    ran = run("prepare", *settings, *shards, "features.num_mels=-1")
    assert ran.exit_code == 2
    assert (ran.result["done_shards"], ran.result["unfinished_shards"]) == (0, [0, 1])


def test_the_exit_code_of_a_sweep_is_not_that_of_an_earlier_one_in_the_same_folder(run, settings: list[str]) -> None:
    sweep = ["-m", *settings, "hydra.sweep.dir=sweep"]
    assert run("prepare", *sweep, "features.num_mels=-1,64").exit_code == 2
    assert [path.name for path in Path("sweep").glob(".failed*")] == [".failed-job-0.txt"]
    assert run("prepare", *sweep, "features.num_mels=64,60").exit_code == 0


def test_a_sweep_leaves_no_folders_of_jobs(run, settings: list[str]) -> None:
    ran = run("prepare", "-m", *settings, "shard=range(0,3)", "num_shards=3")
    assert ran.exit_code == 0
    assert [path.name for path in Path("runs").glob("sweeps/*/*")] == ["multirun.yaml"]
    assert sorted(path.name for path in Path("out").iterdir()) == [
        ".lock",
        ".shards",
        "manifest.jsonl",
        "overview.html",
    ]


def test_a_whole_preparation_equals_a_divided_one(run, settings: list[str], tmp_path: Path) -> None:
    (tmp_path / "tones" / "5.wav").write_bytes(b"no sound")
    for name in ("one", "many"):
        shards = ["-m", "shard=range(0,3)", "num_shards=3"] if name == "many" else []
        given = [*settings[:-2], f"store_dir={tmp_path / name / 'store'}", f"output_dir={tmp_path / name / 'out'}"]
        ran = run("prepare", *given, *shards)
        assert ran.result.get("clips"), ran.stderr
        assert (ran.exit_code, ran.result["clips"], ran.result["failed"]) == (1, 11, 1)
    for name in ("manifest.jsonl", "failures.jsonl"):
        assert (tmp_path / "one/out" / name).read_bytes() == (tmp_path / "many/out" / name).read_bytes()
    assert not list((tmp_path / "many/out").glob("failures-*"))


def test_the_same_command_again_extracts_nothing_again(run, settings: list[str], tmp_path: Path) -> None:
    shards = ["shard=range(0,2)", "num_shards=2"]
    first = run("prepare", "-m", *settings, *shards)
    (store,) = (tmp_path / "store").glob("audio-*")
    before = {path.name: path.stat().st_mtime_ns for path in store.iterdir()}
    again = run("prepare", "-m", *settings, *shards)
    assert again.result == first.result
    assert {path.name: path.stat().st_mtime_ns for path in store.iterdir()} == before
    assert json.loads((tmp_path / "out/manifest.jsonl").read_text().splitlines()[0])["id"] == "0"
