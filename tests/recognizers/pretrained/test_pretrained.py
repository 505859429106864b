"""The recognizers that come with the package are whole, described, and found by their names."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from data_prep.errors import InputError
from recognizers import load, pretrained
from recognizers.bundle.layout import files_of, folder_of
from recognizers.bundle.weights import load_bundle
from recognizers.pretrained import find_recognizer, folder_for_results, names
from recognizers.pretrained.checksums import checksums_of, record_checksums

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


def test_every_file_has_its_checksum() -> None:
    recorded = json.loads((pretrained.FOLDER / pretrained.CHECKSUMS_NAME).read_text(encoding="utf-8"))
    assert sorted(recorded) == names() != []
    for name, checksums in recorded.items():
        found = checksums_of(pretrained.FOLDER / name)
        assert checksums == found, "after editing a model card, run python -m recognizers.pretrained.checksums"
        assert "README.md" in checksums


def test_a_packaged_recognizer_transcribes_by_its_name() -> None:
    assert load("speech_en").transcribe(AN4_CLIP).text == "A M Y"


@pytest.mark.parametrize("damaged", ["model.safetensors", "README.md"])
def test_a_damaged_file_is_refused(damaged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(pretrained.FOLDER / "speech_en", tmp_path / "speech_en")
    shutil.copy(pretrained.FOLDER / pretrained.CHECKSUMS_NAME, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    pretrained._check_files.cache_clear()
    assert find_recognizer(Path("speech_en")) == tmp_path / "speech_en"
    file = tmp_path / "speech_en" / damaged
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    pretrained._check_files.cache_clear()
    with pytest.raises(InputError, match=rf"{damaged}: damaged \(.*install the package again"):
        find_recognizer(Path("speech_en"))
    record_checksums(["speech_en"])
    assert find_recognizer(Path("speech_en")) == tmp_path / "speech_en"
    pretrained._check_files.cache_clear()


def test_a_recognizer_of_that_name_in_the_present_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of(Path("speech_en"), "torch") == pretrained.FOLDER / "speech_en"
    assert folder_for_results(Path("speech_en")) == Path("runs/speech_en")
    shutil.copytree(FROZEN / "speech" / "bundle", "speech_en/bundle")
    Path("speech_en/run.json").touch()
    assert folder_of(Path("speech_en"), "torch") == Path("speech_en/bundle")
    assert folder_for_results(Path("speech_en")) == Path("speech_en")


def test_another_folder_of_that_name_is_passed_over_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of(Path("hands"), "torch") == pretrained.FOLDER / "hands"
    assert caplog.messages == []
    (tmp_path / "hands").mkdir()
    (tmp_path / "hands" / "clip.mp4").touch()
    for _ in range(2):
        assert folder_of(Path("hands"), "torch") == pretrained.FOLDER / "hands"
    expected = f"hands: using the recognizer that comes with the package; {tmp_path / 'hands'} holds no recognizer"
    assert caplog.messages == [expected]


@pytest.mark.parametrize("entry", pretrained.RUN_ENTRIES)
def test_an_unfinished_run_of_that_name_is_an_error(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hands" / entry).mkdir(parents=True)
    message = rf"^hands: {tmp_path / 'hands'} is the directory of a run without a bundle.* finish it with resume=hands$"
    for use in (load, load_bundle, folder_for_results, partial(files_of, runtime="onnx")):
        with pytest.raises(InputError, match=message):
            use(Path("hands"))
    (tmp_path / "hands").rename("mine")
    assert folder_of(Path("hands"), "torch") == pretrained.FOLDER / "hands"
