from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.shrec21.annotations import Gesture
from data_prep.corpora.shrec21.shrec21 import Shrec21, gestures_of
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, touch
from tests.data_prep.corpora.shrec21.shrec21_files import shrec21_root


def test_the_gestures_of_a_sequence_are_its_text(tmp_path: Path) -> None:
    found = by_id(Shrec21(str(shrec21_root(tmp_path)), validation_share=0.0).clips())
    assert {name: (clip.text, clip.split) for name, clip in found.items()} == {
        "training_set/1": ("DENY CIRCLE", "train"),
        "training_set/2": ("ONE TAP KNOB", "train"),
        "training_set/3": ("V", "train"),
        "test_set/1": ("GRAB OK", "test"),
    }
    clip = found["test_set/1"]
    assert clip.path == tmp_path / "test_set" / "sequences" / "1.txt"
    assert gestures_of(clip) == [Gesture("GRAB", 1.0, 2.0), Gesture("OK", 3.0, 4.0)]


def test_sequences_are_held_out_if_there_is_no_test(tmp_path: Path) -> None:
    root = shrec21_root(tmp_path, "".join(f"{number};ONE;1;9;\n" for number in range(1, 13)), test=None)
    held_out: Counter[str] = Counter()
    for fold in range(4):
        clips = Shrec21(str(root), 0.0, 0.0, fold, 4).clips()
        held_out.update(clip.id for clip in clips if clip.split == "test")
    assert set(held_out.values()) == {1}
    assert len(held_out) == 12


def test_error_for_a_sequence_without_annotations(tmp_path: Path) -> None:
    touch(shrec21_root(tmp_path), "training_set/sequences/10.txt", "training_set/sequences/9.txt")
    with pytest.raises(InputError, match=r"no line for 2 of 5 sequences, such as sequences/9\.txt"):
        Shrec21(str(tmp_path)).clips()


def test_error_for_a_part_without_annotations(tmp_path: Path) -> None:
    (shrec21_root(tmp_path) / "test_set" / "annotations_revised.txt").unlink()
    with pytest.raises(InputError, match=r"annotations_revised\.txt: no such file; test_set needs"):
        Shrec21(str(tmp_path)).clips()
