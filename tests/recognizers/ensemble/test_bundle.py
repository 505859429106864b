"""Ensembles as folders: what is written, and what is said about damaged ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from recognizers.bundle.layout import ENSEMBLE_NAME, WEIGHTS_NAME, files_of
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, RecognizerSpec
from recognizers.bundle.weights import load_bundle
from recognizers.decoder.beam import Beam
from recognizers.ensemble.bundle import copy_member, find_members, member_folder, read_sources, write_record
from recognizers.ensemble.predictor import EnsemblePredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe
from tests.recognizers.bundle.bundles import BEAM, CLASSIFICATION, CTC, save


def write_ensemble(folder: Path, *specs: RecognizerSpec) -> Path:
    for number, spec in enumerate(specs):
        source = folder.with_name(f"{folder.name}_source_{number}")
        save(source, spec)
        copy_member(source, folder, number)
    write_record(folder, [f"runs/{number}" for number in range(len(specs))], {"note": 1})
    return folder


def clip() -> Signal:
    return Signal((3000 * np.random.default_rng(0).standard_normal(9000)).astype(np.int16), 16000)


@pytest.mark.parametrize("spec", [CTC, CLASSIFICATION])
def test_a_bundled_ensemble_answers_like_its_members(tmp_path: Path, spec: RecognizerSpec) -> None:
    folder = write_ensemble(tmp_path / "ensemble", spec, spec)
    assert read_sources(folder) == ["runs/0", "runs/1"]
    assert sorted(path.name for path in folder.iterdir()) == [ENSEMBLE_NAME, "members"]
    sources = [tmp_path / f"ensemble_source_{number}" for number in range(2)]
    bundled, given = load_predictor(folder), load_predictor(sources)
    assert isinstance(bundled, EnsemblePredictor)
    expected = given.predict([given.extractor.frames(clip())], 1)
    assert bundled.predict([bundled.extractor.frames(clip())], 1) == expected
    assert files_of(folder, "torch") == [folder / ENSEMBLE_NAME]


def test_the_decoder_and_its_language_model_are_those_of_the_first_member(tmp_path: Path) -> None:
    spec = RecognizerSpec(CTC.features, CTC.encoder, CTC.head, CTC.vocabulary, decoder=describe(BEAM))
    folder = write_ensemble(tmp_path / "ensemble", spec, CTC)
    assert (member_folder(folder, 0) / LANGUAGE_MODEL_NAME).is_file()
    loaded = load_predictor(folder).interpreter.decoder
    assert isinstance(loaded, Beam)
    assert (loaded.lm_weight, loaded.beam_size) == (BEAM.lm_weight, BEAM.beam_size)


@pytest.mark.parametrize("name", [SPEC_NAME, WEIGHTS_NAME])
@pytest.mark.parametrize("change", ["flip", "cut", "remove"])
def test_damaged_members_are_refused(tmp_path: Path, name: str, change: str) -> None:
    folder = write_ensemble(tmp_path / "ensemble", CLASSIFICATION, CLASSIFICATION)
    path = member_folder(folder, 1) / name
    content = bytearray(path.read_bytes())
    if change == "flip":
        content[-5] ^= 1
    path.write_bytes(content[:-1] if change == "cut" else content)
    if change == "remove":
        path.unlink()
    expected = "is missing" if change == "remove" else "differs from the file that was bundled"
    with pytest.raises(InputError, match=f"^{path}: {expected}.*copy the ensemble again"):
        load_predictor(folder)


def test_a_file_that_was_slipped_in_is_refused(tmp_path: Path) -> None:
    folder = write_ensemble(tmp_path / "ensemble", CTC, CTC)
    (member_folder(folder, 0) / LANGUAGE_MODEL_NAME).write_text("\\data\\")
    with pytest.raises(InputError, match="differs from the file that was bundled"):
        find_members(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.update(format=9), "has the format 9, but this version reads 1"),
        (lambda document: document.pop("members"), "KeyError"),
        (lambda document: document["members"].pop(), "expected from 2 to 32 members"),
        (lambda document: document.update(members=document["members"] * 40), "expected from 2 to 32 members"),
        (lambda document: document["members"][0]["sha256"].update({"../../x": "0"}), "has a file '../../x'"),
        (lambda document: document["members"].__setitem__(0, 7), "TypeError"),
        (lambda document: document["members"][0].update(sha256=[SPEC_NAME]), "sha256 does not list files"),
    ],
)
def test_a_damaged_record_says_what_is_wrong(tmp_path: Path, change, message: str) -> None:
    folder = write_ensemble(tmp_path / "ensemble", CLASSIFICATION, CLASSIFICATION)
    path = folder / ENSEMBLE_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=f"^{path}: .*{message}"):
        load_predictor(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_record_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_ensemble(tmp_path / "ensemble", CLASSIFICATION, CLASSIFICATION)
    (folder / ENSEMBLE_NAME).write_bytes(content)
    with pytest.raises(InputError, match=r"not a record of an ensemble.*copy the ensemble again"):
        load_predictor(folder)


def test_where_a_single_recognizer_is_needed_an_ensemble_is_refused(tmp_path: Path) -> None:
    folder = write_ensemble(tmp_path / "ensemble", CTC, CTC)
    for use in (load_bundle, Predictor.load):
        with pytest.raises(InputError, match=f"holds an ensemble, but.* such as {member_folder(folder, 0)}"):
            use(folder)
    with pytest.raises(InputError, match="is an ensemble itself; give its members instead"):
        load_predictor([folder, member_folder(folder, 0)])
    with pytest.raises(InputError, match="found no exported ensemble in it; make one with"):
        load_predictor(folder, "onnx")


def test_one_recognizer_in_a_list_is_that_recognizer(tmp_path: Path) -> None:
    save(tmp_path / "single", CTC)
    assert isinstance(load_predictor([tmp_path / "single"]), Predictor)
    with pytest.raises(InputError, match="an ensemble has at least two members; found 0"):
        load_predictor([])
