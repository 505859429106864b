"""The recognizers that come with the package are whole, described, and found by their names."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from data_prep.errors import InputError
from recognizers import load, pretrained
from recognizers.bundle.layout import folder_of
from recognizers.bundle.weights import load_bundle
from recognizers.pretrained import add, find_recognizer, folder_for_results, names

FROZEN = Path(__file__).parents[2] / "frozen"
AN4_CLIP = FROZEN / "an4.flac"


@pytest.mark.parametrize("name", names())
def test_each_loads_and_has_a_model_card(name: str) -> None:
    bundle = load_bundle(Path(name))
    assert sum(weights.numel() for weights in bundle.encoder.parameters()) < 8e6
    card = (find_recognizer(Path(name)) / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    for part in ("Learned from", "Licence", "Scores", "Limits", "Trained by"):
        assert f"**{part}" in card


def test_all_have_checksums() -> None:
    recorded = json.loads((pretrained.FOLDER / pretrained.CHECKSUMS_NAME).read_text(encoding="utf-8"))
    assert sorted(recorded) == names() != []


def test_a_packaged_recognizer_transcribes_by_its_name() -> None:
    assert load("speech_en").transcribe(AN4_CLIP).text == "A M Y"


def test_a_damaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(pretrained.FOLDER / "speech_en", tmp_path / "speech_en")
    shutil.copy(pretrained.FOLDER / pretrained.CHECKSUMS_NAME, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    pretrained._check_files.cache_clear()
    assert find_recognizer(Path("speech_en")) == tmp_path / "speech_en"
    weights = tmp_path / "speech_en" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    pretrained._check_files.cache_clear()
    with pytest.raises(InputError, match=r"model.safetensors: damaged \(.*install the package again"):
        find_recognizer(Path("speech_en"))
    pretrained._check_files.cache_clear()


def test_a_recognizer_of_that_name_in_the_present_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("speech_en").mkdir()
    assert folder_of(Path("speech_en"), "torch") == pretrained.FOLDER / "speech_en"
    assert folder_for_results(Path("speech_en")) == Path("runs/speech_en")
    shutil.copytree(FROZEN / "speech" / "bundle", "speech_en/bundle")
    assert folder_of(Path("speech_en"), "torch") == Path("speech_en/bundle")
    assert folder_for_results(Path("speech_en")) == Path("speech_en")


def test_adding_a_recognizer_halves_its_weights_and_keeps_what_it_recognises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    monkeypatch.setattr(add, "FOLDER", tmp_path)
    add.add(FROZEN / "speech", "frozen")
    assert names() == ["frozen"]
    weights = load_file(tmp_path / "frozen" / "model.safetensors")
    kinds = {name.split(".")[1]: values.dtype for name, values in weights.items()}
    assert (kinds["layers"], kinds["standardize"]) == (torch.float16, torch.float32)
    texts = [load(model).transcribe(AN4_CLIP).text for model in (FROZEN / "speech", "frozen")]
    assert texts[0] == texts[1] != ""


def test_adding_the_int8_network_leaves_out_the_float_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    monkeypatch.setattr(add, "FOLDER", tmp_path)
    add.add(FROZEN / "speech", "frozen", int8=True)
    assert not list(tmp_path.rglob("model.onnx"))
    assert (tmp_path / "frozen" / "onnx" / "model.int8.onnx").is_file()
    expected = load(FROZEN / "speech", "onnx_int8").transcribe(AN4_CLIP)
    assert load("frozen", "onnx_int8").transcribe(AN4_CLIP) == expected
    with pytest.raises(InputError, match="has an int8 network only; give runtime=onnx_int8"):
        load("frozen", "onnx")
