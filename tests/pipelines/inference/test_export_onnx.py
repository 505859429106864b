"""Exported recognizers, from the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from recognizers.bundle.spec import RecognizerSpec
from recognizers.bundle.weights import save_bundle
from recognizers.decoder.beam import Beam
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary
from tests.pipelines.conftest import RATE_HZ, spoken_tones, write_skeletons

ROOT = Path(__file__).parents[3]
FEATURES = {"_target_": "data_prep.features.mfcc.Mfcc", "num_coefficients": 13, "num_mels": 26}


def rows(path: Path) -> dict[str, dict]:
    return {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def make_bundle(folder: Path, cell: str = "lstm", **parts: object) -> Path:
    encoder = {"_target_": "recognizers.encoder.bilstm.BiLstm", "cell": cell, "layers": 1, "hidden_size": 8}
    vocabulary = Vocabulary("character", tuple("ab "))
    spec = RecognizerSpec(FEATURES, encoder, {"_target_": "recognizers.head.ctc.Ctc"}, vocabulary, **parts)  # type: ignore[arg-type]
    _, *modules = spec.build()
    save_bundle(folder, spec, *modules)
    return folder


@pytest.fixture(scope="module")
def exported_run(tones_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory that contains an export."""
    run_dir = tmp_path_factory.mktemp("exported") / "run"
    shutil.copytree(tones_run / "bundle", run_dir / "bundle")
    for name in ("manifest.jsonl", "report.json"):
        shutil.copy(tones_run / name, run_dir / name)
    export(ExportConfig(model=str(run_dir)))
    return run_dir


def test_export_reports_differences_from_the_bundle(run, exported_run: Path) -> None:
    ran = run("export", f"model={exported_run}")  # overwrites the first export
    assert ran.exit_code == 0
    assert ran.result["onnx"] == str(exported_run / "onnx")
    assert 0 <= ran.result["max_abs_diff"] < 1e-4
    assert 1e-5 < ran.result["int8_max_abs_diff"] < 2
    assert ran.result["changed_predictions"] == 0
    assert 0 < ran.result["inside_features_max_abs_diff"] < 1e-4
    assert 0 < ran.result["inside_max_abs_diff"] < 1e-4
    assert ran.result["inside_changed_predictions"] == 0
    assert 1e-5 < ran.result["int8_inside_max_abs_diff"] < 2
    assert ran.result["checked_clips"] == 16
    assert f"transcribe model={exported_run / 'onnx'} runtime=onnx" in ran.stderr
    names = {path.name for path in (exported_run / "onnx").iterdir()}
    inside = {"from_waveform.int8.onnx", "from_waveform.json", "from_waveform.onnx"}
    assert names == {"export.json", "model.int8.onnx", "model.onnx", "recognizer.json", *inside}
    record = json.loads((exported_run / "onnx" / "export.json").read_text(encoding="utf-8"))
    assert record["checked_on"] == {"clips": 16, "are_real": True}
    assert not list(exported_run.glob("onnx.*"))


@pytest.mark.parametrize("runtime", ["onnx", "onnx_int8"])
@pytest.mark.parametrize("model", [".", "onnx"])
def test_an_export_gives_the_transcripts_of_the_bundle(
    run, tones: Path, exported_run: Path, tmp_path: Path, runtime: str, model: str
) -> None:
    given = [f"inputs={tones}", "num_workers=0"]
    assert run("transcribe", f"model={exported_run}", f"output_dir={tmp_path / 'a'}", *given).exit_code == 0
    more = [f"model={exported_run / model}", f"output_dir={tmp_path / 'b'}", f"runtime={runtime}"]
    assert run("transcribe", *more, *given).exit_code == 0
    expected, found = rows(tmp_path / "a" / "results.jsonl"), rows(tmp_path / "b" / "results.jsonl")
    same = sum(found[name]["text"] == row["text"] for name, row in expected.items())
    assert same == len(expected) if runtime == "onnx" else same > 0.9 * len(expected)
    if runtime == "onnx":
        confidences = {name: row["confidence"] for name, row in expected.items()}
        assert {name: row["confidence"] for name, row in found.items()} == pytest.approx(confidences, abs=1e-4)


def test_an_export_gets_the_scores_of_the_bundle(run, exported_run: Path, tmp_path: Path) -> None:
    scores = [
        run("evaluate", f"model={exported_run}", "num_workers=0", f"output_dir={tmp_path}", f"runtime={runtime}",
            f"store_dir={tmp_path / 'store'}").result["wer"]
        for runtime in ("torch", "onnx", "onnx_int8")
    ]  # fmt: skip
    assert scores[0] == scores[1]
    assert scores[2] == pytest.approx(scores[0], abs=0.1)


def test_an_export_classifies_signs(run, skeletons_run: Path, tmp_path: Path) -> None:
    shutil.copytree(skeletons_run / "bundle", tmp_path / "bundle")
    ran = run("export", f"model={tmp_path / 'bundle'}", f"output_dir={tmp_path / 'exported'}")
    assert ran.exit_code == 0
    assert ran.result["max_abs_diff"] < 1e-4
    assert "are checked on noise" in ran.stderr
    skeletons = write_skeletons(tmp_path / "skeletons", each=3)
    for name, *more in (("bundle",), ("exported", "runtime=onnx")):
        given = [f"model={tmp_path / name}", f"inputs={skeletons}/manifest.jsonl", f"output_dir={tmp_path / name}_out"]
        assert run("classify", *given, *more, "num_workers=0").exit_code == 0
    expected, found = (rows(tmp_path / f"{name}_out" / "results.jsonl") for name in ("bundle", "exported"))
    assert len(expected) == 6
    for name, row in expected.items():
        assert found[name]["label"] == row["label"]
        assert found[name]["scores"] == pytest.approx(row["scores"], abs=1e-4)


@pytest.fixture
def recordings(tones: Path, tmp_path: Path) -> Path:
    """A short recording, and one that is long enough to be cut."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    shutil.copy(tones / "1.wav", folder)
    rng = np.random.default_rng(5)
    parts = [np.concatenate([spoken_tones("abca", rng), 0.003 * rng.standard_normal(RATE_HZ)]) for _ in range(20)]
    soundfile.write(folder / "long.wav", np.concatenate(parts), RATE_HZ)
    assert soundfile.info(folder / "long.wav").duration > 30
    return folder


@pytest.mark.parametrize("runtime", ["onnx", "onnx_int8"])
def test_an_export_gives_the_word_times_of_the_bundle_for_short_and_long_recordings(
    run, exported_run: Path, recordings: Path, tmp_path: Path, runtime: str
) -> None:
    given = [f"model={exported_run}", f"inputs={recordings}", "num_workers=0", "formats=[txt,srt,json]"]
    assert run("transcribe", *given, f"output_dir={tmp_path / 'torch'}").exit_code == 0
    given += [f"runtime={runtime}", f"output_dir={tmp_path / 'out'}"]
    assert run("transcribe", *given).result["done"] == 2
    expected, found = (rows(tmp_path / name / "results.jsonl") for name in ("torch", "out"))
    assert len(found["long.wav"]["words"]) > 10
    for name, row in found.items():
        for word, other in zip(row["words"], expected[name]["words"], strict=True):
            assert word["start_s"] == pytest.approx(other["start_s"], abs=0.05)
            assert word["end_s"] == pytest.approx(other["end_s"], abs=0.05)
        assert json.loads((tmp_path / "out" / name).with_suffix(".json").read_text()) == row
    again = run("transcribe", *given).result
    assert (again["done"], again["skipped"]) == (0, 2)
    changed = run("transcribe", *given, "runtime=torch").result  # results of another network are not reused
    assert (changed["done"], changed["skipped"]) == (2, 0)


def run_for_modules(command: str, *arguments: str) -> list[str]:
    """Run a command and return the forbidden modules that it imported."""
    code = (
        "import json, sys, runpy\n"
        f"sys.argv = {[command, *arguments]!r}\n"
        "try:\n"
        f"    runpy.run_module('pipelines.{command}', run_name='__main__')\n"
        "finally:\n"
        "    unwanted = {'torch', 'torchaudio', 'torchmetrics', 'pytorch_lightning', 'onnx'}\n"
        "    print(json.dumps(sorted(unwanted & set(sys.modules))))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    unwanted: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return unwanted


def test_transcribing_imports_neither_torch_nor_lightning(exported_run: Path, recordings: Path, tmp_path: Path) -> None:
    given = [f"model={exported_run}", "runtime=onnx", f"inputs={recordings}", f"output_dir={tmp_path / 'out'}"]
    for _ in range(2):  # the second run has nothing left to do
        assert run_for_modules("transcribe", *given, "formats=[txt,srt,json]") == []
    assert rows(tmp_path / "out" / "results.jsonl").keys() == {"1.wav", "long.wav"}
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {f"{name}.{ending}" for name in ("1", "long") for ending in ("txt", "srt", "json")} <= written


def test_classifying_imports_neither_torch_nor_lightning(skeletons_run: Path, tmp_path: Path) -> None:
    model, output_dir = str(skeletons_run / "bundle"), str(tmp_path / "exported")
    export(ExportConfig(model=model, output_dir=output_dir, features_inside=False))
    inputs = write_skeletons(tmp_path / "signs", each=1)
    given = [
        f"model={tmp_path / 'exported'}",
        "runtime=onnx",
        f"inputs={inputs}/*.txt",
        f"output_dir={tmp_path / 'out'}",
    ]
    assert run_for_modules("classify", *given, "formats=[txt,csv]") == []
    assert (tmp_path / "out" / "results.csv").is_file()


def test_the_language_model_is_exported_too(tmp_path: Path) -> None:
    decoder = describe(Beam(witten_bell([["ab"], ["b"]], 2), lm_weight=0.5, word_bonus=1.0))
    model = make_bundle(tmp_path / "bundle", decoder=decoder)
    export(ExportConfig(model=str(model), output_dir=str(tmp_path / "out"), features_inside=False))
    loaded = Predictor.load(tmp_path / "out", "onnx").interpreter.decoder
    assert isinstance(loaded, Beam)
    assert loaded.language_model is not None
    assert loaded.language_model.followers == decoder["language_model"].followers


def test_only_earlier_exports_are_overwritten(run, tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "bundle")
    messages = {
        "notes.txt": "contains notes.txt, which no export writes; give another folder",
        "model.onnx": "contains files but no export.json of an export; give another folder",
    }
    for name, message in messages.items():
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_text("mine")
        ran = run("export", f"model={model}", f"output_dir={folder}")
        assert ran.exit_code == 2
        assert message in ran.stderr
        assert [path.read_text() for path in folder.iterdir()] == ["mine"]
    ran = run("export", f"model={model}", f"output_dir={tmp_path / 'notes' / 'notes.txt'}")
    assert "is a file" in ran.stderr


def test_networks_without_lstm_are_exported_without_int8(run, tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "bundle", cell="gru")
    ran = run("export", f"model={model}")
    assert ran.exit_code == 0
    assert not {name for name in ran.result if name.startswith("int8")}
    assert sorted(path.name for path in (tmp_path / "bundle" / "onnx").glob("from_*")) == [
        "from_waveform.json",
        "from_waveform.onnx",
    ]
    with pytest.raises(InputError, match="has no int8 network, which only LSTMs can have; give runtime=onnx"):
        Predictor.load(model, "onnx_int8")
    assert Predictor.load(model, "onnx").interpreter.target == "text"


def test_errors_name_missing_and_damaged_files(exported_run: Path, tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    for model, runtime, message in (
        (tmp_path / "bundle", "onnx", f"make one with python -m pipelines.export model={tmp_path / 'bundle'}"),
        (exported_run, "tensorflow", "runtime must be one of torch, onnx, onnx_int8; found 'tensorflow'"),
        (exported_run / "onnx", "torch", r"if .* is an exported recognizer, give runtime=onnx"),
    ):
        with pytest.raises(InputError, match=message):
            Predictor.load(model, runtime)
    copy = shutil.copytree(exported_run / "onnx", tmp_path / "copy")
    content = bytearray((copy / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1  # a single bit of a weight
    (copy / "model.onnx").write_bytes(content)
    with pytest.raises(InputError, match=rf"^{copy / 'model.onnx'}: differs from the exported file"):
        Predictor.load(copy, "onnx")
    networks = '"networks": {"model.onnx": {"sha256": "0"}}'
    rates = [f'{{{networks}, "subsampling": {value}}}' for value in ("0", "-1", "0.5", '"2"', "null")]
    for record in ("{}", "no JSON", '{"subsampling": 1, "networks": [1]}', f"{{{networks}}}", "[" * 100_000, *rates):
        (copy / "export.json").write_text(record)
        with pytest.raises(InputError, match=rf"^{copy / 'export.json'}: not a record of an export"):
            Predictor.load(copy, "onnx")


def test_an_export_that_differs_from_the_bundle_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_bundle(tmp_path / "bundle")
    monkeypatch.setattr("pipelines.inference.export_onnx.TOLERANCE", -1.0)
    with pytest.raises(InputError, match="differs from the bundle by"):
        export(ExportConfig(model=str(model), output_dir=str(tmp_path / "out"), features_inside=False))
    assert {path.name for path in tmp_path.iterdir()} == {"bundle"}
