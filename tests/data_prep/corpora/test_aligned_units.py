"""Units of another corpus, chosen and renamed."""

import json
from pathlib import Path

import pytest

from data_prep.corpora.aligned_units import AlignedUnits
from data_prep.errors import InputError


@pytest.fixture
def units(tmp_path: Path) -> str:
    (tmp_path / "a.wav").touch()
    rows = [
        {"path": "a.wav", "start_s": i, "end_s": i + 1, "text": word, "label": word, "speaker": f"s{i}", "split": split}
        for i, (word, split) in enumerate([("ONE", "train"), ("TWO", "train"), ("GO", "train"), ("ONE", "test")])
    ]
    path = tmp_path / "units.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_all_units_are_clips(units: str) -> None:
    clips = AlignedUnits(units).clips()
    assert [(clip.label, clip.text, clip.split) for clip in clips] == [
        ("ONE", "ONE", "train"),
        ("TWO", "TWO", "train"),
        ("GO", "GO", "train"),
        ("ONE", "ONE", "test"),
    ]


def test_units_are_chosen_by_a_list_or_renamed_by_a_mapping(units: str) -> None:
    assert [clip.label for clip in AlignedUnits(units, units=("ONE", "TWO")).clips()] == ["ONE", "TWO", "ONE"]
    renamed = AlignedUnits(units, units={"TWO": "2"}).clips()
    assert [(clip.label, clip.text, clip.start_s, clip.end_s) for clip in renamed] == [("2", "2", 1, 2)]


def test_units_that_none_is_named_like_are_an_error(units: str) -> None:
    with pytest.raises(InputError, match="none of its units, such as GO, ONE, TWO, is one of one, two; check"):
        AlignedUnits(units, units=("one", "two")).clips()
