"""The corpus of a run keeps the splits of its training."""

import json
import shutil
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.inference.own_corpus import own_clips, read_own_corpus


def test_clips_stay_in_the_splits_of_the_training_when_the_corpus_grows(
    tones_run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = json.loads((tones_run / "report.json").read_text())
    tones = Path(report["config"]["corpus"]["root"])
    trained = {row["id"]: row["split"] for row in map(json.loads, (tones_run / "manifest.jsonl").open())}
    assert {clip.id: clip.split for clip in own_clips(tones_run)} == trained
    assert caplog.text == ""

    grown = shutil.copytree(tones, tmp_path / "grown")
    rows = [json.loads(line) for line in (grown / "manifest.jsonl").read_text().splitlines()]
    rows += [row | {"id": f"new{number}", "speaker": f"n{number % 9}"} for number, row in enumerate(rows)]
    (grown / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    shutil.copy(tones_run / "manifest.jsonl", run_dir)
    report["config"]["corpus"]["root"] = str(grown)
    (run_dir / "report.json").write_text(json.dumps(report))
    splits = {clip.id: clip.split for clip in own_clips(run_dir)}
    assert len(splits) == 2 * len(trained)
    assert splits.items() >= trained.items()
    assert "would be in another split" in caplog.text


def test_a_bundle_names_no_corpus(tones_run: Path) -> None:
    with pytest.raises(InputError, match=r"has no report\.json that names its corpus; give corpus=NAME"):
        read_own_corpus(tones_run / "bundle")
