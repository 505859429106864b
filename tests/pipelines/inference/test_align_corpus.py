"""``align`` writes when each unit is said, in all formats, and reports what cannot be aligned."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from data_prep.corpora.aligned_units import AlignedUnits
from data_prep.corpora.manifest import ManifestCorpus
from data_prep.manifest import read_manifest
from recognizers.inference.aligned_clip import read_alignments
from tests.pipelines.conftest import RATE_HZ


def align(run, model: Path, output: Path, *more: str) -> Any:
    store = model.parent / "store"
    return run("align", f"model={model}", f"output={output}", f"store_dir={store}", "num_workers=0", *more)


@pytest.fixture
def aligned(run, tones: Path, tones_run: Path, tmp_path: Path) -> Path:
    output = tmp_path / "aligned"
    ran = align(run, tones_run, output, "formats=[jsonl,ctm,textgrid,units]")
    assert ran.exit_code == 0, ran.stderr
    letters = sum(len(clip.text or "") for clip in read_manifest(tones / "manifest.jsonl"))
    assert ran.result == {"clips": 60, "units": letters, "failed": 0, "output": str(output)}
    return output


def test_each_letter_is_where_its_tone_is(aligned: Path, tones: Path) -> None:
    clips = read_alignments(aligned / "alignments.jsonl")
    assert len(clips) == 60
    for clip in clips:
        assert "".join(word.text for word in clip.words) == clip.text
        ends = [time for word in clip.words for time in (word.start_s, word.end_s)]
        assert ends == sorted(ends)
    sounds = [
        (samples[round(word.start_s * RATE_HZ) : round(word.end_s * RATE_HZ)] ** 2).mean()
        for clip in clips[:20]
        for samples in [soundfile.read(clip.path)[0]]
        for word in clip.words
    ]
    assert min(sounds) > 0.3**2 / 2 / 4  # the tones are as long as the silence between them, at least


def test_the_formats_agree(aligned: Path) -> None:
    clips = read_alignments(aligned / "alignments.jsonl")
    words = [(clip.id, word) for clip in clips for word in clip.words]
    lines = [line.split() for line in (aligned / "alignments.ctm").read_text().splitlines()]
    assert [(line[0], line[4]) for line in lines] == [(clip_id, word.text) for clip_id, word in words]
    assert [float(line[2]) for line in lines] == [word.start_s for _, word in words]
    units = read_manifest(aligned / "units.jsonl")
    assert [(unit.label, unit.text, unit.start_s, unit.end_s) for unit in units[:20]] == [
        (word.text, word.text, word.start_s, word.end_s) for _, word in words[:20]
    ]
    assert {unit.speaker for unit in units} == {f"s{i}" for i in range(10)}
    assert {unit.split for unit in units} == {"train", "validation", "test"}
    assert all(unit.path.is_file() for unit in units)
    assert len(list((aligned / "textgrids").glob("*.TextGrid"))) == 60


def test_textgrids_are_read_back(aligned: Path, tones: Path) -> None:
    folder = aligned.parent / "grids"
    shutil.copytree(aligned / "textgrids", folder)
    for path in tones.glob("*.wav"):
        shutil.copy(path, folder)
    read = ManifestCorpus(str(folder), columns={"text": "words"}).clips()
    written = [word for clip in read_alignments(aligned / "alignments.jsonl") for word in clip.words]
    assert sorted((clip.text, clip.start_s) for clip in read) == sorted((word.text, word.start_s) for word in written)


def test_units_are_a_corpus_of_labels(aligned: Path) -> None:
    corpus = AlignedUnits(str(aligned / "units.jsonl"), units={"a": "first", "b": "second"})
    assert {(clip.label, clip.text) for clip in corpus.clips()} == {("first", "first"), ("second", "second")}


def test_lists_of_formats_not_chosen_are_removed_and_textgrids_stay(run, tones_run: Path, aligned: Path) -> None:
    assert align(run, tones_run, aligned, "formats=ctm", "split=test").exit_code == 0
    assert sorted(path.name for path in aligned.iterdir()) == ["align.json", "alignments.ctm", "textgrids"]


def test_clips_that_cannot_be_aligned_are_failures(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    texts = {"0.wav": "abc" * 300, "1.wav": "xyz", "none.wav": "abc", "2.wav": "a"}
    rows = [{"id": name, "path": str(tones / name), "text": text, "split": "test"} for name, text in texts.items()]
    manifest = tmp_path / "some.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    output = tmp_path / "out"
    ran = align(run, tones_run, output, "corpus=manifest", f"corpus.root={manifest}")
    assert ran.exit_code == 1
    assert (ran.result["clips"], ran.result["failed"]) == (1, 3)
    assert [clip.id for clip in read_alignments(output / "alignments.jsonl")] == ["2.wav"]
    failures = {
        row["id"]: row["reason"] for row in map(json.loads, (output / "failures.jsonl").read_text().splitlines())
    }
    assert "900 symbols need 900 frames" in failures["0.wav"]
    assert "'x', 'y', 'z'" in failures["1.wav"]
    assert "none.wav" in failures["none.wav"]


def test_nothing_to_align_is_an_error(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "some.jsonl"
    manifest.write_text(json.dumps({"path": str(tones / "0.wav"), "text": "xyz", "split": "test"}))
    ran = align(run, tones_run, tmp_path / "out", "corpus=manifest", f"corpus.root={manifest}")
    assert ran.exit_code == 2
    assert "none of the 1 clips can be aligned; the first: clip" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_files_of_others_are_kept(run, tones_run: Path, tmp_path: Path) -> None:
    (tmp_path / "alignments.ctm").write_text("mine")
    ran = align(run, tones_run, tmp_path)
    assert ran.exit_code == 2
    assert "alignments.ctm exists and would be overwritten" in ran.stderr
    assert (tmp_path / "alignments.ctm").read_text() == "mine"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("formats=srt", "formats must be one of jsonl, ctm, textgrid, units; found 'srt'"),
        ("formats=[]", "give at least one of jsonl"),
        ("split=dev", "split must be one of"),
    ],
)
def test_wrong_settings_are_refused(run, tones_run: Path, tmp_path: Path, setting: str, message: str) -> None:
    ran = align(run, tones_run, tmp_path / "out", setting)
    assert ran.exit_code == 2
    assert message in ran.stderr
