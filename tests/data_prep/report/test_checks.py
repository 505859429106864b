"""What is warned of, and in which words."""

from collections.abc import Callable

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report import signal_stats
from data_prep.report.checks import find
from data_prep.report.corpus_report import Overview, look_at
from tests.data_prep.report.conftest import clip_of, hand_signal

Make = Callable[..., Prepared]
KINDS = {"class": lambda clip: [clip.label] if clip.label else [], "character": lambda clip: list(clip.text or "")}
FINE = [
    (clip_of("t", text="ab", speaker="ann"), 1.0),
    (clip_of("v", "validation", text="ab", speaker="bob"), 1.1),
    (clip_of("e", "test", text="ab", speaker="eve"), 1.2),
]


def look(prepared: Prepared, extractor: HandKeypoints | Mfcc | None = None) -> Overview:
    return look_at(prepared, extractor or Mfcc(), KINDS, "character", seed=0)


def test_a_sound_corpus_gives_no_warning(prepared_of: Make) -> None:
    assert find(look(prepared_of(FINE))) == []


@pytest.mark.parametrize(
    ("clip", "signal", "warning"),
    [
        (clip_of("x", text="ab", speaker="bob"), 1.0, "1 speaker in more than one split: bob (train, validation); "),
        (clip_of("x", "test", text="abc"), 1.0, "1 character that training never has ('c') in 1 clip: x; "),
        (clip_of("x", "test", label="no"), 1.0, "1 class that training never has ('no') in 1 clip: x; "),
        (clip_of("x", text="aab"), 0.04, "1 clip too short for the characters of the text at an"),
        (clip_of("x", text="ab"), np.zeros(1000), "1 recording near-silent (below -60 dBFS): x; "),
        (clip_of("x", text="ab"), np.resize([32767, -32767], 1000), "1 recording clipped (over 0.1 % of samples at"),
        (clip_of("x", text="ab"), np.resize([3000, 2000], 1000), "1 recording far off zero (by over 5 % of full"),
    ],
)
def test_each_fault_gives_its_warning(prepared_of: Make, clip: Clip, signal: np.ndarray, warning: str) -> None:
    # Where "no" is a class that training lacks, it has another.
    other = (clip_of("y", label="yes"), 1.0)
    (finding,) = find(look(prepared_of([*FINE, other, (clip, signal)])))
    assert str(finding).startswith(warning)
    assert finding.examples[0].startswith(("x", "bob"))


def test_what_does_not_fit_is_counted_for_each_subsampling(prepared_of: Make) -> None:
    tight = [(clip_of("x", text="aab"), 0.04), (clip_of("z", text="ab"), 0.02)]
    (finding,) = find(look(prepared_of([*FINE, *tight])))
    assert "2 clips" in finding.what
    assert "(0 at 1, 2 at 2, 2 at 3, 2 at 4)" in finding.what


def test_a_leak_is_told_from_a_harmless_repeat(prepared_of: Make) -> None:
    repeat = (clip_of("t2", text="ab"), 1.0)
    assert find(look(prepared_of([*FINE, repeat], same={"t2": "t"}))) == []
    leak = (clip_of("e2", "test", text="ba"), 1.0)
    warnings = [str(finding) for finding in find(look(prepared_of([*FINE, leak], same={"e2": "t"})))]
    assert len(warnings) == 2
    assert warnings[0].startswith("1 recording in more than one split under different ids: t = e2; ")
    assert warnings[1].startswith("1 recording with several ids and different labels or texts: t = e2; ")


def test_empty_splits_are_named(prepared_of: Make) -> None:
    (finding,) = find(look(prepared_of(FINE[:1])))
    assert str(finding).startswith("no clip for validation and test; ")


def test_clips_with_few_hands_are_named_the_worst_first(prepared_of: Make) -> None:
    share = {"t": 8, "v": 3, "e": 1}
    pairs: list[tuple[Clip, Signal]] = [
        (clip, hand_signal(np.array([[frame < share[clip.id], 0] for frame in range(8)]))) for clip, _ in FINE
    ]
    findings = find(look(prepared_of(pairs), HandKeypoints()))
    (few,) = [finding for finding in findings if "hand" in finding.what]
    assert few.what == "2 clips with a hand in less than half of the frames"
    assert few.examples == ("e", "v")


def test_a_warning_is_one_line_of_three_examples_without_what_steers_a_terminal(prepared_of: Make) -> None:
    silent = [(clip_of(f"q{number}\n\x1b[31m", text="ab"), np.zeros(1000)) for number in range(5)]
    (finding,) = find(look(prepared_of([*FINE, *silent])))
    line = str(finding)
    assert "5 recordings near-silent" in line
    assert r": q0\n\x1b[31m, q1\n\x1b[31m, q2\n\x1b[31m, …; " in line
    assert line.isprintable()


def test_a_part_that_was_read_is_said_to_be_one(prepared_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_stats.clips_to_read, "__defaults__", (2, 50.0))
    silent = [(clip_of(f"q{number}", text="ab"), np.zeros(1000)) for number in range(30)]
    overview = look(prepared_of([*FINE, *silent]))
    assert (overview.measured.read, overview.measured.clips) == (2, 33)
    (finding,) = find(overview)
    assert finding.what.endswith(", of 2 that were read")
