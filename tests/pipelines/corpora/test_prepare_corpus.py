"""Preparing a corpus from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.manifest import read_manifest
from tests.pipelines.conftest import Ran, write_skeletons, write_tones


def test_a_corpus_is_prepared_once(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    (root / "5.wav").write_text("not sound")
    out = tmp_path / "out"
    arguments = ["corpus=manifest", f"corpus.root={root}", f"store_dir={tmp_path / 'store'}", f"output_dir={out}"]
    ran = run("prepare", *arguments, "num_workers=0")
    assert ran.exit_code == 1
    assert (ran.result["clips"], ran.result["failed"]) == (11, 1)
    assert ran.result["hours"] > 0
    assert [json.loads(line)["id"] for line in (out / "failures.jsonl").read_text().splitlines()] == ["5"]
    shards = set(Path(ran.result["store"]).iterdir())
    assert len(shards) == 1
    write_tones(root, clips=12)
    ran = run("prepare", *arguments, "num_workers=0")
    assert ran.exit_code == 0
    assert shards < set(Path(ran.result["store"]).iterdir())
    assert not (out / "failures.jsonl").exists()
    assert {clip.split for clip in read_manifest(out / "manifest.jsonl")} == {"train", "validation", "test"}


def test_the_content_of_a_corpus_is_reported(run: Callable[..., Ran], tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    (root / "3.wav").write_bytes((root / "2.wav").read_bytes())
    out = tmp_path / "out"
    arguments = ["corpus=manifest", f"corpus.root={root}", f"store_dir={tmp_path / 'store'}", f"output_dir={out}"]
    ran = run("prepare", *arguments, "num_workers=0", "pictures=3")
    assert ran.result["overview"] == str(out / "overview.html")
    page = (out / "overview.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp;base64,") == 3
    assert "<dt>clips</dt><dd>12</dd>" in page
    warnings = [line for line in ran.stderr.splitlines() if ": 2 = 3; " in line or "the test has only 1 clip" in line]
    assert ran.result["warnings"] == len(warnings) == 2
    assert "Characters in texts" in ran.stderr
    assert "frames_with_hands" not in ran.result


def test_the_hands_of_a_corpus_are_reported(run: Callable[..., Ran], tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "skeletons", each=5)
    out = tmp_path / "out"
    arguments = ["corpus=manifest", f"corpus.root={root}", f"store_dir={tmp_path / 'store'}", f"output_dir={out}"]
    ran = run("prepare", *arguments, "features=hand_keypoints", "num_workers=0")
    assert (ran.exit_code, ran.result["frames_with_hands"], ran.result["warnings"]) == (0, 1.0, 2)
    assert "the test has only 2 clips, so its score may be off by 71 points" in ran.stderr
    assert "2 classes with fewer than 5 training clips: close, open" in ran.stderr
    assert (out / "overview.html").read_text(encoding="utf-8").count("data:image/webp;base64,") == 10


@pytest.mark.parametrize("setting", ["unit=letter", "pictures=-1", "seed=-1"])
def test_settings_out_of_range_are_refused(run: Callable[..., Ran], tmp_path: Path, setting: str) -> None:
    root = write_tones(tmp_path / "tones", clips=3)
    ran = run("prepare", "corpus=manifest", f"corpus.root={root}", f"output_dir={tmp_path / 'out'}", setting)
    assert ran.exit_code == 2
    assert setting.split("=")[0] in ran.stderr
    assert not (tmp_path / "out").exists()
