"""Inputs with odd names, of odd kinds and with broken contents are recognised or reported, each exactly once."""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from data_prep.errors import InputError
from data_prep.media import Media
from data_prep.workers.guarded_map import MediaFailure
from pipelines.inference import recognize_files
from pipelines.inference.inputs import MAX_NAME_BYTES, Input, find_inputs
from recognizers.inference.segments import RecordingReader
from tests.pipelines.conftest import RATE_HZ

sys.path.append(str(Path(__file__).parents[2] / "data_prep/store"))  # for worker processes, too

import byte_corpus

NAMES = [
    *(
        "new\nline.wav",
        "-dash.wav",
        "日本 語.wav",
        "sp ace .wav",
        "$(x) 'y'.wav",
        "a" * 251 + ".wav",
        "ü" * 125 + ".wav",
    ),
    *("x.wav/in.wav", "x/same.wav", "y/same.wav", os.fsdecode(b"not\xffutf8.wav"), "\x1b[31m.wav"),
]
WHY_BAD = {
    "empty.wav": "is empty",
    "half.wav": "truncated",
    "text.mp3": "not readable as audio",
    "pipe.wav": "a pipe",
    "zero.wav": "a device",
    "broken.wav": "a broken link to nowhere",
    "circle.wav": "a broken link to circle.wav",
    "clash.wav": "cannot be written",
}


def rows(path: Path) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


@pytest.fixture
def hostile(tones: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for number, name in enumerate([*NAMES, "clash.wav", "clash.txt/a.wav", ".git/a.wav"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tones / f"{number}.wav", folder / name)
    soundfile.write(folder / "x" / "same.flac", soundfile.read(tones / "20.wav")[0], RATE_HZ)
    (folder / "empty.wav").touch()
    (folder / "half.wav").write_bytes((tones / "0.wav").read_bytes()[:1000])
    (folder / "text.mp3").write_text("not sound")
    os.mkfifo(folder / "pipe.wav")
    for name, to in {"zero": "/dev/zero", "broken": "nowhere", "circle": "circle.wav", "out": tones / "1.wav"}.items():
        (folder / f"{name}.wav").symlink_to(to)
    (folder / "outside").symlink_to(tones)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The content of each file by name; the lines of JSON files are sorted, because they come in any order."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found.pop("content_hashes.jsonl", None)
    return {
        name: b"\n".join(sorted(content.splitlines())) if name.endswith("s.jsonl") else content
        for name, content in found.items()
    }


def test_each_input_gives_one_result_or_failure(run, tones_run, hostile, tmp_path: Path) -> None:
    given = [f"model={tones_run}", f"inputs={hostile}", "formats=[txt,srt,json]"]
    whole = run("transcribe", *given, f"output_dir={tmp_path / 'out'}", "num_workers=0", "batch_size=16")
    assert (whole.exit_code, whole.result["failed"]) == (1, len(WHY_BAD))
    reasons = {name: row["reason"] for name, row in rows(tmp_path / "out" / "failures.jsonl").items()}
    assert set(reasons) == set(WHY_BAD)
    assert all(why in reasons[name] for name, why in WHY_BAD.items()), reasons
    good = {*NAMES, "clash.txt/a.wav", "x/same.flac", "out.wav"}
    assert set(rows(tmp_path / "out" / "results.jsonl")) == good
    for ending in ("txt", "srt", "json"):
        assert len([path for path in (tmp_path / "out").rglob(f"*.{ending}") if path.is_file()]) == len(good)
    # Other batches, and worker processes, complete the results of a call that was killed while writing.
    before = contents(tmp_path / "out")
    lines = (tmp_path / "out" / "results.jsonl").read_bytes().splitlines(keepends=True)
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.jsonl").write_bytes(b"".join(lines[:7]) + lines[7][:50])
    (tmp_path / "out" / f"results.{'0' * 32}.partial").write_text("ha")
    again = run("transcribe", *given, f"output_dir={tmp_path / 'out'}", "num_workers=2", "batch_size=3")
    assert (again.exit_code, again.result["skipped"]) == (1, 7 - ("clash.wav" in str(lines[:7])))
    assert contents(tmp_path / "out") == before
    assert run("transcribe", *given, f"output_dir={tmp_path / 'out'}").result["skipped"] == len(good)


def test_a_file_that_kills_its_decoder_is_a_failure_even_alone(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(byte_corpus.DEADLY)
    item = Input("a.wav", Media(tmp_path / "a.wav"), Path("a"))
    reader = RecordingReader(byte_corpus.Bytes(), None, "text")  # type: ignore[arg-type]
    [(read_item, failure)] = recognize_files._read([item], reader, 1)
    assert read_item == item
    assert isinstance(failure, MediaFailure)
    assert "died (signal 9)" in failure.reason


def test_an_input_that_fails_loses_its_earlier_result(run, tones, tones_run, tmp_path: Path) -> None:
    for number in (1, 2):
        shutil.copy(tones / f"{number}.wav", tmp_path)
    given = [f"model={tones_run}", f"inputs=[{tmp_path}/1.wav,{tmp_path}/2.wav]", f"output_dir={tmp_path / 'out'}"]
    assert run("transcribe", *given, "num_workers=0").exit_code == 0
    (tmp_path / "1.wav").write_bytes(b"RIFF")
    assert run("transcribe", *given, "num_workers=0").exit_code == 1
    assert not (tmp_path / "out" / "1.txt").exists()
    shutil.copy(tones / "1.wav", tmp_path)
    assert run("transcribe", *given, "num_workers=0").exit_code == 0


def test_long_names_are_cut_and_stay_different(tmp_path: Path) -> None:
    for name in ("ü" * 125 + "a.wav", "ü" * 125 + "b.wav"):
        (tmp_path / name).touch()
    items, _ = find_inputs(str(tmp_path), frozenset({".wav"}))
    assert [len(os.fsencode(item.output.name)) <= MAX_NAME_BYTES for item in items] == [True, True]
    assert len({item.output for item in items}) == 2


@pytest.mark.parametrize("name", ["a\0b", "\ud800", ".", "/x", "a/../../x"])
def test_an_id_that_cannot_be_a_file_name_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": name, "path": "a.wav"}) + "\n")
    with pytest.raises(InputError, match=r"would be written outside|cannot be the name of a file"):
        find_inputs(str(tmp_path / "m.jsonl"), frozenset({".wav"}))


def test_a_folder_that_cannot_be_read_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("closed/a.wav", "open/a.wav"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    items, failures = find_inputs(str(tmp_path), frozenset({".wav"}))
    assert [item.id for item in items] == ["a.wav"]
    assert [failure.reason for failure in failures] == [f"{tmp_path / 'closed'}: cannot be read (Permission denied)"]
