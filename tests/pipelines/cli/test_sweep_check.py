"""Sweeps of runs with several processes each are refused."""

from pathlib import Path

import pytest


@pytest.mark.parametrize("setting", ["trainer=ddp", "trainer.devices=2", "trainer.num_nodes=2", "trainer.strategy=ddp"])
def test_sweeps_of_several_processes_are_refused(run, tones: Path, setting: str, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("train", "-m", "experiment=speech", "corpus=manifest", f"corpus.root={tones}", "seed=0,1", setting)
    assert ran.exit_code == 2
    assert "a sweep (-m) cannot be combined with several processes" in ran.stderr
