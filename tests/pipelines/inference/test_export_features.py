"""Networks with features inside, as the command writes them."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from recognizers.bundle.weights import load_bundle
from recognizers.inference.predictor import Predictor
from recognizers.runtime.features_inside.inputs import device_input_for
from recognizers.runtime.onnx_network import start_session

FROZEN = Path(__file__).parents[2] / "frozen"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export of each frozen recognizer."""
    folder = tmp_path_factory.mktemp("exports")
    for name in ("speech", "keywords", "signs", "fingerspelling"):
        export(ExportConfig(model=str(FROZEN / name / "bundle"), output_dir=str(folder / name)))
    return folder


def described(folder: Path) -> dict[str, Any]:
    [path] = folder.glob("from_*.json")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def decoded(about: dict[str, Any], log_probs: np.ndarray, lengths: np.ndarray) -> str:
    """Decode as the description says, without any code of the project."""
    ids = log_probs[0].argmax(axis=-1)
    if about["blank"] is None:
        return str(about["symbols"][ids])
    path = ids[: lengths[0]].tolist()
    kept = [each for place, each in enumerate(path) if place == 0 or path[place - 1] != each]
    text = about["separator"].join(about["symbols"][each] for each in kept if each != about["blank"])
    return " ".join(text.split())


@pytest.mark.parametrize("name", ["speech", "keywords", "signs", "fingerspelling"])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_answers_equal_those_of_the_bundle_on_a_real_clip(exports: Path, name: str, precision: str) -> None:
    bundle = load_bundle(FROZEN / name / "bundle")
    if name in ("speech", "keywords"):
        signal = bundle.extractor.signal_of(*soundfile.read(FROZEN / "an4.flac", dtype="int16"))
    else:
        signal = bundle.extractor.signal_of(np.load(FROZEN / f"{name}.npy"), 30.0)
    predictor = Predictor.load(FROZEN / name / "bundle")
    frames = bundle.extractor.frames(signal)
    about = described(exports / name)
    path = exports / name / about["networks"][precision]["file"]
    session = start_session(path, path.read_bytes(), num_threads=1)
    inputs = device_input_for(bundle.extractor).arrays(signal)
    log_probs, lengths, computed = session.run(["log_probs", "lengths", "frames"], inputs)
    np.testing.assert_allclose(computed[0], frames.values, rtol=2e-6, atol=1e-4)
    if precision == "float32":
        [emissions] = predictor.emissions([frames], batch_size=1)
        np.testing.assert_allclose(log_probs[0], emissions, rtol=0, atol=1e-4)
    assert decoded(about, log_probs, lengths) == predictor.predict([frames], batch_size=1)[0].text


@pytest.mark.parametrize("name", ["speech", "keywords", "signs", "fingerspelling"])
def test_the_description_fits_the_networks(exports: Path, name: str) -> None:
    about = described(exports / name)
    vocabulary = load_bundle(FROZEN / name / "bundle").spec.vocabulary
    assert [each for each in about["symbols"] if each] == list(vocabulary.symbols)
    assert about["task"] == ("transcribe" if vocabulary.unit != "label" else "classify")
    assert (exports / name / f"from_{about['source']}.json").is_file()
    assert about["characters"] == {"unspaced": "", "wide": "", "virama": ""}
    for network in about["networks"].values():
        content = (exports / name / network["file"]).read_bytes()
        assert network["bytes"] == len(content)
        assert network["sha256"] == hashlib.sha256(content).hexdigest()
        session = start_session(exports / name / network["file"], content, num_threads=1)
        types = {"float32": "tensor(float)", "int64": "tensor(int64)"}
        for kind, found in (("inputs", session.get_inputs()), ("outputs", session.get_outputs())):
            assert [(each["name"], types[each["type"]]) for each in about[kind]] == [
                (each.name, each.type) for each in found
            ]
            assert [len(each["shape"]) for each in about[kind]] == [len(each.shape) for each in found]
    if "waveform" in about["networks"]["float32"]["file"]:
        assert about["sample_rate_hz"] in (8000, 16_000)


def test_networks_with_features_inside_are_not_written_if_unwanted(run, tmp_path: Path) -> None:
    shutil.copytree(FROZEN / "speech" / "bundle", tmp_path / "bundle")
    assert run("export", f"model={tmp_path / 'bundle'}").exit_code == 0
    assert list((tmp_path / "bundle" / "onnx").glob("from_*"))
    ran = run("export", f"model={tmp_path / 'bundle'}", "features_inside=false")  # replaces the first export
    assert ran.exit_code == 0
    assert not [name for name in ran.result if "inside" in name]
    assert not list((tmp_path / "bundle" / "onnx").glob("from_*"))


def test_features_that_cannot_be_inside_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(FROZEN / "signs" / "bundle", bundle)
    monkeypatch.setattr("pipelines.inference.export_onnx.write_onnx", None)  # it must not be called
    monkeypatch.setattr("recognizers.runtime.features_inside.inputs.DEVICE_INPUTS", {})
    with pytest.raises(InputError, match="features=HandKeypoints: cannot be computed inside an exported network"):
        export(ExportConfig(model=str(bundle)))
    assert not (bundle / "onnx").exists()


def test_a_missing_package_is_named_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.dependency_groups.is_installed", lambda package: package != "onnxscript")
    with pytest.raises(InputError, match="features_inside=true needs the package onnxscript, which is not installed"):
        export(ExportConfig(model=str(FROZEN / "speech" / "bundle"), output_dir=str(tmp_path / "out")))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", ["FEATURE_TOLERANCE", "TOLERANCE"])
def test_a_network_that_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(f"pipelines.inference.export_features.{limit}", -1.0)
    with pytest.raises(InputError, match=r"with features inside differs from the bundle in its .* by"):
        export(ExportConfig(model=str(FROZEN / "signs" / "bundle"), output_dir=str(tmp_path / "out")))
    assert not list(tmp_path.iterdir())
