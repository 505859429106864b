"""Training clips of extra corpora are trained on as well."""

import json
from pathlib import Path

from recognizers.language_model.arpa import read_arpa
from tests.pipelines.conftest import quick, write_tones


def test_only_training_clips_are_added_and_language_models_leave_them_out(run, tones: Path, tmp_path: Path) -> None:
    other = write_tones(tmp_path / "other", clips=20, seed=1)
    spec = f"{{_target_: data_prep.corpora.manifest.ManifestCorpus, root: {other}, test_share: 0.5}}"
    run_dir = tmp_path / "run"
    beam = ["decoder=beam", "decoder.lm_weight=0.1", "decoder.word_bonus=0"]
    assert run("train", *quick(tones, run_dir, f"+extra_corpora.other={spec}", *beam)).exit_code == 0
    rows = [json.loads(line) for line in (run_dir / "manifest.jsonl").read_text().splitlines()]
    added = [row for row in rows if row["id"].startswith("other/")]
    assert 0 < len(added) < 20
    assert {row["split"] for row in added} == {"train"}
    assert len(rows) - len(added) == 60
    own = [row["text"] for row in rows if row not in added and row["split"] == "train"]
    assert read_arpa(run_dir / "bundle" / "language_model.arpa").words == set(own)
    made = run(
        "language_model", f"transcripts={run_dir / 'manifest.jsonl'}", "split=train", f"output={tmp_path / 'lm'}"
    )
    assert made.result["sentences"] == len(own)
    refused = run("train", *quick(tones, tmp_path / "no", "+extra_corpora.other=3"))
    assert (refused.exit_code, "extra_corpora.other must be a corpus" in refused.stderr) == (2, True)
