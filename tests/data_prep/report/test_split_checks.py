"""Splits whose scores would hide something are warned of."""

from pathlib import Path

from data_prep.manifest import Clip
from data_prep.report.split_checks import check_splits, check_unseen_classes, spell_labels


def clips_of(split: str, **counts: int) -> list[Clip]:
    return [
        Clip(f"{split}/{label}/{number}", Path("a.wav"), label=label, split=split)
        for label, count in counts.items()
        for number in range(count)
    ]


def test_a_class_that_stands_in_training_alone_is_named() -> None:
    clips = clips_of("train", a=24, b=2) + clips_of("validation", a=3) + clips_of("test", a=3)
    warnings = [str(warning) for warning in check_splits(clips)]
    assert any(text.startswith("1 class of 2 missing from test: b; the score says nothing about") for text in warnings)
    assert any(text.startswith("1 class with fewer than 5 training clips: b;") for text in warnings)
    assert any(text.startswith("the test has only 3 clips, so its score may be off by 58 points;") for text in warnings)


def test_ample_splits_and_texts_give_no_warning() -> None:
    ample = clips_of("train", a=30, b=20) + clips_of("validation", a=3, b=3) + clips_of("test", a=20, b=20)
    assert check_splits(ample) == []
    assert check_splits(clips_of("train", a=30)) == []
    texts = [Clip(f"{split}{n}", Path("a"), text="x", split=split) for split in ("train", "test") for n in range(40)]
    assert check_splits(texts) == []


def test_a_class_that_is_missing_from_training_is_named() -> None:
    clips = clips_of("train", a=30) + clips_of("test", a=20, b=20)
    (warning,) = check_unseen_classes(clips)
    assert str(warning).startswith("1 class missing from train but used in 20 clips of other splits: b; these clips")
    assert check_unseen_classes(clips_of("train", a=30, b=9) + clips_of("test", b=20)) == []
    assert check_unseen_classes([Clip("a", Path("a"), text="x", split="train")]) == []


def test_labels_that_a_rule_makes_one_are_one_class() -> None:
    clips = clips_of("train", Yes=30, no=30) + clips_of("test", yes=20, no=20)
    assert len(check_splits(clips)) == len(check_unseen_classes(clips)) == 1
    spelled = spell_labels(clips, ["lowercase"])
    assert check_splits(spelled) == check_unseen_classes(spelled) == []
