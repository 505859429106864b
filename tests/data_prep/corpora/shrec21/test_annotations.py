from pathlib import Path

import pytest

from data_prep.corpora.shrec21.annotations import GESTURES, Gesture, read_annotations
from data_prep.errors import InputError


def annotations(folder: Path, text: str) -> Path:
    path = folder / "annotations.txt"
    path.write_text(text)
    return path


def test_frames_become_seconds_and_gestures_are_put_in_order(tmp_path: Path) -> None:
    found = read_annotations(annotations(tmp_path, "7;TAP;100;149;ONE;0;49; \r\n\r\n12;V;10;10;\n"))
    assert found == {"7": (Gesture("ONE", 0.0, 1.0), Gesture("TAP", 2.0, 3.0)), "12": (Gesture("V", 0.2, 0.22),)}
    assert len(GESTURES) == 17


def test_a_gesture_that_ends_before_it_begins_stays_without_times(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = read_annotations(annotations(tmp_path, "64;TAP;1135;162;V;1585;1605;\n"))["64"]
    assert [(gesture.name, gesture.is_timed) for gesture in found] == [("TAP", False), ("V", True)]
    assert "annotations.txt:1: TAP ends in frame 162, before it begins in frame 1135" in caplog.text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2;", "sequence 2 has no gesture; expected 'sequence;GESTURE;first frame;last frame"),
        ("2;ONE;5", "found 2 values after the sequence's number, not three a gesture"),
        ("2;ONE;5;9;TAP", "found 4 values after the sequence's number"),
        ("two;ONE;5;9", "found 'two' as the number of the sequence"),
        ("2;POINTING;5;9", "unknown gesture 'POINTING'; expected one of ONE, TWO"),
        ("2;ONE;5;nine", "found '5' and 'nine' as the frames of ONE; expected whole numbers"),
        ("2;ONE;-5;9", "found '-5' and '9' as the frames of ONE"),
        ("1;ONE;5;9", "sequence 1 has a line already"),
    ],
)
def test_the_error_names_the_line_and_its_fault(tmp_path: Path, line: str, reason: str) -> None:
    path = annotations(tmp_path, f"1;V;1;2;\n\n{line}\n")
    with pytest.raises(InputError) as error:
        read_annotations(path)
    assert str(error.value).startswith(f"{path}:3: {reason}")
