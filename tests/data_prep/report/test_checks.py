"""The warnings about a corpus and their wording."""

from collections.abc import Callable

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report import signal_stats
from data_prep.report.checks import check_corpus
from data_prep.report.corpus_report import CorpusReport, describe_corpus
from tests.data_prep.report.conftest import clip_of, hand_signal

Make = Callable[..., Prepared]
KINDS = {"class": lambda clip: [clip.label] if clip.label else [], "character": lambda clip: list(clip.text or "")}
FINE = [
    (clip_of("t", text="ab", speaker="ann"), 1.0),
    (clip_of("v", "validation", text="ab", speaker="bob"), 1.1),
    (clip_of("e", "test", text="ab", speaker="eve"), 1.2),
]


def describe(prepared: Prepared, extractor: HandKeypoints | Mfcc | None = None) -> CorpusReport:
    return describe_corpus(prepared, extractor or Mfcc(), KINDS, "character", seed=0)


def test_a_flawless_corpus_gives_no_warning(prepared_of: Make) -> None:
    assert check_corpus(describe(prepared_of(FINE))) == []


@pytest.mark.parametrize(
    ("clip", "signal", "start"),
    [
        (clip_of("x", text="ab", speaker="bob"), 1.0, "1 speaker in more than one split: bob (train, validation); "),
        (clip_of("x", "test", text="abc"), 1.0, "1 character missing from training ('c') but used in 1 clip: x; "),
        (clip_of("x", "test", label="no"), 1.0, "1 class missing from training ('no') but used in 1 clip: x; "),
        (clip_of("x", text="aab"), 0.04, "1 clip too short for the characters of the text with encoder.subsampling"),
        (clip_of("x", text="ab"), np.zeros(1000), "1 recording nearly silent (below -60 dBFS): x; "),
        (
            clip_of("x", text="ab"),
            np.resize([32767, -32767], 1000),
            "1 recording clipped (over 0.1 % of the samples at",
        ),
        (clip_of("x", text="ab"), np.resize([3000, 2000], 1000), "1 recording with a DC offset (over 5 % of full"),
    ],
)
def test_each_fault_gives_its_warning(prepared_of: Make, clip: Clip, signal: np.ndarray, start: str) -> None:
    # Training needs a class of its own for "no" to be missing from it.
    other = (clip_of("y", label="yes"), 1.0)
    (warning,) = check_corpus(describe(prepared_of([*FINE, other, (clip, signal)])))
    assert str(warning).startswith(start)
    assert warning.examples[0].startswith(("x", "bob"))


def test_clips_that_are_too_short_are_counted_for_each_subsampling(prepared_of: Make) -> None:
    tight = [(clip_of("x", text="aab"), 0.04), (clip_of("z", text="ab"), 0.02)]
    (warning,) = check_corpus(describe(prepared_of([*FINE, *tight])))
    assert "2 clips" in warning.problem
    assert "(0 at 1, 2 at 2, 2 at 3, 2 at 4)" in warning.problem


def test_a_duplicate_is_a_leak_only_across_splits(prepared_of: Make) -> None:
    repeat = (clip_of("t2", text="ab"), 1.0)
    assert check_corpus(describe(prepared_of([*FINE, repeat], same={"t2": "t"}))) == []
    leak = (clip_of("e2", "test", text="ba"), 1.0)
    warnings = [str(warning) for warning in check_corpus(describe(prepared_of([*FINE, leak], same={"e2": "t"})))]
    assert len(warnings) == 2
    assert warnings[0].startswith("1 recording in more than one split under different ids: t = e2; ")
    assert warnings[1].startswith("1 recording with several ids and different labels or texts: t = e2; ")


def test_empty_splits_are_named(prepared_of: Make) -> None:
    (warning,) = check_corpus(describe(prepared_of(FINE[:1])))
    assert str(warning).startswith("no clips in validation and test; ")


def test_clips_that_rarely_show_hands_are_named_worst_first(prepared_of: Make) -> None:
    share = {"t": 8, "v": 3, "e": 1}
    pairs: list[tuple[Clip, Signal]] = [
        (clip, hand_signal(np.array([[frame < share[clip.id], 0] for frame in range(8)]))) for clip, _ in FINE
    ]
    warnings = check_corpus(describe(prepared_of(pairs), HandKeypoints()))
    (few,) = [each for each in warnings if "hand" in each.problem]
    assert few.problem == "2 clips with a hand in less than half of the frames"
    assert few.examples == ("e", "v")


def test_a_warning_is_one_printable_line_with_three_examples(prepared_of: Make) -> None:
    silent = [(clip_of(f"q{number}\n\x1b[31m", text="ab"), np.zeros(1000)) for number in range(5)]
    (warning,) = check_corpus(describe(prepared_of([*FINE, *silent])))
    line = str(warning)
    assert "5 recordings nearly silent" in line
    assert r": q0\n\x1b[31m, q1\n\x1b[31m, q2\n\x1b[31m, …; " in line
    assert line.isprintable()


def test_a_warning_says_if_only_a_sample_was_read(prepared_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_stats, "MAX_CLIPS", 2)
    silent = [(clip_of(f"q{number}", text="ab"), np.zeros(1000)) for number in range(30)]
    report = describe(prepared_of([*FINE, *silent]))
    assert (report.signals.num_read, report.signals.num_clips) == (2, 33)
    (warning,) = check_corpus(report)
    assert warning.problem.endswith(", among the 2 clips that were read")
