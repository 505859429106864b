from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.folder import FolderCorpus
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch


def test_each_folder_is_a_class(tmp_path: Path) -> None:
    touch(tmp_path, *(f"cat/{i}.wav" for i in range(10)), *(f"Hund ä/deep/{i}.MP4" for i in range(20)))
    touch(tmp_path, "loose.wav", "cat/notes.txt", "cat/.hidden.wav", ".trash/1.wav")
    clips = FolderCorpus(str(tmp_path), validation_share=0.1, test_share=0.2).clips()
    counts = Counter((clip.label, clip.split) for clip in clips)
    assert counts == {
        ("cat", "train"): 7,
        ("cat", "validation"): 1,
        ("cat", "test"): 2,
        ("Hund ä", "train"): 14,
        ("Hund ä", "validation"): 2,
        ("Hund ä", "test"): 4,
    }
    assert by_id(clips)["Hund ä/deep/3.MP4"].path == tmp_path / "Hund ä" / "deep" / "3.MP4"


def test_a_folder_of_numbered_pictures_inside_a_class_is_one_clip(tmp_path: Path) -> None:
    touch(tmp_path, *(f"hello/ann/{i:04d}.jpg" for i in range(1, 13)), *(f"hello/deep/bob/f{i}.png" for i in range(3)))
    touch(tmp_path, "hello/1.jpg", "hello/2.jpg", "hello/mixed/1.png", "hello/mixed/2.png", "hello/mixed/a.mp4")
    touch(tmp_path, "hello/named/ann.jpg", "hello/named/bob.jpg", "hello/tracked.npz", "hello/tracked.pose")
    found = {clip.id: clip for clip in FolderCorpus(str(tmp_path)).clips()}
    files = {"1.jpg", "2.jpg", "mixed/1.png", "mixed/2.png", "mixed/a.mp4", "named/ann.jpg", "named/bob.jpg"}
    files |= {"tracked.npz", "tracked.pose"}
    assert set(found) == {f"hello/{name}" for name in files | {"ann", "deep/bob"}}
    assert found["hello/ann"].path == tmp_path / "hello" / "ann"
    assert {clip.label for clip in found.values()} == {"hello"}
    folders = {"hello/ann", "hello/deep/bob"}
    assert all(clip.encoding == ("frames@25" if name in folders else None) for name, clip in found.items())
    faster = FolderCorpus(str(tmp_path), frames_hz=29.97).clips()
    assert {clip.encoding for clip in faster} == {None, "frames@29.97"}
    photos = FolderCorpus(str(tmp_path), frames_hz=0).clips()
    assert len(photos) == 9 + 12 + 3


def test_folders_with_names_of_splits_are_splits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(tmp_path, *(f"Train/{label}/ann/{i}.wav" for label in ("yes", "no") for i in range(5)))
    touch(tmp_path, "val/yes/1.wav", "val/no/1.wav", "test/yes/1.wav", "test/no/clip/1.png", "test/no/clip/2.png")
    with caplog.at_level("INFO"):
        clips = FolderCorpus(str(tmp_path), validation_share=0.5, test_share=0.2).clips()
    counts = Counter((clip.split, clip.label) for clip in clips)
    assert counts == {
        ("train", "yes"): 5,
        ("train", "no"): 5,
        ("validation", "yes"): 1,
        ("validation", "no"): 1,
        ("test", "yes"): 1,
        ("test", "no"): 1,
    }
    assert by_id(clips)["test/no/clip"].encoding == "frames@25"
    assert "named like splits are splits, not classes: Train (train), test (test), val (validation)" in caplog.text


def test_folders_of_splits_may_be_in_those_of_the_classes(tmp_path: Path) -> None:
    touch(tmp_path, "yes/train/ann/1.wav", "yes/Eval/1.wav", "no/train/bob/1.wav", "no/test/2.wav", "notes.wav")
    clips = {clip.id: (clip.label, clip.split) for clip in FolderCorpus(str(tmp_path)).clips()}
    assert clips == {
        "yes/train/ann/1.wav": ("yes", "train"),
        "yes/Eval/1.wav": ("yes", "validation"),
        "no/train/bob/1.wav": ("no", "train"),
        "no/test/2.wav": ("no", "test"),
    }


@pytest.mark.parametrize(
    "files", [("yes/test/1.wav", "no/test/1.wav"), ("yes/train/1.wav", "yes/test/1.wav", "no/1.wav")]
)
def test_other_folders_in_those_of_the_classes_are_anything(tmp_path: Path, files: tuple[str, ...]) -> None:
    touch(tmp_path, *files)
    clips = FolderCorpus(str(tmp_path), validation_share=0, test_share=0).clips()
    assert {(clip.label, clip.split) for clip in clips} == {("yes", "train"), ("no", "train")}


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    touch(tmp_path, "test/ann/1.wav", "test/ann/2.wav", "go/ann/1.wav")
    assert {clip.label for clip in FolderCorpus(str(tmp_path)).clips()} == {"test", "go"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (("train/1.wav", "test/1.wav"), "no class's folder is in them"),
        (("train/yes/1.wav", "test/yes/1.wav", "noise/1.wav"), "others are beside them"),
    ],
)
def test_folders_named_like_splits_that_are_taken_for_classes_are_warned_of(
    tmp_path: Path, files: tuple[str, ...], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    touch(tmp_path, *files)
    assert {clip.label for clip in FolderCorpus(str(tmp_path)).clips()} >= {"train", "test"}
    assert f"test, train are taken for classes, because {reason}; if some of them are splits" in caplog.text


def test_a_file_of_a_split_without_a_class_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "train/yes/1.wav", "test/yes/1.wav", "test/2.wav")
    with pytest.raises(InputError, match=r"2\.wav: 'test' is the folder of a split, .* as test/CLASS/2\.wav"):
        FolderCorpus(str(tmp_path)).clips()


def test_error_for_an_impossible_frame_rate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"corpus\.frames_hz must be from 1 to 1000, or 0; found -1"):
        FolderCorpus(str(tmp_path), frames_hz=-1)
