"""Preparing from the command line."""

import json
from pathlib import Path

from data_prep.manifest import read_manifest
from tests.pipelines.conftest import write_tones


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
