"""A repeated call completes an output folder, whatever changed, interrupted or killed the call before it."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.media import Media
from data_prep.store.content_hash import content_hash, media_key
from pipelines.cli.schema import ClassifyConfig, ExportConfig, TranscribeConfig
from pipelines.inference.export_onnx import export
from pipelines.inference.formats import CLASSIFICATION_FORMATS, TRANSCRIPT_FORMATS
from pipelines.inference.output_dir import LOCK_NAME, OutputDir
from pipelines.inference.settings_key import settings_key
from recognizers.bundle.layout import RUNTIMES
from tests.pipelines.conftest import write_skeletons

ROOT = Path(__file__).parents[3]
FORMATS = "formats=[txt,srt,vtt,tsv,json,ctm]"


def rows(path: Path) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.txt")}


@pytest.fixture
def inputs(tones: Path, tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(4):
        shutil.copy(tones / f"{number}.wav", tmp_path / "in")
    return tmp_path / "in"


def arguments(run_dir: Path, inputs: Path, *more: str) -> list[str]:
    return [f"model={run_dir}", f"inputs={inputs}", f"output_dir={inputs.parent / 'out'}", "num_workers=0", *more]


def counts(ran) -> tuple[int, int, int]:
    return ran.result["done"], ran.result["skipped"], ran.result["failed"]


def test_finished_inputs_are_skipped_unless_overwritten(run, tones_run, inputs: Path) -> None:
    given = arguments(tones_run, inputs)
    assert counts(run("transcribe", *given)) == (4, 0, 0)
    before = stamps(inputs.parent / "out")
    again = run("transcribe", *given, "batch_size=1")
    assert counts(again) == (0, 4, 0)
    assert stamps(inputs.parent / "out") == before
    assert (again.result["audio_s"], again.result["rtfx"]) == (0, 0)
    assert counts(run("transcribe", *given, "overwrite=true")) == (4, 0, 0)
    assert not set(stamps(inputs.parent / "out").items()) & set(before.items())


def test_only_changed_inputs_are_recognised_again(run, tones, tones_run, inputs: Path) -> None:
    given = arguments(tones_run, inputs)
    run("transcribe", *given)
    shutil.copy(tones / "9.wav", inputs / "0.wav")
    os.utime(inputs / "1.wav")  # touched, not changed
    shutil.copy(tones / "8.wav", inputs / "8.wav")
    assert counts(run("transcribe", *given)) == (2, 3, 0)
    found = rows(inputs.parent / "out" / "results.jsonl")
    assert sorted(found) == ["0.wav", "1.wav", "2.wav", "3.wav", "8.wav"]
    assert (inputs.parent / "out" / "0.txt").read_text() == found["0.wav"]["text"] + "\n"
    assert counts(run("transcribe", *given, "whole_up_to_s=20")) == (5, 0, 0)


def test_other_formats_are_written_from_finished_results(run, tones_run, inputs: Path) -> None:
    run("transcribe", *arguments(tones_run, inputs))
    (inputs.parent / "out" / "2.txt").unlink()
    assert counts(run("transcribe", *arguments(tones_run, inputs, FORMATS))) == (0, 4, 0)
    out = inputs.parent / "out"
    assert {path.suffix for path in out.glob("2.*")} == {".txt", ".srt", ".vtt", ".tsv", ".json", ".ctm"}
    assert json.loads((out / "2.json").read_text()) == rows(out / "results.jsonl")["2.wav"]


def test_failed_inputs_are_tried_again_and_lose_their_earlier_results(run, tones, tones_run, inputs: Path) -> None:
    given = arguments(tones_run, inputs)
    run("transcribe", *given)
    (inputs / "1.wav").write_bytes(b"RIFF")
    ran = run("transcribe", *given)
    assert (ran.exit_code, counts(ran)) == (1, (0, 3, 1))
    assert set(rows(inputs.parent / "out" / "failures.jsonl")) == {"1.wav"}
    assert "1.wav" not in rows(inputs.parent / "out" / "results.jsonl")
    shutil.copy(tones / "1.wav", inputs)
    ran = run("transcribe", *given, "overwrite=true")
    assert (ran.exit_code, counts(ran)) == (0, (4, 0, 0))
    assert not (inputs.parent / "out" / "failures.jsonl").exists()


def test_the_key_changes_only_with_settings_that_matter(tones_run, tmp_path: Path) -> None:
    cfg = TranscribeConfig(model=str(tones_run), inputs="x", output_dir="out", batch_size=2)
    key = settings_key(cfg)
    copied = Path(shutil.copytree(tones_run / "bundle", tmp_path / "bundle"))
    assert settings_key(replace(cfg, batch_size=7, inputs="y", formats=["srt"], model=str(copied))) == key
    assert settings_key(replace(cfg, whole_up_to_s=20.0)) != key
    lm = tmp_path / "lm.arpa"
    keys = {key}
    for text in ("one", "two"):
        lm.write_text(text)
        keys.add(settings_key(replace(cfg, decoder={"_target_": "x", "language_model": str(lm)})))
    (copied / "model.safetensors").write_bytes(b"other weights")
    keys.add(settings_key(replace(cfg, model=str(copied))))
    assert len(keys) == 4


def test_the_key_depends_on_the_files_that_the_runtime_reads(tones_run, tmp_path: Path) -> None:
    shutil.copytree(tones_run / "bundle", tmp_path / "run" / "bundle")
    export(ExportConfig(model=str(tmp_path / "run"), features_inside=False))

    def keys(folder: str = "run") -> list[str]:
        return [settings_key(ClassifyConfig(model=str(tmp_path / folder), runtime=runtime)) for runtime in RUNTIMES]

    before = keys()
    assert len(set(before)) == 3
    shutil.copytree(tmp_path / "run" / "onnx", tmp_path / "elsewhere")
    assert keys("elsewhere")[1:] == before[1:]
    changes = {
        "bundle/model.safetensors": [True, False, False],
        "onnx/model.onnx": [False, True, False],
        "onnx/model.int8.onnx": [False, False, True],
        "onnx/recognizer.json": [False, True, True],
        "onnx/export.json": [False, True, True],
    }
    for name, expected in changes.items():
        path = tmp_path / "run" / name
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        assert [now != then for now, then in zip(keys(), before, strict=True)] == expected, name
        path.write_bytes(content)
    assert keys() == before


def test_keys_of_classifications_are_those_of_version_0_1(tmp_path: Path) -> None:
    """Results of earlier versions are skipped only if their keys stay the same; transcripts have since changed."""
    frozen = str(ROOT / "tests" / "frozen" / "keywords" / "bundle")
    output_dir = OutputDir(tmp_path, CLASSIFICATION_FORMATS, [], settings_key(ClassifyConfig(model=frozen)))
    media = Media(ROOT / "tests" / "frozen" / "an4.flac")
    key = output_dir.result_key(media_key(media, content_hash(media.path)))
    assert key == "b64f9c9f11dcef6856c175c74e3c5ca0"


def open_output_dir(folder: Path) -> OutputDir:
    return OutputDir(folder, TRANSCRIPT_FORMATS, [], "settings")


def test_two_processes_cannot_write_to_one_folder(tmp_path: Path) -> None:
    first = open_output_dir(tmp_path)
    with pytest.raises(InputError, match="another process is writing its results there"):
        open_output_dir(tmp_path)
    del first
    open_output_dir(tmp_path)


HOLD_LOCK = """
import sys, time
from pathlib import Path
from pipelines.inference.formats import TRANSCRIPT_FORMATS
from pipelines.inference.output_dir import OutputDir
output_dir = OutputDir(Path(sys.argv[1]), TRANSCRIPT_FORMATS, [], "settings")
print("locked", flush=True)
time.sleep(100)
"""


def test_the_lock_of_a_killed_process_does_not_remain(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD_LOCK, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(InputError, match="another process is writing its results there"):
        open_output_dir(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / LOCK_NAME).exists()
    open_output_dir(tmp_path)


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError()])
def test_a_file_system_without_locks_is_used_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("filelock.FileLock.acquire", fail)
    first, second = open_output_dir(tmp_path), open_output_dir(tmp_path)
    assert first.folder == second.folder


def test_the_table_holds_the_best_labels(run, skeletons_run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "signs", each=2)
    given = [f"model={skeletons_run}", f"inputs={root}/*.txt", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    assert counts(run("classify", *given, "formats=[csv]", "top_k=1")) == (4, 0, 0)
    assert not list((tmp_path / "out").glob("*.txt"))
    table = list(csv.DictReader((tmp_path / "out" / "results.csv").open()))
    assert [row["label_1"] for row in table] == ["open", "close", "open", "close"]
    assert "label_2" not in table[0]
    assert counts(run("classify", *given, "formats=[csv]")) == (4, 0, 0)  # one more label a clip
    table = list(csv.DictReader((tmp_path / "out" / "results.csv").open()))
    sums = [float(row["probability_1"]) + float(row["probability_2"]) for row in table]
    assert sums == pytest.approx([1] * 4, abs=1e-5)
    assert counts(run("classify", *given, "formats=[csv]")) == (0, 4, 0)


KILLED = """
import sys
import recognizers.inference.recognize
recognizers.inference.recognize.MAX_QUEUED = 6  # results come every few files
from pipelines.transcribe import main
main()
"""


@pytest.mark.parametrize("after", [1, 17])
def test_kill_9_leaves_no_incomplete_file_and_the_next_call_does_the_rest(
    run, tones, tones_run, tmp_path: Path, after: int
) -> None:
    out = tmp_path / "out"
    given = [
        f"model={tones_run}",
        f"inputs={tones}",
        f"output_dir={out}",
        "num_workers=0",
        FORMATS,
        "voice_activity=energy",
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, *given], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 100
    while len(list(out.glob("*.ctm"))) < after:
        assert process.poll() is None, "the command ended before it could be killed"
        assert time.monotonic() < until, "no results"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = rows(out / "results.jsonl")  # each line is whole
    assert after <= len(kept) < 60
    for path in out.glob("*.json"):
        assert json.loads(path.read_text())["id"] in kept
    ran = run("transcribe", *given)
    assert (ran.exit_code, counts(ran)) == (0, (60 - len(kept), len(kept), 0))
    found = rows(out / "results.jsonl")
    assert len(found) == len((out / "results.jsonl").read_text().splitlines()) == 60
    for name, row in found.items():
        assert json.loads((out / name).with_suffix(".json").read_text()) == row
        assert (out / name).with_suffix(".txt").read_text() == row["text"] + "\n"
        assert (out / name).with_suffix(".vtt").read_text().startswith("WEBVTT\n")
        for ending in (".srt", ".tsv", ".ctm"):
            assert (out / name).with_suffix(ending).is_file()
