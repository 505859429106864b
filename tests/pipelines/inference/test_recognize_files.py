"""The commands transcribe and classify turn files into results and failures."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.features.shrec_skeleton import read_shrec_skeleton
from data_prep.media import Media
from tests.pipelines.conftest import RATE_HZ, write_skeletons


def rows(path: Path) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def test_each_file_of_a_folder_gets_a_text_and_a_line(run, tones: Path, tones_run: Path, tmp_path: Path) -> None:
    ran = run("transcribe", f"model={tones_run}", f"inputs={tones}", f"output_dir={tmp_path}", "num_workers=0")
    assert ran.exit_code == 0
    assert ran.result["done"] == 60
    assert ran.result["audio_s"] == pytest.approx(
        sum(soundfile.info(path).duration for path in tones.glob("*.wav")), abs=0.6
    )
    truth = {row["path"]: row["text"] for row in map(json.loads, (tones / "manifest.jsonl").read_text().splitlines())}
    found = rows(tmp_path / "results.jsonl")
    assert sum(found[name]["text"] == text for name, text in truth.items()) > 0.9 * len(truth)
    assert all((tmp_path / name).with_suffix(".txt").read_text() == found[name]["text"] + "\n" for name in truth)


def test_results_do_not_depend_on_batches_or_other_files(run, tones, tones_run, tmp_path: Path) -> None:
    model = f"model={tones_run}"
    run("transcribe", model, f"inputs={tones}", f"output_dir={tmp_path / 'all'}", "num_workers=0", "batch_size=7")
    run("transcribe", model, f"inputs={tones / '7.wav'}", f"output_dir={tmp_path / 'one'}", "num_workers=0")
    together, alone = rows(tmp_path / "all" / "results.jsonl"), rows(tmp_path / "one" / "results.jsonl")
    assert together["7.wav"]["text"] == alone["7.wav"]["text"]
    assert together["7.wav"]["confidence"] == pytest.approx(alone["7.wav"]["confidence"], abs=2e-6)


def test_evaluate_scores_what_transcribe_gives(run, tones, tones_run, tmp_path: Path) -> None:
    run("transcribe", f"model={tones_run}", f"inputs={tones}", f"output_dir={tmp_path}", "num_workers=0")
    arguments = ["split=all", f"store_dir={tones_run.parent / 'store'}", "num_workers=0"]
    ran = run("evaluate", f"model={tones_run}", *arguments)
    assert ran.exit_code == 0
    assert ran.result["clips"] == 60
    said = {name: row["text"] for name, row in rows(tmp_path / "results.jsonl").items()}
    scored = rows(Path(ran.result["results"]))
    assert {f"{name}.wav": row["prediction"] for name, row in scored.items()} == said


def test_broken_files_are_listed_and_the_rest_is_recognised(run, tones, tones_run, tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    (inputs / "deep er").mkdir(parents=True)
    shutil.copy(tones / "0.wav", inputs / "deep er" / "grün.wav")
    shutil.copy(tones / "1.wav", inputs / "same.wav")
    soundfile.write(inputs / "same.flac", soundfile.read(tones / "2.wav")[0], RATE_HZ)
    (inputs / "empty.wav").write_bytes(b"")
    (inputs / "text.mp3").write_text("not sound")
    (inputs / "raw.raw").write_bytes(bytes(1000))
    (inputs / "notes.docx").write_text("not a recording")
    ran = run("transcribe", f"model={tones_run}", f"inputs={inputs}", f"output_dir={tmp_path / 'out'}", "num_workers=0")
    assert ran.exit_code == 1
    assert (ran.result["done"], ran.result["failed"]) == (3, 3)
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.txt"))
    assert written == ["deep er/grün.txt", "same.flac.txt", "same.wav.txt"]
    reasons = {name: row["reason"] for name, row in rows(tmp_path / "out" / "failures.jsonl").items()}
    assert set(reasons) == {"empty.wav", "text.mp3", "raw.raw"}
    assert "encoding=s16le@16000" in reasons["raw.raw"]
    assert all(str(inputs / name) in reason for name, reason in reasons.items())


def test_several_inputs_may_be_globs_and_missing_files_are_failures(run, tones, tones_run, tmp_path: Path) -> None:
    inputs = f"inputs=['{tones}/1*.wav','{tones}/2.wav','{tones}/nothing.wav']"
    ran = run("transcribe", f"model={tones_run}", inputs, f"output_dir={tmp_path}", "num_workers=0")
    assert ran.exit_code == 1
    assert (ran.result["done"], ran.result["failed"]) == (12, 1)
    assert "nothing.wav: no such file" in ran.stderr


def test_paths_come_from_stdin_and_raw_sound_has_an_encoding(
    run, tones, tones_run, tmp_path: Path, monkeypatch
) -> None:
    samples, _ = soundfile.read(tones / "0.wav", dtype="int16")
    (tmp_path / "a.raw").write_bytes(samples.astype(">i2").tobytes())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tmp_path / 'a.raw'}\n{tones / '0.wav'}\n"))
    arguments = ["inputs=-", "encoding=s16be@8000", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    ran = run("transcribe", f"model={tones_run}", *arguments)
    assert ran.exit_code == 0
    first, second = rows(tmp_path / "out" / "results.jsonl").values()
    assert first["text"] == second["text"]


def test_a_manifest_names_parts_of_files(run, tones, tones_run, tmp_path: Path) -> None:
    manifest = tmp_path / "parts.jsonl"
    parts = [{"id": "x/1", "path": str(tones / "0.wav"), "start_s": 0.0, "end_s": 0.2}]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in parts))
    ran = run(
        "transcribe", f"model={tones_run}", f"inputs={manifest}", f"output_dir={tmp_path / 'out'}", "num_workers=0"
    )
    assert ran.exit_code == 0
    assert rows(tmp_path / "out" / "results.jsonl")["x/1"]["duration_s"] == pytest.approx(0.2, abs=0.01)
    parts[0]["id"] = "../../x"
    manifest.write_text(json.dumps(parts[0]) + "\n")
    ran = run(
        "transcribe", f"model={tones_run}", f"inputs={manifest}", f"output_dir={tmp_path / 'out'}", "num_workers=0"
    )
    assert ran.exit_code == 2
    assert "outside the output folder" in ran.stderr


def test_signs_are_classified_with_all_their_scores(run, skeletons_run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "signs", each=2)
    arguments = [f"inputs={root}/*.txt", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    ran = run("classify", f"model={skeletons_run}", *arguments)
    assert ran.exit_code == 0
    assert ran.result == {"done": 4, "failed": 0, "skipped": 0}
    found = rows(tmp_path / "out" / "results.jsonl")
    assert [found[f"{number}.txt"]["label"] for number in range(4)] == ["open", "close", "open", "close"]
    assert all(sum(row["scores"].values()) == pytest.approx(1, abs=1e-5) for row in found.values())


def test_landmarks_from_arrays_are_classified_like_skeletons(run, skeletons_run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "signs", each=1)
    for number, write in enumerate((np.save, lambda path, hand: np.savez(path, landmarks=hand, fps=30))):
        hand = read_shrec_skeleton(Media(root / f"{number}.txt"), 30.0).values[:, 0, 0]
        write(tmp_path / f"{number}", hand)
    arguments = [f"inputs={tmp_path}", f"output_dir={tmp_path / 'out'}", "num_workers=0", "encoding=landmarks@30"]
    ran = run("classify", f"model={skeletons_run}", *arguments)
    assert (ran.exit_code, ran.result) == (0, {"done": 2, "failed": 0, "skipped": 0})
    found = rows(tmp_path / "out" / "results.jsonl")
    assert [found[name]["label"] for name in ("0.npy", "1.npz")] == ["open", "close"]


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("classify", ["inputs={tones}"], "use python -m pipelines.transcribe"),
        ("transcribe", ["inputs=nowhere"], "found no file to recognise"),
        ("transcribe", [], "inputs is not set"),
    ],
)
def test_a_command_that_cannot_start_says_why(run, tones, tones_run, tmp_path, command, arguments, said) -> None:
    arguments = [argument.format(tones=tones) for argument in arguments]
    ran = run(command, f"model={tones_run}", *arguments, f"output_dir={tmp_path}")
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_a_missing_model_is_an_error(run, tones, tmp_path: Path) -> None:
    ran = run("transcribe", f"model={tmp_path}", f"inputs={tones}", f"output_dir={tmp_path}")
    assert ran.exit_code == 2
    assert "found no recognizer.json in it" in ran.stderr


def test_files_of_the_user_are_not_overwritten(run, skeletons_run, tmp_path: Path) -> None:
    root = write_skeletons(tmp_path / "signs", each=1)
    before = (root / "0.txt").read_bytes()
    arguments = [f"model={skeletons_run}", f"inputs={root}/*.txt", f"output_dir={root}", "num_workers=0"]
    ran = run("classify", *arguments)
    assert ran.exit_code == 2
    assert "exists and is not a result of an earlier call" in ran.stderr
    assert (root / "0.txt").read_bytes() == before
    assert run("classify", *arguments, "overwrite=true").exit_code == 0
    assert (root / "0.txt").read_text() == "open\n"


def test_results_of_earlier_calls_are_kept_or_replaced(run, tones, tones_run, tmp_path: Path) -> None:
    for inputs in ("0.wav", "1.wav", "0.wav"):
        arguments = [f"inputs={tones / inputs}", f"output_dir={tmp_path}", "num_workers=0"]
        assert run("transcribe", f"model={tones_run}", *arguments).exit_code == 0
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == ["0.wav", "1.wav"]


@pytest.mark.parametrize(
    "name", ["ünï 日本.wav", "it's.wav", 'q"uote.wav', "x=y.wav", "br[ack]et.wav", "c,omma.wav", "(1).wav"]
)
def test_any_file_name_can_be_given(run, tones, tones_run, tmp_path: Path, name: str) -> None:
    shutil.copy(tones / "0.wav", tmp_path / name)
    arguments = [f"inputs={tmp_path / name}", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    ran = run("transcribe", f"model={tones_run}", *arguments)
    assert ran.exit_code == 0, ran.stderr
    assert (tmp_path / "out" / name).with_suffix(".txt").is_file()


def test_paths_on_stdin_may_end_in_nul(run, tones, tones_run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tones / '0.wav'}\0{tones / '1.wav'}\0"))
    ran = run("transcribe", f"model={tones_run}", "inputs=-", f"output_dir={tmp_path}", "num_workers=0")
    assert (ran.exit_code, ran.result["done"]) == (0, 2)


def test_a_missing_path_on_stdin_is_a_failure(run, tones, tones_run, tmp_path: Path, monkeypatch) -> None:
    given = [f"model={tones_run}", "inputs=-", f"output_dir={tmp_path / 'out'}", "num_workers=0"]
    (tmp_path / "x1.wav").write_bytes((tones / "1.wav").read_bytes())
    missing = str(tmp_path / "x[1].wav")  # as a glob, it would be the other file
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tones / '0.wav'}\n{missing}\n"))
    ran = run("transcribe", *given)
    assert (ran.exit_code, ran.result["done"], ran.result["failed"]) == (1, 1, 1)
    assert set(rows(tmp_path / "out" / "failures.jsonl")) == {missing}
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{missing}\n"))
    ran = run("transcribe", *given)
    assert (ran.exit_code, ran.result["failed"]) == (1, 1)


def test_an_output_folder_that_cannot_be_created_is_named(run, tones, tones_run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = run("transcribe", f"model={tones_run}", f"inputs={tones}", f"output_dir={tmp_path / 'file'}", "num_workers=0")
    assert ran.exit_code == 2
    assert f"{tmp_path / 'file'}: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_interrupted_call_can_be_repeated(
    run, tones, tones_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [f"model={tones_run}", f"inputs=[{tones}/1.wav,{tones}/2.wav]", f"output_dir={tmp_path}", "num_workers=0"]
    assert run("transcribe", *given).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.inference.output_dir.OutputDir.add_result", interrupt)
        assert run("transcribe", *given, "overwrite=true").exit_code == 130
    with open(tmp_path / "results.jsonl", "a", encoding="utf-8") as results:
        results.write('{"id": "3.wav", "text": "cut o')
    assert run("transcribe", *given).exit_code == 0
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 2


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_manifests_with_the_same_id_are_an_error(run, tones, tones_run, tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"id": "x", "path": f"{tones}/{number}.wav"}) + "\n")
    inputs = f"inputs=[{tmp_path}/a.jsonl,{tmp_path}/b.jsonl]"
    ran = run("transcribe", f"model={tones_run}", inputs, f"output_dir={tmp_path / 'out'}")
    assert ran.exit_code == 2
    assert "2 files have the id 'x'" in ran.stderr
