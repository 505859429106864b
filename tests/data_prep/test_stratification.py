"""Labels are held out in proportion, and all of them if there is room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.stratification import held_out_counts

SHARES = {"test": 0.1, "validation": 0.1}


@pytest.mark.parametrize(
    ("sizes", "test", "validation"),
    [
        ({"a": 30, "b": 2}, [2, 1], [3, 0]),
        ({"a": 40, "b": 4}, [3, 1], [3, 1]),
        ({"a": 100, "b": 3, "c": 3}, [8, 1, 1], [10, 0, 0]),
        ({"a": 10, "b": 20}, [1, 2], [1, 2]),
        ({"a": 50, "b": 1}, [5, 0], [5, 0]),
        ({"a": 5, "b": 5}, [0, 1], [0, 1]),
    ],
)
def test_a_label_takes_a_clip_from_the_most_frequent_one(
    sizes: dict[str, int], test: list[int], validation: list[int]
) -> None:
    counts = held_out_counts(dict(sizes), SHARES)
    assert [counts[label]["test"] for label in sizes] == test
    assert [counts[label]["validation"] for label in sizes] == validation


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.floats(0, 0.49), st.floats(0, 0.49))
def test_the_size_of_a_split_does_not_depend_on_rare_labels(sizes: list[int], test: float, validation: float) -> None:
    labels = {str(number): size for number, size in enumerate(sizes)}
    counts = held_out_counts(dict(labels), {"test": test, "validation": validation})
    assert all(sum(counts[label].values()) < size for label, size in labels.items())
    for split, share in (("test", test), ("validation", validation)):
        assert sum(held_out[split] for held_out in counts.values()) <= share * sum(sizes) + 1e-6
    tested = [held_out["test"] for held_out in counts.values()]
    if max(tested) > 1:  # there was room, so each label with two clips or more is tested
        assert all(
            count or labels[label] < 2 or counts[label]["validation"]
            for count, label in zip(tested, labels, strict=True)
        )
