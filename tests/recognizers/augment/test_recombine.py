"""The settings of recombination."""

from typing import Any

import pytest

from data_prep.errors import InputError
from recognizers.augment.recombine import Recombine


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"copies": -1}, "copies must be a whole number"),
        ({"copies": 0.5}, "copies must be a whole number"),
        ({"copies": True}, "copies must be a whole number"),
        ({"copies": 1, "from_epoch": -1}, "from_epoch must be a whole number"),
        ({"copies": 1, "from_epoch": 0}, "from_epoch must be 1 or more.*learned nothing"),
        ({"copies": 1, "most_units": 0}, "most_units must be a whole number"),
        ({"alignments": "a.jsonl"}, "alignments are given, but copies is 0; give copies=1"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"augment.recombine: {message}"):
        Recombine(**settings)


def test_the_first_epoch_is_after_a_fifth_of_them_unless_it_is_given() -> None:
    assert Recombine(copies=1).first_epoch(45) == 9
    assert Recombine(copies=1).first_epoch(3) == 1
    assert Recombine(copies=1, from_epoch=4).first_epoch(None) == 4
    assert Recombine(copies=1, alignments="a.jsonl").first_epoch(None) == 0
    with pytest.raises(InputError, match=r"trainer\.max_epochs, which is not set"):
        Recombine(copies=1).first_epoch(None)
