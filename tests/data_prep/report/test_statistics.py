"""Statistics of a corpus that need no signal."""

from collections import Counter
from collections.abc import Callable

import pytest

from data_prep.failures import Failure
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.statistics import (
    ShortClip,
    SplitSize,
    count_symbols,
    find_duplicates,
    group_by_split,
    group_failures,
    measure_ctc_fit,
    measure_lengths,
    measure_size,
)
from tests.data_prep.report.conftest import clip_of

Make = Callable[..., Prepared]


def sizes_of(prepared: Prepared) -> list[SplitSize]:
    return [measure_size(prepared, split, clips) for split, clips in group_by_split(prepared.clips).items()]


def letters(clip: Clip) -> list[str]:
    return list(clip.text or "")


def test_sizes_count_each_speaker_class_and_text_once(prepared_of: Make) -> None:
    prepared = prepared_of(
        [
            (clip_of("a", speaker="ann", label="yes"), 1.8),
            (clip_of("b", speaker="ann", label="no"), 1.8),
            (clip_of("c", speaker="bob", label="no", text="no"), 3.6),
            (clip_of("d", "test", text="yes"), 7.2),
        ]
    )
    train, validation, test = sizes_of(prepared)
    assert (train.split, train.clips, train.speakers, train.classes, train.texts) == ("train", 3, 2, 2, 1)
    assert train.hours == pytest.approx(0.002)
    assert (validation.split, validation.clips, validation.hours) == ("validation", 0, 0)
    assert (test.split, test.clips, test.speakers, test.classes, test.texts) == ("test", 1, 0, 0, 1)


def test_clips_without_a_split_are_counted(prepared_of: Make) -> None:
    sizes = {size.split: size.clips for size in sizes_of(prepared_of([(clip_of("a", None), 1.0)]))}
    assert sizes == {"train": 0, "validation": 0, "test": 0, "undecided": 1}


def test_lengths_name_the_shortest_and_the_longest(prepared_of: Make) -> None:
    pairs = [(clip_of(f"c{number}"), (number + 1) / 10) for number in (4, 0, 20, 7, 10)]
    prepared = prepared_of(pairs)
    found = measure_lengths(prepared, prepared.clips)
    assert found.shortest == ("c0", 0.1)
    assert found.longest == ("c20", 2.1)
    assert found.median_s == pytest.approx(0.8)
    assert found.p5_s == pytest.approx(0.1 + 0.2 * 0.4)
    assert found.p95_s == pytest.approx(1.1 + 0.8 * 1.0)


def test_symbols_are_counted_by_split_and_unseen_ones_are_named() -> None:
    clips = [clip_of("a", text="aab"), clip_of("b", "validation", text="bx"), clip_of("c", "test", text="xxy")]
    counts = count_symbols(clips, "character", letters)
    assert counts is not None
    assert counts.by_split == {"train": Counter("aab"), "validation": Counter("bx"), "test": Counter("xxy")}
    assert counts.totals == [("x", 3), ("a", 2), ("b", 2), ("y", 1)]
    assert counts.unseen_in_training == {"x": ["b", "c"], "y": ["c"]}


def test_no_symbol_is_unseen_if_there_are_no_training_clips() -> None:
    counts = count_symbols([clip_of("a", "test", text="ab")], "character", letters)
    assert counts is not None
    assert counts.unseen_in_training == {}
    assert count_symbols([clip_of("a", label="yes")], "character", letters) is None


@pytest.mark.parametrize(
    ("frames", "needed", "fitting"),
    [(4, 4, [1]), (4, 2, [1, 2, 3]), (5, 2, [1, 2, 3, 4]), (3, 4, []), (1, 1, [1, 2, 3, 4]), (7, 3, [1, 2, 3])],
)
def test_a_clip_fits_if_the_encoder_gives_enough_frames(frames: int, needed: int, fitting: list[int]) -> None:
    assert [each for each in (1, 2, 3, 4) if ShortClip("a", frames, needed).fits(each)] == fitting


def test_short_clips_count_repeats_and_come_worst_first(prepared_of: Make) -> None:
    prepared = prepared_of(
        [
            (clip_of("fits", text="abc"), 0.12),  # 12 frames at 100 Hz: 3 at subsampling 4
            (clip_of("repeat", text="abb"), 0.12),  # needs 4 of them
            (clip_of("worse", text="abcdef"), 0.05),
            (clip_of("label", label="abcdefgh"), 0.01),
        ]
    )
    fit = measure_ctc_fit(prepared, 100.0, "character", letters)
    assert fit is not None
    assert [(clip.id, clip.frames, clip.needed_frames) for clip in fit.short_clips] == [
        ("worse", 5, 6),
        ("repeat", 12, 4),
    ]
    assert fit.misfits == {1: 1, 2: 1, 3: 1, 4: 2}
    assert [clip.largest_fit for clip in fit.short_clips] == [None, 3]


def test_duplicates_across_splits_come_first(prepared_of: Make) -> None:
    clips = [
        clip_of("a", label="x"),
        clip_of("b", label="x"),
        clip_of("c", label="y"),
        clip_of("d", "test", label="z"),
        clip_of("e"),
    ]
    prepared = prepared_of([(clip, 0.1) for clip in clips], same={"b": "a", "d": "c"})
    across, within = find_duplicates(prepared)
    assert (across.ids, across.splits, across.targets) == (("c", "d"), ("train", "test"), ("y", "z"))
    assert (within.ids, within.splits, within.targets) == (("a", "b"), ("train",), ("x",))


def test_failures_are_grouped_by_their_first_words() -> None:
    reasons = {
        "a": "/x/a: truncated: its header promises 12 bytes",
        "b": "/x/b: the file is empty (0 bytes); record it again",
        "c": "/x/c: truncated: its header promises 99 bytes",
        "d": "no 3 words of 1.5 hours",
        "e": "no 4 words of 2 hours",
        "f": "",
    }
    groups = group_failures([Failure(name, f"/x/{name}", reason) for name, reason in reasons.items()])
    assert {reason: [failure.id for failure in found] for reason, found in groups.items()} == {
        "truncated": ["a", "c"],
        "no N words of N hours": ["d", "e"],
        "the file is empty": ["b"],
        "no reason given": ["f"],
    }
