"""Splits whose scores would hide something are warned of."""

from pathlib import Path

from data_prep.manifest import Clip
from data_prep.report.split_checks import check_splits
from data_prep.splits import assign_splits


def clips_of(split: str, **counts: int) -> list[Clip]:
    return [
        Clip(f"{split}/{label}/{number}", Path("a.wav"), label=label, split=split)
        for label, count in counts.items()
        for number in range(count)
    ]


def test_a_class_that_stands_in_training_alone_is_named() -> None:
    """Thirty clips of one class and two of another, split clip by clip."""
    undecided = [
        Clip(f"{label}{n}", Path("a"), label=label) for label, count in (("a", 30), ("b", 2)) for n in range(count)
    ]
    warnings = [str(warning) for warning in check_splits(assign_splits(undecided, 0.1, 0.1))]
    assert any(text.startswith("1 class of 2 missing from test: b; the score says nothing about") for text in warnings)
    assert any(text.startswith("1 class with fewer than 5 training clips: b;") for text in warnings)
    assert any(text.startswith("the test has only 3 clips, so its score may be off by 58 points;") for text in warnings)


def test_ample_splits_and_texts_give_no_warning() -> None:
    ample = clips_of("train", a=30, b=20) + clips_of("validation", a=3, b=3) + clips_of("test", a=20, b=20)
    assert check_splits(ample) == []
    assert check_splits(clips_of("train", a=30)) == []
    texts = [Clip(f"{split}{n}", Path("a"), text="x", split=split) for split in ("train", "test") for n in range(40)]
    assert check_splits(texts) == []
