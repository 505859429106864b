"""Where the files of a recognizer are."""

import dataclasses
from pathlib import Path

import pytest

from data_prep.errors import InputError
from recognizers.bundle.layout import NETWORK_NAMES, RECORD_NAME, WEIGHTS_NAME, files_of, folder_of
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME
from recognizers.bundle.weights import load_bundle
from recognizers.instantiate import describe
from tests.recognizers.bundle.bundles import BEAM, CTC, save


def test_files_are_found_in_a_run_directory_and_in_the_folder_itself(tmp_path: Path) -> None:
    save(tmp_path / "bundle", dataclasses.replace(CTC, decoder=describe(BEAM)))
    assert folder_of(tmp_path, "torch") == folder_of(tmp_path / "bundle", "torch") == tmp_path / "bundle"
    found = [path.name for path in files_of(tmp_path, "torch")]
    assert found == [SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME]


def test_each_runtime_reads_the_files_that_exist(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    assert files_of(tmp_path, "onnx") == []
    for name in (SPEC_NAME, RECORD_NAME, *NETWORK_NAMES.values()):
        (tmp_path / "onnx" / name).touch()
    for runtime, network in NETWORK_NAMES.items():
        assert [path.name for path in files_of(tmp_path, runtime)] == [SPEC_NAME, RECORD_NAME, network]


def test_errors_name_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"^model={tmp_path / 'nowhere'}: found no {SPEC_NAME} in it; give the"):
        load_bundle(tmp_path / "nowhere")
    save(tmp_path)
    (tmp_path / WEIGHTS_NAME).unlink()
    with pytest.raises(InputError, match=rf"^{tmp_path / WEIGHTS_NAME}: "):
        load_bundle(tmp_path)
    (tmp_path / SPEC_NAME).unlink()
    with pytest.raises(InputError, match=f"found no {SPEC_NAME}"):
        load_bundle(tmp_path)
