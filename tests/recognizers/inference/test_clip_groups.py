"""Fields by which scores are told apart."""

from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import InputError
from data_prep.manifest import Clip
from recognizers.inference.clip_groups import choose_groups, groups_of_clip


def clips_with(name: str, values: list[Any]) -> list[Clip]:
    return [
        Clip(str(number), Path("x.wav"), label="go", extra={} if value is None else {name: value})
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        (["f"] * 5 + ["m"] * 6, True),
        (["f"] * 5 + ["m"] * 6 + [None] * 3, True),
        ([True, False] * 5, True),
        (["f"] * 20 + ["m"] * 4, False),
        (["f"] * 20, False),
        ([str(number // 5) for number in range(55)], False),
        ([1, 2] * 9, False),
        ([["f"], ["m"]] * 9, False),
    ],
    ids=["two", "some lack it", "yes and no", "too few", "one", "too many", "numbers", "lists"],
)
def test_extra_fields_with_few_values_are_chosen(values: list[Any], chosen: bool) -> None:
    assert choose_groups(clips_with("sex", values), None) == (("sex",) if chosen else ())


def test_wanted_fields_may_be_any() -> None:
    clips = clips_with("age", [31, 44, None])
    assert choose_groups(clips, ["label", "age"]) == ("label", "age")
    assert choose_groups(clips, []) == ()
    assert groups_of_clip(clips[0], ["age", "label"]) == {"age": "31", "label": "go"}
    assert groups_of_clip(clips[2], ["age"]) == {"age": "not given"}


def test_a_field_that_no_clip_has_is_an_error_with_a_hint() -> None:
    with pytest.raises(InputError, match=r"^groups=ages: no clip has this field; found age, label\. .* mean .*age"):
        choose_groups(clips_with("age", ["31"]), ["ages"])
