"""Scoring a recognizer with `pipelines.evaluate`."""

import json
import shutil
from pathlib import Path

from tests.pipelines.conftest import write_skeletons, write_tones


def test_unreadable_clips_of_another_corpus_are_counted_as_failed(run, tones_run: Path, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "other", clips=8, seed=1)
    (root / "0.wav").write_bytes(b"")
    arguments = ["corpus=manifest", f"corpus.root={root}", "split=all", f"store_dir={tmp_path}", "num_workers=0"]
    ran = run("evaluate", f"model={tones_run}", *arguments)
    assert ran.exit_code == 1
    assert (ran.result["clips"], ran.result["failed"]) == (8, 1)
    folder = tones_run / "evaluations" / "manifest_all"
    lost = next(row for row in map(json.loads, (folder / "results.jsonl").read_text().splitlines()) if row["id"] == "0")
    assert lost["prediction"] == ""
    assert lost["character_errors"] == lost["characters"] == len(lost["reference"])
    assert ran.result["cer"] >= lost["characters"] / 40
    assert json.loads((folder / "scores.json").read_text())["fingerprints"]


def test_words_outside_the_vocabulary_count_and_groups_are_scored_apart(run, tones_run: Path, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "other", clips=12, seed=2)
    manifest = root / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    for number, row in enumerate(rows):
        row |= {"sex": "female" if number < 6 else "male", "text": "zzz" if number == 0 else row["text"]}
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ["corpus=manifest", f"corpus.root={root}", "split=all", f"store_dir={tmp_path}", "num_workers=0"]
    ran = run("evaluate", f"model={tones_run}", *arguments, "report_clips=0")
    assert (ran.exit_code, ran.result["clips"], ran.result["unknown_words"]) == (0, 12, 1)
    assert ran.result["cer"] >= 3 / sum(len(row["text"]) for row in rows)
    groups = ran.result["groups"]["sex"]
    assert {name: (found["clips"], found["speakers"]) for name, found in groups.items()} == {
        "female": (6, 6),
        "male": (6, 6),
    }
    assert groups["female"]["cer"] > groups["male"]["cer"]
    folder = tones_run / "evaluations" / "manifest_all"
    assert json.loads((folder / "scores.json").read_text())["groups"]["sex"] == groups
    assert "<bdi>By sex</bdi>" in (folder / "report.html").read_text()
    assert "groups" not in run("evaluate", f"model={tones_run}", *arguments, "report_clips=0", "groups=[]").result
    refused = run("evaluate", f"model={tones_run}", *arguments, "groups=[age]")
    assert refused.exit_code == 2
    assert "groups=age: no clip has this field; found sex" in refused.stderr


def test_a_split_without_clips_is_refused(run, tones_run: Path, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "other", clips=4)
    ran = run("evaluate", f"model={tones_run}", "corpus=manifest", f"corpus.root={root}", "split=dev")
    assert ran.exit_code == 2
    assert "split must be one of train, validation, test, all; found 'dev'" in ran.stderr


def test_letters_in_another_case_are_warned_about(run, tones_run: Path, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "other", clips=4)
    manifest = root / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    manifest.write_text("".join(json.dumps(row | {"text": row["text"].upper()}) + "\n" for row in rows))
    arguments = ["corpus=manifest", f"corpus.root={root}", "split=all", f"store_dir={tmp_path}", "num_workers=0"]
    ran = run("evaluate", f"model={tones_run}", *arguments)
    assert ran.exit_code == 0
    assert ran.result["cer"] == 1.0
    assert "cannot emit" in ran.stderr
    assert "upper and lower case" in ran.stderr


def test_a_corpus_of_unknown_labels_is_refused(run, skeletons_run: Path, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "other", each=2)
    manifest = root / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    manifest.write_text("".join(json.dumps(row | {"label": "x" + row["label"]}) + "\n" for row in rows))
    ran = run("evaluate", f"model={skeletons_run}", "corpus=manifest", f"corpus.root={root}", "split=all")
    assert ran.exit_code == 2
    assert "knows none of the corpus's labels ('xclose', 'xopen'); it knows close, open" in ran.stderr


def test_the_root_of_a_corpus_without_its_name_is_refused(run, tones_run: Path, tmp_path: Path) -> None:
    ran = run("evaluate", f"model={tones_run}", f"corpus.root={tmp_path}")
    assert ran.exit_code == 2
    assert "corpus=NAME" in ran.stderr


def test_a_report_that_names_the_former_module_of_a_corpus_is_read(run, tones_run: Path, tmp_path: Path) -> None:
    tones = write_tones(tmp_path / "tones", clips=4)
    texts = [json.loads(line)["text"] for line in (tones / "manifest.jsonl").read_text().splitlines()]
    root = tmp_path / "an4"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "an4_test.fileids").write_text("".join(f"ann/{i}\n" for i in range(4)))
    transcripts = "".join(f"{text} ({i})\n" for i, text in enumerate(texts))
    (root / "etc" / "an4_test.transcription").write_text(transcripts)
    (root / "wav" / "ann").mkdir(parents=True)
    for number in range(4):
        shutil.copy(tones / f"{number}.wav", root / "wav" / "ann")
    run_dir = shutil.copytree(tones_run, tmp_path / "run")
    report = json.loads((run_dir / "report.json").read_text())
    report["config"]["corpus"] = {"_target_": "data_prep.corpora.an4.An4", "root": str(root)}
    (run_dir / "report.json").write_text(json.dumps(report))
    ran = run("evaluate", f"model={run_dir}", "split=test", f"store_dir={tmp_path / 'store'}", "num_workers=0")
    assert ran.exit_code == 0
    assert (ran.result["clips"], ran.result["failed"]) == (4, 0)
