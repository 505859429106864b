"""The speed of a training is measured and reported."""

import json
from pathlib import Path

from tests.pipelines.conftest import quick


def arguments(root: Path, tmp_path: Path, *more: str) -> list[str]:
    return quick(root, tmp_path / "run", "trainer.max_epochs=3", *more)


def test_speed_padding_and_waiting_are_reported(run, tones: Path, tmp_path: Path) -> None:
    assert run("train", *arguments(tones, tmp_path, "logger=csv")).exit_code == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    measured = report["throughput"]
    assert measured.keys() == {"frames_per_s", "padding_share", "data_wait_share", "step_s"}
    assert measured["frames_per_s"] > 0 < measured["step_s"]
    assert 0 < measured["padding_share"] < 0.2
    assert 0 < measured["data_wait_share"] < 1
    assert report["skipped_steps"] == 0
    curves = (tmp_path / "run" / "csv" / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train/loss", "train/data_wait_share", "train/padding_share", "train/frames_per_s"} <= set(curves)
