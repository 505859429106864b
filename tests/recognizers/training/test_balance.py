"""Groups of clips are drawn equally often."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.manifest import Clip
from recognizers.training.balance import BalancedDraw, groups_of, with_groups
from recognizers.training.targets import TargetClip

GROUPS = ["a"] * 70 + ["b"] * 25 + ["c"] * 7 + ["d"]


def counts_by_group(indices: np.ndarray, groups: list[str]) -> dict[str, int]:
    return {name: sum(groups[index] == name for index in indices) for name in sorted(set(groups))}


@pytest.mark.parametrize("groups", [GROUPS, ["a"] * 5, ["a", "b"], ["b", "a", "b", "b", "b"]])
def test_an_epoch_has_as_many_clips_as_there_are_and_equally_many_of_each_group(groups: list[str]) -> None:
    draw = BalancedDraw(groups)
    for epoch in range(9):
        indices = draw.indices(epoch)
        counts = counts_by_group(indices, groups).values()
        assert len(indices) == len(groups)
        assert max(counts) - min(counts) <= 1
        assert indices.tolist() == sorted(indices)


def test_after_any_number_of_epochs_groups_and_the_clips_of_each_differ_by_one_at_most() -> None:
    draw = BalancedDraw(GROUPS)
    drawn = np.zeros(len(GROUPS), dtype=int)
    for epoch in range(11):
        drawn += np.bincount(draw.indices(epoch), minlength=len(GROUPS))
        totals = [drawn[members].sum() for members in draw.members]
        assert max(totals) - min(totals) <= 1
        assert all(np.ptp(drawn[members]) <= 1 for members in draw.members)
    assert drawn.min() > 0


def test_the_draw_depends_on_seed_and_epoch_only() -> None:
    first, second = (BalancedDraw(GROUPS, seed=3) for _ in range(2))
    later = second.indices(5).tolist()
    assert first.indices(0).tolist() == second.indices(0).tolist()
    assert first.indices(5).tolist() == later
    assert first.indices(0).tolist() != later
    assert BalancedDraw(GROUPS, seed=4).indices(0).tolist() != first.indices(0).tolist()


def test_rates_are_the_mean_numbers_of_draws() -> None:
    draw = BalancedDraw(GROUPS)
    assert draw.rates.sum() == pytest.approx(len(GROUPS))
    epochs = 400
    drawn = sum(np.bincount(draw.indices(epoch), minlength=len(GROUPS)) for epoch in range(epochs))
    np.testing.assert_allclose(drawn / epochs, draw.rates, atol=1 / epochs)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (GROUPS, ["4 groups, each drawn 25.75 times in an epoch of 103 clips", "'d' (1 clips) 26 times", "0.37 times"]),
        (["a"] * 5, ["all 5 training clips are of one group, 'a': there is nothing to balance"]),
        (["a", "b"] * 3, ["all 2 groups have 3 clips, so they are balanced already"]),
    ],
)
def test_the_description_says_how_often_clips_are_drawn(groups: list[str], words: list[str]) -> None:
    assert all(each in BalancedDraw(groups).describe() for each in words)


def make_clips(**columns: list) -> list[Clip]:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    known = ("label", "speaker")
    return [
        Clip(
            f"clip-{number}",
            Path(f"{number}.wav"),
            split="train",
            **{name: row[name] for name in known if name in row},
            extra={name: value for name, value in row.items() if name not in known},
        )
        for number, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("field", "values", "groups"),
    [
        ("label", ["Yes", "yes", "no "], ["yes", "yes", "no"]),
        ("speaker", ["Ann", "bob", "Ann"], ["Ann", "bob", "Ann"]),
        ("room", [0, 1, False], ["0", "1", "False"]),
    ],
)
def test_any_field_of_a_manifest_gives_groups(field: str, values: list, groups: list[str]) -> None:
    assert groups_of(make_clips(**{field: values}), field, ("lowercase",)) == groups


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("dialekt", "balance=dialekt: no training clip has this field; found dialect, speaker.*did you mean 'dialect'"),
        ("label", r"balance=label: no training clip has this field; .*or balance=null"),
        ("dialect", "balance=dialect: 2 of 3 training clips have no 'dialect', such as clip-1; .* leave balance out"),
    ],
)
def test_an_error_for_a_field_that_clips_lack_says_what_was_found(field: str, message: str) -> None:
    clips = make_clips(speaker=["ann", "bob", "ann"], dialect=["north", None, " "])
    with pytest.raises(InputError, match=message):
        groups_of(clips, field, ())


def test_only_training_clips_need_a_group() -> None:
    train, test = make_clips(speaker=["ann", None])
    entries = [TargetClip(clip, (1,), 10, 1) for clip in (replace(test, split="test"), train)]
    assert [entry.group for entry in with_groups(entries, "speaker", ())] == [None, "ann"]
    assert with_groups(entries, None, ()) == entries
