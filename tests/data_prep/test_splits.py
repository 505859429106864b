import logging
import math
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.manifest import SPLITS, Clip
from data_prep.splits import assign_splits, speakers_across_splits, split_fingerprints


def spoken(counts: dict[str, int], split: str | None = None) -> list[Clip]:
    return [
        Clip(f"{speaker}/{i}", Path(f"{speaker}/{i}.wav"), text="x", speaker=speaker, split=split)
        for speaker, count in counts.items()
        for i in range(count)
    ]


def labelled(counts: dict[str, int]) -> list[Clip]:
    return [Clip(f"{x}/{i}", Path(f"{x}/{i}.wav"), label=x) for x, count in counts.items() for i in range(count)]


def split_of(clips: list[Clip]) -> dict[str, str | None]:
    return {clip.id: clip.split for clip in clips}


@pytest.mark.parametrize("clips", [spoken({f"s{i}": 5 + i for i in range(9)}), labelled({"a": 40, "b": 25})])
def test_the_same_clips_get_the_same_splits_in_any_order(clips: list[Clip]) -> None:
    shuffled = random.Random(0).sample(clips, len(clips))
    first = assign_splits(clips, 0.2, 0.2)
    assert [clip.id for clip in first] == [clip.id for clip in clips]
    assert split_of(assign_splits(shuffled, 0.2, 0.2)) == split_of(first)


def test_splits_are_the_same_from_version_to_version() -> None:
    clips = assign_splits(spoken({name: 1 for name in ("ann", "bob", "cleo", "dan", "eve")}), 0.2, 0.2)
    assert {clip.speaker: clip.split for clip in clips if clip.split != "train"} == {"dan": "test", "eve": "validation"}


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(1, 60), min_size=3, max_size=12),
    st.floats(0.01, 0.49),
    st.floats(0.01, 0.49),
)
def test_no_speaker_is_in_two_splits_and_every_split_has_one(
    sizes: list[int], validation_share: float, test_share: float
) -> None:
    clips = assign_splits(spoken({f"s{i}": n for i, n in enumerate(sizes)}), validation_share, test_share)
    assert speakers_across_splits(clips) == {}
    assert {clip.split for clip in clips} == set(SPLITS)


def test_shares_are_met_if_there_are_many_speakers() -> None:
    clips = assign_splits(spoken({f"s{i}": 10 for i in range(50)}), 0.1, 0.2)
    counts = Counter(clip.split for clip in clips)
    assert counts == {"train": 350, "test": 100, "validation": 50}


@pytest.mark.parametrize("clips", [spoken({"ann": 30, "bob": 30}), labelled({"x": 20, "y": 40})])
def test_too_few_speakers_are_split_clip_by_clip_with_a_warning(
    clips: list[Clip], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        done = assign_splits(clips, 0.1, 0.2)
    assert Counter(clip.split for clip in done) == {"train": 42, "test": 12, "validation": 6}
    assert "the same person may be in several splits" in caplog.text


def test_splitting_clip_by_clip_keeps_each_label_in_proportion() -> None:
    done = assign_splits(labelled({"many": 100, "some": 20, "few": 10}), 0.1, 0.1)
    counts = Counter((clip.label, clip.split) for clip in done)
    assert counts["many", "validation"] == counts["many", "test"] == 10
    assert counts["some", "validation"] == counts["some", "test"] == 2
    assert counts["few", "validation"] == counts["few", "test"] == 1


def test_a_rare_label_is_tested_too_in_place_of_a_clip_of_the_most_frequent_one() -> None:
    """Otherwise a test of thirty clips of one class and two of another would hide that the other is never found."""
    counts = Counter((clip.label, clip.split) for clip in assign_splits(labelled({"often": 30, "rare": 2}), 0.1, 0.1))
    assert counts == {
        ("often", "train"): 25,
        ("often", "validation"): 3,
        ("often", "test"): 2,
        ("rare", "train"): 1,
        ("rare", "test"): 1,
    }


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.floats(0, 0.49), st.floats(0, 0.49))
def test_every_label_stays_in_training(sizes: list[int], validation_share: float, test_share: float) -> None:
    done = assign_splits(labelled({f"x{i}": n for i, n in enumerate(sizes)}), validation_share, test_share)
    assert {clip.label for clip in done if clip.split == "train"} == {clip.label for clip in done}


def test_a_split_that_stays_empty_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    done = assign_splits(labelled({"x": 4, "y": 4}), 0.1, 0.2)
    assert {clip.split for clip in done} == {"train", "test"}
    assert "no clip is left for the validation split, because 8 clips are too few for it" in caplog.text
    assert "raise corpus.validation_share" in caplog.text


def test_official_splits_are_left_as_they_are() -> None:
    official = spoken({"tess": 7}, split="test")
    done = assign_splits(spoken({f"s{i}": 4 for i in range(10)}) + official, 0.1, 0.5)
    assert done[40:] == official
    assert Counter(clip.split for clip in done[:40]) == {"train": 36, "validation": 4}


def test_clips_that_all_have_a_split_are_unchanged() -> None:
    clips = spoken({"ann": 3}, "train") + spoken({"bob": 2}, "test")
    assert assign_splits(clips, 0.4, 0.4) == clips


@pytest.mark.parametrize("clips", [spoken({f"s{i}": 4 for i in range(10)}), labelled({"x": 40})])
def test_a_share_of_0_leaves_that_split_empty(clips: list[Clip], caplog: pytest.LogCaptureFixture) -> None:
    assert {clip.split for clip in assign_splits(clips, 0.0, 0.1)} == {"train", "test"}
    assert {clip.split for clip in assign_splits(clips, 0.1, 0.0)} == {"train", "validation"}
    caplog.clear()
    assert {clip.split for clip in assign_splits(clips, 0.0, 0.0)} == {"train"}
    assert caplog.text == ""


def test_speakers_across_splits_are_named_with_their_splits() -> None:
    decided = spoken({"ann": 1, "bob": 1}, "train") + spoken({"bob": 1, "cleo": 1}, "test")
    undecided = spoken({"dan": 1}) + labelled({"x": 2})
    clips = decided + undecided + spoken({"dan": 1}, "validation")
    assert speakers_across_splits(clips) == {"bob": ["train", "test"], "dan": ["validation", "undecided"]}


def test_split_fingerprints_change_with_clips_and_targets_but_not_with_their_order() -> None:
    clips = spoken({"ann": 3}, "train") + spoken({"bob": 2}, "test")
    before = split_fingerprints(clips)
    assert set(before) == {"train", "test"}
    assert split_fingerprints(clips[::-1]) == before
    other = [*clips[:-1], Clip(clips[-1].id, clips[-1].path, text="y", split="test")]
    assert split_fingerprints(other)["train"] == before["train"]
    assert split_fingerprints(other)["test"] != before["test"]


@pytest.mark.parametrize(("validation_share", "test_share"), [(-0.1, 0.1), (0.5, 0.5), (10, 0)])
def test_shares_that_leave_nothing_for_training_are_an_error(validation_share: float, test_share: float) -> None:
    with pytest.raises(InputError, match="leave something for training"):
        assign_splits(spoken({"ann": 3, "bob": 2}), validation_share, test_share)


def test_a_speaker_who_is_already_in_a_split_stays_there() -> None:
    decided = [replace(clip, id=f"old{clip.id}") for clip in spoken({"ann": 1}, "test")]
    found = assign_splits(decided + spoken({"ann": 3, "bob": 5, "eve": 5}), 0.2, 0.2)
    assert {clip.split for clip in found if clip.speaker == "ann"} == {"test"}
    assert {clip.split for clip in found if clip.speaker != "ann"} == {"train", "validation"}


def test_many_small_labels_together_give_their_share() -> None:
    clips = [Clip(f"{label}{take}", Path("x"), label=label) for label in "abcdefghij" for take in range(4)]
    found = assign_splits(clips, 0.1, 0.1)
    assert sum(clip.split == "validation" for clip in found) == 4
    assert sum(clip.split == "test" for clip in found) == 4


@pytest.mark.parametrize(
    "clips", [spoken({f"s{i}": 3 + (7 * i) % 20 for i in range(17)}), labelled({"x": 20, "y": 40, "z": 60})]
)
@pytest.mark.parametrize("shares", [(0.0, 0.25), (0.1, 0.2), (0.25, 0.0)])
def test_folds_hold_out_every_clip_once(clips: list[Clip], shares: tuple[float, float]) -> None:
    folds = round(1 / (shares[1] or shares[0]))
    held_out = "test" if shares[1] else "validation"
    parts = [assign_splits(clips, *shares, fold=fold) for fold in range(folds)]
    assert Counter(clip.id for part in parts for clip in part if clip.split == held_out) == Counter(c.id for c in clips)
    assert all(speakers_across_splits(part) == {} for part in parts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 300), min_size=3, max_size=12), st.sampled_from([0.1, 0.2, 0.25, 1 / 3, 0.3, 0.5]))
def test_folds_are_disjoint_and_hold_out_everybody_whatever_the_sizes(sizes: list[int], share: float) -> None:
    """Cross-validation with few speakers of unequal sizes, such as 900, 892, 360, 180 and 180 clips."""
    clips = spoken({f"s{i}": n for i, n in enumerate(sizes)})
    held_out: Counter[str | None] = Counter()
    count = math.ceil(1 / share - 1e-9)
    for fold in range(count):
        if len(sizes) < count and len(held_out) == len(clips):
            with pytest.raises(InputError, match="holds nobody"):
                assign_splits(clips, 0.0, share, fold)
            continue
        done = assign_splits(clips, 0.1 if share < 0.5 else 0.0, share, fold)
        assert speakers_across_splits(done) == {}
        assert any(clip.split == "train" for clip in done)
        held_out.update(clip.id for clip in done if clip.split == "test")
    assert held_out == Counter(clip.id for clip in clips)


def test_five_unequal_speakers_fill_five_folds() -> None:
    clips = spoken({"a": 900, "b": 892, "c": 360, "d": 180, "e": 180})
    folds = [assign_splits(clips, 0.0, 0.2, fold) for fold in range(5)]
    tested = [{clip.speaker for clip in fold if clip.split == "test"} for fold in folds]
    assert sorted(map(sorted, tested)) == [["a"], ["b"], ["c"], ["d"], ["e"]]


def test_one_speaker_at_a_time_is_left_out() -> None:
    clips = spoken({f"s{i}": 5 + 30 * i for i in range(7)})
    tested = [
        {clip.speaker for clip in assign_splits(clips, 0.1, 0.0, fold, "speaker") if clip.split == "test"}
        for fold in range(7)
    ]
    assert sorted(name for names in tested for name in names) == [f"s{i}" for i in range(7)]
    with pytest.raises(InputError, match=r"corpus\.fold must be from 0 to 6"):
        assign_splits(clips, 0.1, 0.0, 7, "speaker")


@pytest.mark.parametrize("clips", [spoken({f"s{i}": 10 for i in range(9)}), labelled({"x": 30, "y": 60})])
def test_the_number_of_folds_can_be_given(clips: list[Clip]) -> None:
    folds = [assign_splits(clips, 0.0, 0.0, fold, 3) for fold in range(3)]
    counts = Counter(clip.id for fold in folds for clip in fold if clip.split == "test")
    assert counts == Counter(clip.id for clip in clips)
    assert {sum(clip.split == "test" for clip in fold) for fold in folds} == {30}


def test_folds_of_an_official_test_are_for_validation() -> None:
    clips = spoken({f"s{i}": 10 for i in range(4)}) + spoken({"tess": 5}, "test")
    folds = [assign_splits(clips, 0.0, 0.1, fold, 4) for fold in range(4)]
    assert [sum(clip.split == "validation" for clip in fold) for fold in folds] == [10] * 4


def test_clip_by_clip_each_label_is_spread_over_the_folds() -> None:
    """A label's only clip stays in training: nothing could be learned of it otherwise."""
    clips = labelled({"often": 50, "rare": 5, "twice": 2, "once": 1})
    folds = [assign_splits(clips, 0.0, 0.2, fold) for fold in range(5)]
    tested = [Counter(clip.label for clip in fold if clip.split == "test") for fold in folds]
    assert [counts["often"] for counts in tested] == [10] * 5
    assert [counts["rare"] for counts in tested] == [1] * 5
    assert [counts["once"] for counts in tested] == [0] * 5
    assert sum(counts["twice"] for counts in tested) == 2
    assert all(any(clip.label == label and clip.split == "train" for clip in fold)
               for fold in folds for label in ("often", "rare", "twice", "once"))  # fmt: skip


@pytest.mark.parametrize(
    ("fold", "folds", "clips", "message"),
    [
        (None, 5, spoken({"a": 5, "b": 5, "c": 5}), r"corpus\.folds=5 needs corpus\.fold"),
        (0, 1, spoken({"a": 5, "b": 5, "c": 5}), "must be a number from 2, or 'speaker'; found 1"),
        (0, "signer", spoken({"a": 5, "b": 5, "c": 5}), "must be a number from 2, or 'speaker'; found 'signer'"),
        (4, 5, spoken({"a": 5, "b": 5, "c": 5}), "3 speakers fill only 3 of 5 folds"),
        (0, "speaker", labelled({"x": 9, "y": 9}), "18 of 18 clips name no speaker, such as x/0"),
        (0, "speaker", [*spoken({"a": 5, "b": 5, "c": 5}), *labelled({"x": 1})], "1 of 16 clips name no speaker"),
        (0, "speaker", spoken({"a": 5, "b": 5}), "one for validation and one for training, but there are only 2"),
        (1.5, 3, spoken({"a": 5, "b": 5, "c": 5}), r"corpus\.fold must be a number from 0; found 1\.5"),
        (3, None, spoken({"a": 5}, "train") + spoken({"b": 5}, "test"), "corpus.fold=3: there is nothing to divide"),
        (0, 5, spoken({"a": 5}, "train") + spoken({"b": 5}, "test"), "corpus.fold=0: there is nothing to divide"),
    ],
)
def test_folds_that_cannot_be_are_an_error(
    fold: float | None, folds: int | str | None, clips: list[Clip], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        assign_splits(clips, 0.1, 0.1, fold, folds)  # type: ignore[arg-type]


def test_the_first_fold_of_a_corpus_that_holds_nobody_out_is_all_of_it() -> None:
    """Runs of earlier versions name the fold 0 even where nothing is held out."""
    clips = spoken({"a": 5, "b": 5})
    assert {clip.split for clip in assign_splits(clips, 0.0, 0.0, 0)} == {"train"}


@pytest.mark.parametrize("fold", [-1, 4])
def test_a_fold_out_of_range_is_an_error(fold: int) -> None:
    with pytest.raises(InputError, match=r"corpus\.fold must be from 0 to 3"):
        assign_splits(spoken({f"s{i}": 5 for i in range(8)}), 0.1, 0.25, fold)
