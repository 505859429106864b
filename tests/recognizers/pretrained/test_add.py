"""Recognizers are added to the package with all of their files, and with no others."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from runpy import run_module

import pytest
import torch
from safetensors.torch import load_file

from data_prep.errors import InputError
from recognizers import load, pretrained
from recognizers.bundle.layout import WEIGHTS_NAME
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, read_spec, write_spec
from recognizers.decoder.beam import Beam
from recognizers.instantiate import describe
from recognizers.language_model.ngram import witten_bell
from recognizers.pretrained.add import add
from recognizers.pretrained.checksums import checksums_of

FROZEN = Path(__file__).parents[2] / "frozen"
AN4_CLIP = FROZEN / "an4.flac"
BUNDLE_FILES = [SPEC_NAME, WEIGHTS_NAME]
INT8_FILES = ["onnx/export.json", "onnx/model.int8.onnx", f"onnx/{SPEC_NAME}"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in place of the recognizers that come with the package."""
    folder = tmp_path / "package"
    folder.mkdir()
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    pretrained._check_files.cache_clear()
    yield folder
    pretrained._check_files.cache_clear()


@pytest.fixture
def with_language_model(tmp_path: Path) -> Path:
    """A run whose bundle and export have a language model that knows only some of what it hears: A, M and N."""
    run = tmp_path / "run"
    shutil.copytree(FROZEN / "speech", run)
    decoder = Beam(witten_bell([["a", "n"], ["n", "m"]], 2), lm_weight=0.5, word_bonus=0.0, only_known_words=True)
    for folder in (run / "bundle", run / "onnx"):
        write_spec(folder, replace(read_spec(folder / SPEC_NAME), decoder=describe(decoder)))
    return run


def recorded(package: Path, name: str) -> list[str]:
    """Return the files with a checksum; they are all that there are."""
    checksums = json.loads((package / pretrained.CHECKSUMS_NAME).read_text(encoding="utf-8"))[name]
    assert checksums == checksums_of(package / name)
    return list(checksums)


@pytest.mark.parametrize("source", ["", "bundle"])
def test_weights_are_halved_and_what_is_recognised_is_kept(source: str, package: Path) -> None:
    add(FROZEN / "speech" / source, "frozen")
    assert pretrained.names() == ["frozen"]
    assert recorded(package, "frozen") == sorted(BUNDLE_FILES)
    weights = load_file(package / "frozen" / "model.safetensors")
    kinds = {name.split(".")[1]: values.dtype for name, values in weights.items()}
    assert (kinds["layers"], kinds["standardize"]) == (torch.float16, torch.float32)
    texts = [load(model).transcribe(AN4_CLIP).text for model in (FROZEN / "speech", "frozen")]
    assert texts[0] == texts[1] != ""


def test_the_int8_network_comes_without_the_float_one(package: Path) -> None:
    add(FROZEN / "speech", "frozen", int8=True)
    assert recorded(package, "frozen") == sorted(BUNDLE_FILES + INT8_FILES)
    for file in package.rglob("*.json"):
        assert "git_commit" not in file.read_text(encoding="utf-8")
    expected = load(FROZEN / "speech", "onnx_int8").transcribe(AN4_CLIP)
    assert load("frozen", "onnx_int8").transcribe(AN4_CLIP) == expected
    with pytest.raises(InputError, match="has an int8 network only; give runtime=onnx_int8"):
        load("frozen", "onnx")


def test_a_language_model_comes_with_both_networks(package: Path, with_language_model: Path) -> None:
    add(with_language_model, "frozen", int8=True)
    language_models = [LANGUAGE_MODEL_NAME, f"onnx/{LANGUAGE_MODEL_NAME}"]
    assert recorded(package, "frozen") == sorted(BUNDLE_FILES + INT8_FILES + language_models)
    for runtime in ("torch", "onnx_int8"):
        text = load("frozen", runtime).transcribe(AN4_CLIP).text
        assert text == load(with_language_model, runtime).transcribe(AN4_CLIP).text
        assert text
        assert set(text.split()) <= set("amn")


def test_adding_again_keeps_the_card_and_nothing_else(package: Path, with_language_model: Path) -> None:
    add(with_language_model, "frozen", int8=True)
    (package / "frozen" / "README.md").write_text("# frozen\n")
    add(FROZEN / "speech", "frozen")
    assert recorded(package, "frozen") == sorted(["README.md", *BUNDLE_FILES])
    add(package / "frozen", "frozen")  # itself
    assert recorded(package, "frozen") == sorted(["README.md", *BUNDLE_FILES])
    assert [path.name for path in package.iterdir() if path.is_dir()] == ["frozen"]


def test_what_cannot_be_added_leaves_the_package_as_it_was(package: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"found no {SPEC_NAME} in it; give the directory of a finished training"):
        add(tmp_path / "nowhere", "frozen")
    with pytest.raises(InputError, match=r"found no exported recognizer in it; make one with python -m pipelines.exp"):
        add(FROZEN / "speech" / "bundle", "frozen", int8=True)
    assert list(package.iterdir()) == []


def test_errors_have_no_traceback(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["add", str(tmp_path / "nowhere"), "frozen"])
    monkeypatch.delitem(sys.modules, "recognizers.pretrained.add")
    with pytest.raises(SystemExit, match=rf"^error: model={tmp_path / 'nowhere'}: found no"):
        run_module("recognizers.pretrained.add", run_name="__main__")
