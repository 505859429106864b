"""Every command refuses to write over a file that it did not write."""

import json
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.cli.own_files import check_writes_only_own_files
from tests.pipelines.conftest import quick, write_tones


def test_only_a_folder_with_the_marker_is_written_over(tmp_path: Path) -> None:
    names = ("manifest.jsonl", "overview.html")
    check_writes_only_own_files(tmp_path / "new", names, "output_dir")
    check_writes_only_own_files(tmp_path, names, "output_dir")
    (tmp_path / "manifest.jsonl").write_text("mine")
    with pytest.raises(InputError, match=r"manifest\.jsonl exists and would be overwritten, .* no overview\.html"):
        check_writes_only_own_files(tmp_path, names, "output_dir")
    (tmp_path / "overview.html").write_text("")
    check_writes_only_own_files(tmp_path, names, "output_dir")


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    """Not even in a folder of the same command, and not under another name."""
    (tmp_path / "overview.html").write_text("")
    (tmp_path / "manifest.jsonl").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match=r"manifest\.jsonl is an input and would be overwritten"):
        check_writes_only_own_files(
            tmp_path / "link", ("manifest.jsonl", "overview.html"), "output_dir", [tmp_path / "manifest.jsonl"]
        )


@pytest.mark.parametrize("again", [False, True])
def test_prepare_keeps_a_manifest_of_ones_own(run, tmp_path: Path, again: bool) -> None:
    """The manifest lists a clip that cannot be read, which would be lost; also after an earlier call elsewhere."""
    root = write_tones(tmp_path / "tones", clips=12)
    rows = (root / "manifest.jsonl").read_text() + json.dumps({"path": "bad.wav", "text": "ab", "note": "mine"}) + "\n"
    (root / "bad.wav").write_bytes(b"no sound")
    (root / "manifest.jsonl").write_text(rows)
    if again:
        (root / "overview.html").write_text("")
    ran = run("prepare", "corpus=manifest", f"corpus.root={root}", f"output_dir={root}", f"store_dir={tmp_path / 's'}")
    assert ran.exit_code == 2
    assert "manifest.jsonl is an input and would be overwritten; give another output_dir" in ran.stderr
    assert (root / "manifest.jsonl").read_text() == rows


def test_prepare_writes_over_its_own_files(run, tones: Path, tmp_path: Path) -> None:
    arguments = ["corpus=manifest", f"corpus.root={tones}", f"output_dir={tmp_path}", f"store_dir={tmp_path / 'store'}"]
    assert run("prepare", *arguments, "num_workers=0").exit_code == 0
    assert run("prepare", *arguments, "num_workers=0").exit_code == 0


def test_train_keeps_a_manifest_of_ones_own(run, tmp_path: Path) -> None:
    root = write_tones(tmp_path / "tones", clips=12)
    before = {path.name: path.read_bytes() for path in root.iterdir()}
    ran = run("train", *quick(root, root))
    assert ran.exit_code == 2
    assert f"hydra.run.dir={root}: {root / 'manifest.jsonl'} exists and would be overwritten" in ran.stderr
    after = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_train_keeps_a_log_of_ones_own(run, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "train.log").write_text("mine\n")
    assert run("train", *quick(tmp_path / "nowhere", tmp_path / "run")).exit_code == 2
    assert (tmp_path / "run" / "train.log").read_text().startswith("mine\n")


def test_evaluate_keeps_the_files_of_other_commands(run, tones_run: Path, tmp_path: Path) -> None:
    (tmp_path / "failures.jsonl").write_text("of a run\n")
    ran = run("evaluate", f"model={tones_run}", f"output_dir={tmp_path}")
    assert ran.exit_code == 2
    assert "failures.jsonl exists and would be overwritten" in ran.stderr
    assert (tmp_path / "failures.jsonl").read_text() == "of a run\n"


@pytest.mark.parametrize("name", ["results.jsonl", "failures.jsonl"])
def test_transcribe_keeps_results_of_others(run, tones: Path, tones_run: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text('{"id": "1", "mine": true}\n')
    ran = run("transcribe", f"model={tones_run}", f"inputs={tones / '1.wav'}", f"output_dir={out}", "overwrite=true")
    assert ran.exit_code == 2
    assert "would be overwritten" in ran.stderr
    assert (out / name).read_text() == '{"id": "1", "mine": true}\n'


def test_a_language_model_does_not_replace_its_sentences(run, tmp_path: Path) -> None:
    sentences = tmp_path / "text.txt"
    sentences.write_text("one two\n")
    ran = run("language_model", f"transcripts={sentences}", f"output={sentences}", "overwrite=true")
    assert ran.exit_code == 2
    assert "is a file of the transcripts" in ran.stderr
    assert sentences.read_text() == "one two\n"
