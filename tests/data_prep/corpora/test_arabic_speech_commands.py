from pathlib import Path

import pytest

from data_prep.corpora.arabic_speech_commands import ArabicSpeechCommands
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch, write

LISTS = {
    "train.csv": "file,class\ndataset/yes/00000001_NO_01.wav,yes\ndataset/zoom_in/00000001_NO_10.wav,zoom in\n",
    "val.csv": "file,class\ndataset/yes/00000002_NO_01.wav,yes\n",
    "test.csv": "file,class\ndataset/yes/00000003_NO_01.wav,yes\n",
}
RECORDINGS = (
    "dataset/yes/00000001_NO_01",
    "dataset/zoom_in/00000001_NO_10",
    "dataset/yes/00000002_NO_01",
    "dataset/yes/00000003_NO_01",
)


def make_copy(root: Path, suffix: str = ".wav", without: tuple[str, ...] = ()) -> Path:
    touch(root, *(name + suffix for name in RECORDINGS), "dataset/background_noise/kitchen.wav")
    return write(root, {name: text for name, text in LISTS.items() if name not in without})


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("above", ["", "arabic-speech-commands-dataset"])
def test_official_lists_give_splits_words_and_speakers(tmp_path: Path, above: str, suffix: str) -> None:
    make_copy(tmp_path / above, suffix)
    clips = ArabicSpeechCommands(str(tmp_path)).clips()
    assert {(clip.id, clip.label, clip.speaker, clip.split) for clip in clips} == {
        ("yes/00000001_NO_01", "yes", "00000001", "train"),
        ("zoom_in/00000001_NO_10", "zoom in", "00000001", "train"),
        ("yes/00000002_NO_01", "yes", "00000002", "validation"),
        ("yes/00000003_NO_01", "yes", "00000003", "test"),
    }
    assert all(clip.path.is_file() and clip.path.suffix == suffix for clip in clips)


@pytest.mark.parametrize("used_for", ["validation", "train"])
def test_without_its_list_nothing_is_tested_and_a_warning_says_so(
    tmp_path: Path, used_for: str, caplog: pytest.LogCaptureFixture
) -> None:
    make_copy(tmp_path, without=("test.csv",))
    clips = by_id(ArabicSpeechCommands(str(tmp_path), used_for).clips())
    assert clips["yes/00000002_NO_01"].split == used_for
    assert "test" not in {clip.split for clip in clips.values()}
    assert "there is no test.csv, so nothing is tested; corpus.validation_speakers=test tests on" in caplog.text


def test_validation_speakers_are_tested_if_asked_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_copy(tmp_path, without=("test.csv",))
    clips = by_id(ArabicSpeechCommands(str(tmp_path), "test").clips())
    assert {name: clip.split for name, clip in clips.items() if clip.split != "train"} == {"yes/00000002_NO_01": "test"}
    assert caplog.text == ""


def test_validation_speakers_are_not_mixed_into_the_official_test(tmp_path: Path) -> None:
    make_copy(tmp_path)
    with pytest.raises(InputError, match=r"validation_speakers=test: .*test\.csv is there.*give validation or train"):
        ArabicSpeechCommands(str(tmp_path), "test").clips()


def test_a_missing_list_of_validation_clips_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_copy(tmp_path, without=("val.csv",))
    assert {clip.split for clip in ArabicSpeechCommands(str(tmp_path)).clips()} == {"train", "test"}
    assert "there is no val.csv, so its speakers are not used" in caplog.text


def test_words_without_a_folder_are_left_out_but_a_missing_recording_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_copy(tmp_path)
    (tmp_path / "dataset/zoom_in/00000001_NO_10.wav").unlink()
    assert len(ArabicSpeechCommands(str(tmp_path)).clips()) == 4  # reading it will fail, and be reported
    (tmp_path / "dataset/zoom_in").rmdir()
    assert {clip.label for clip in ArabicSpeechCommands(str(tmp_path)).clips()} == {"yes"}
    assert "1 words have no folder and are left out: zoom in" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"val\.csv:1: found '', expected the header 'file,class'"),
        ("path,label\n", r"val\.csv:1: found 'path,label', expected the header"),
        (
            "file,class\n\ndataset/yes/ann.wav,yes\n",
            r"val\.csv:3: found 'dataset/yes/ann\.wav,yes', expected 'dataset/",
        ),
        ("file,class\ndataset/yes/00000002_NO_01.wav\n", r"val\.csv:2: .*SPEAKER_NO_ROUND"),
        ("file,class\ndataset/yes/00000002_NO_01.wav,\n", r"val\.csv:2: "),
    ],
)
def test_an_error_in_a_list_names_its_line(tmp_path: Path, content: str, message: str) -> None:
    make_copy(tmp_path)
    write(tmp_path, {"val.csv": content})
    with pytest.raises(InputError, match=message):
        ArabicSpeechCommands(str(tmp_path)).clips()


def test_lists_from_windows_are_read(tmp_path: Path) -> None:
    make_copy(tmp_path)
    write(tmp_path, {"val.csv": "\ufefffile,class\r\ndataset\\yes\\00000002_NO_01.wav,yes\r\n"})
    assert by_id(ArabicSpeechCommands(str(tmp_path)).clips())["yes/00000002_NO_01"].path.is_file()


def test_an_unknown_use_of_the_validation_speakers_is_refused() -> None:
    with pytest.raises(InputError, match="validation_speakers must be validation, train or test; found 'dev'"):
        ArabicSpeechCommands("x", "dev")  # type: ignore[arg-type]
