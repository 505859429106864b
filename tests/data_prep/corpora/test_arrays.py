"""Series of numbers are found in folders and through manifests."""

from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.arrays import ArraysCorpus
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch, write


def test_each_folder_is_a_class(tmp_path: Path) -> None:
    touch(tmp_path, *(f"up/{i}.npy" for i in range(10)), *(f"down ä/deep/{i}.CSV" for i in range(20)))
    touch(tmp_path, "loose.csv", "up/notes.txt", "up/a.wav", "up/.hidden.npy", ".trash/1.npy")
    clips = ArraysCorpus(str(tmp_path), validation_share=0.1, test_share=0.2).clips()
    counts = Counter((clip.label, clip.split) for clip in clips)
    assert counts == {
        ("up", "train"): 7,
        ("up", "validation"): 1,
        ("up", "test"): 2,
        ("down ä", "train"): 14,
        ("down ä", "validation"): 2,
        ("down ä", "test"): 4,
    }
    assert by_id(clips)["down ä/deep/3.CSV"].path == tmp_path / "down ä" / "deep" / "3.CSV"


def test_folders_of_splits_are_understood(tmp_path: Path) -> None:
    touch(tmp_path, "train/up/1.npy", "train/down/1.npy", "test/up/2.npy")
    found = [(clip.label, clip.split) for clip in ArraysCorpus(str(tmp_path), validation_share=0).clips()]
    assert sorted(found) == [("down", "train"), ("up", "test"), ("up", "train")]


def test_a_manifest_gives_labels_or_texts_and_parts(tmp_path: Path) -> None:
    touch(tmp_path, "data/a.csv", "data/b.csv")
    rows = "path,text,split,start_s,end_s\ndata/a.csv,rain sun,train,0,24\ndata/a.csv,sun,test,24,48\n"
    write(tmp_path, {"manifest.csv": rows, "list.csv": "path,label,split\ndata/b.csv,up,train\n"})
    first, second = ArraysCorpus(str(tmp_path)).clips()
    assert (first.text, first.start_s, first.end_s, first.path) == ("rain sun", 0, 24, tmp_path / "data" / "a.csv")
    assert (second.text, second.split) == ("sun", "test")
    (listed,) = ArraysCorpus(str(tmp_path / "list.csv")).clips()
    assert (listed.label, listed.path) == ("up", tmp_path / "data" / "b.csv")


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder; expected a folder with a folder for each class"):
        ArraysCorpus(str(tmp_path / "nowhere")).clips()
    touch(tmp_path, "a.npy", "up/a.wav")
    with pytest.raises(InputError, match="found no clip there; expected a folder for each class with"):
        ArraysCorpus(str(tmp_path)).clips()
