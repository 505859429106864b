from collections import Counter
from pathlib import Path

import pytest

from data_prep.corpora.shrec17 import GESTURES, Shrec17
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id, write


def shrec_root(root: Path, test_list: bool = True) -> Path:
    train = [f"{gesture} {finger} {subject} 1" for gesture in (1, 14) for finger in (1, 2) for subject in (1, 2, 3, 4)]
    write(root, {"train_gestures.txt": "".join(f"{row} 0 0 40\n" for row in train)})
    if test_list:
        write(root, {"test_gestures.txt": "2 2 9 5 2 4 31\n"})
    return root


@pytest.mark.parametrize(
    ("label", "first", "last", "tested"),
    [(14, "grab", "shake", "tap"), (28, "grab_finger", "shake_finger", "tap_hand")],
)
def test_there_are_14_or_28_classes(tmp_path: Path, label: int, first: str, last: str, tested: str) -> None:
    clips = Shrec17(str(shrec_root(tmp_path)), label).clips()
    found = by_id(clips)
    assert found["gesture_1/finger_1/subject_1/essai_1"].label == first
    assert found["gesture_14/finger_1/subject_2/essai_1"].label == last
    assert len({clip.label for clip in clips if clip.split != "test"}) == label // 7
    (test,) = [clip for clip in clips if clip.split == "test"]
    assert (test.id, test.label, test.speaker) == ("gesture_2/finger_2/subject_9/essai_5", tested, "subject_9")
    assert test.path == tmp_path / test.id / "skeletons_world.txt"
    assert len(GESTURES) == 14


def test_subjects_are_held_out_if_there_is_no_test_list(tmp_path: Path) -> None:
    clips = Shrec17(str(shrec_root(tmp_path, test_list=False))).clips()
    assert Counter(clip.split for clip in clips) == {"train": 8, "validation": 4, "test": 4}
    assert len({(clip.speaker, clip.split) for clip in clips}) == 4


@pytest.mark.parametrize("row", ["1 1 1", "one 1 1 1 1 1 40", "15 1 1 1 15 29 40", "0 1 1 1 0 0 40", "-1 1 1 1 1 1 1"])
def test_error_for_a_wrong_row_names_its_line(tmp_path: Path, row: str) -> None:
    write(tmp_path, {"train_gestures.txt": f"1 1 1 1 1 1 40\n\n{row}\n"})
    with pytest.raises(InputError, match=rf"train_gestures\.txt:3: found '{row}', expected 'gesture finger subject"):
        Shrec17(str(tmp_path)).clips()


def test_error_for_another_number_of_classes() -> None:
    with pytest.raises(InputError, match=r"corpus\.label must be 14 or 28; found 10"):
        Shrec17("anywhere", label=10)
