"""The report brings together what each measurement says of a corpus."""

from collections.abc import Callable

import numpy as np
import pytest

from data_prep.failures import Failure
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.prepare import Prepared
from data_prep.report.corpus_report import describe_corpus
from tests.data_prep.report.conftest import clip_of, hand_signal
from tests.data_prep.report.test_checks import FINE, KINDS

Make = Callable[..., Prepared]


def test_a_corpus_of_texts_is_measured_as_a_whole_and_by_split(prepared_of: Make) -> None:
    failures = [
        Failure("f1", "f1.wav", "not readable as audio: x"),
        Failure("f2", "f2.wav", "not readable as audio: y"),
        Failure("f3", "f3.wav", "no such file"),
    ]
    report = describe_corpus(prepared_of(FINE, failures=failures), Mfcc(), KINDS, "character", seed=0)
    assert (report.total.clips, report.total.speakers) == (3, 3)
    assert report.total.hours * 3600 == pytest.approx(3.3)
    assert [(size.split, size.clips) for size in report.splits] == [("train", 1), ("validation", 1), ("test", 1)]
    assert list(report.lengths) == ["all", "train", "validation", "test"]
    assert report.lengths["all"].longest[1] == pytest.approx(1.2)
    assert [(counts.kind, dict(counts.totals)) for counts in report.symbols] == [("character", {"a": 3, "b": 3})]
    assert report.ctc_fit is not None
    assert report.shared_speakers == {}
    assert report.duplicates == []
    assert report.num_failures == 3
    assert sum(map(len, report.failures.values())) == 3
    assert report.signals.num_read == 3
    assert not report.signals.hands


def test_a_corpus_of_labels_has_no_fit_of_texts(prepared_of: Make) -> None:
    pairs = [(clip_of(name, label=name), hand_signal(np.array([[1, 0]] * 9))) for name in ("no", "yes")]
    report = describe_corpus(prepared_of(pairs), HandKeypoints(), KINDS, "character", seed=0)
    assert report.ctc_fit is None
    assert [counts.kind for counts in report.symbols] == ["class"]
    assert [clip.id for clip in report.signals.hands] == ["no", "yes"]
    assert report.num_failures == 0


def test_splits_without_clips_have_sizes_but_no_lengths(prepared_of: Make) -> None:
    report = describe_corpus(prepared_of(FINE[:1]), Mfcc(), KINDS, "character", seed=0)
    assert {size.split: size.clips for size in report.splits} == {"train": 1, "validation": 0, "test": 0}
    assert list(report.lengths) == ["all", "train"]


def test_shared_speakers_and_duplicates_are_found(prepared_of: Make) -> None:
    pairs = [*FINE, (clip_of("again", "test", text="ab", speaker="ann"), 1.0)]
    report = describe_corpus(prepared_of(pairs, same={"again": "t"}), Mfcc(), KINDS, "character", seed=0)
    assert list(report.shared_speakers) == ["ann"]
    assert sorted(report.shared_speakers["ann"]) == ["test", "train"]
    [duplicate] = report.duplicates
    assert set(duplicate.ids) == {"again", "t"}
    assert duplicate.crosses_splits
