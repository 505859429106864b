from pathlib import Path

import pytest

from data_prep.corpora.shrec21.annotations import Gesture
from data_prep.corpora.shrec21.excerpts import Shrec21Excerpts
from data_prep.corpora.shrec21.shrec21 import Shrec21, gestures_of
from data_prep.errors import InputError
from tests.data_prep.corpora.conftest import by_id
from tests.data_prep.corpora.shrec21.shrec21_files import shrec21_root


def test_excerpts_are_cut_halfway_between_gestures(tmp_path: Path) -> None:
    found = by_id(Shrec21Excerpts(str(shrec21_root(tmp_path)), most_gestures=2, margin_s=3.0).clips())
    cuts = {name: (clip.text, clip.start_s, clip.end_s) for name, clip in found.items()}
    assert cuts == {
        "training_set/1/1-1": ("DENY", 10.4, 18.0),  # limited by the margin on both sides
        "training_set/1/2-2": ("CIRCLE", 29.2, 36.2),
        "training_set/2/1-1": ("ONE", 0.0, 4.0),
        "training_set/2/2-2": ("TAP", 4.0, 6.5),
        "training_set/2/3-3": ("KNOB", 6.5, 12.0),
        "training_set/2/1-2": ("ONE TAP", 0.0, 6.5),
        "training_set/2/2-3": ("TAP KNOB", 4.0, 12.0),
    }
    assert gestures_of(found["training_set/2/2-3"]) == [Gesture("TAP", 1.0, 2.0), Gesture("KNOB", 3.0, 5.0)]
    assert {clip.split for clip in found.values()} == {"train"}


def test_nothing_is_taken_from_sequences_that_are_held_out(tmp_path: Path) -> None:
    lines = "".join(f"{number};ONE;100;149;TWO;300;349;\n" for number in range(1, 13))
    root = str(shrec21_root(tmp_path, lines, test=None))
    for fold in range(3):
        settings = {"validation_share": 0.2, "test_share": 0.0, "fold": fold, "folds": 3}
        training = {clip.id for clip in Shrec21(root, **settings).clips() if clip.split == "train"}
        excerpts = Shrec21Excerpts(root, **settings).clips()
        assert {clip.id.rpartition("/")[0] for clip in excerpts} == training
        assert len(excerpts) == 2 * len(training)


def test_a_sequence_with_a_wrong_time_is_not_cut(tmp_path: Path) -> None:
    lines = "1;ONE;100;149;TWO;300;349;\n2;TAP;1135;162;V;1585;1605;\n"
    found = Shrec21Excerpts(str(shrec21_root(tmp_path, lines))).clips()
    assert {clip.id for clip in found} == {"training_set/1/1-1", "training_set/1/2-2"}


@pytest.mark.parametrize(("name", "value"), [("most_gestures", 0), ("margin_s", 0.0)])
def test_error_for_a_setting_out_of_range(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} of the excerpts must be"):
        Shrec21Excerpts("anywhere", **{name: value})
