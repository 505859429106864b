"""Segments are joined without losing or doubling words."""

import numpy as np
import pytest

from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.stitching import DecodedSegment, stitch
from recognizers.inference.word_times import BLIND_REACH_S
from recognizers.segmentation.pause_splitting import Segment
from recognizers.vocabulary import Vocabulary

WORDS = Vocabulary("word", tuple(f"w{number}" for number in range(50)))
LETTERS = Vocabulary("character", tuple(" abcdefghij"))


def decoded(
    symbols: list[Symbol], confidence: float, start_s: float, end_s: float, overlap_s: float = 0.0
) -> DecodedSegment:
    return DecodedSegment(Segment(start_s, end_s, overlap_s), symbols, confidence)


def emitted(id: int, at_s: float) -> Symbol:
    return Symbol(id, at_s, at_s + 0.03, 0.9)


def test_a_transcript_neither_begins_nor_ends_with_a_space() -> None:
    spaced = [emitted(id, at / 10) for at, id in enumerate([1, 2, 1, 1, 3, 1])]
    transcript = stitch([decoded(spaced, 0.7, 0.0, 1.0)], LETTERS, 1.0, None)
    assert transcript.text == "a b"
    assert [word.text for word in transcript.words] == ["a", "b"]
    assert transcript.confidence == pytest.approx(0.7)


def test_a_pause_between_segments_separates_words() -> None:
    segments = [
        decoded([emitted(2, 0.2), emitted(3, 0.4)], 0.9, 0.0, 1.0),
        decoded([], 0.5, 2.0, 3.0),
        decoded([emitted(4, 5.1)], 0.4, 5.0, 6.0),
    ]
    transcript = stitch(segments, LETTERS, 6.0, None)
    assert transcript.text == "ab c"
    assert transcript.words[1].start_s == pytest.approx(5.04)
    assert transcript.confidence == pytest.approx((0.9 * 0.5 * 0.4) ** (1 / 3))


def test_spaces_at_the_ends_of_segments_do_not_double() -> None:
    segments = [
        decoded([emitted(1, 0.1), emitted(2, 0.2), emitted(1, 0.4)], 0.9, 0.0, 1.0),
        decoded([emitted(1, 2.1)], 0.9, 2.0, 3.0),
        decoded([emitted(1, 5.0), emitted(4, 5.1)], 0.9, 5.0, 6.0),
    ]
    transcript = stitch(segments, LETTERS, 6.0, None)
    assert transcript.text == "a c"
    assert [word.text for word in transcript.words] == ["a", "c"]
    assert transcript.words[0].start_s == pytest.approx(0.2 - BLIND_REACH_S)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["私は来た。", "見た"], "私は来た。見た"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["来た", "OK"], "来たOK"),
        (["cat", "dog"], "cat dog"),
        (["лето", "зима"], "лето зима"),
    ],
)
def test_nothing_separates_segments_in_scripts_without_spaces(texts: list[str], expected: str) -> None:
    vocabulary = Vocabulary.from_targets(texts, "character")
    segments = [
        decoded([emitted(id, start_s + at / 10) for at, id in enumerate(vocabulary.encode(text))], 0.9, start_s, 9.0)
        for start_s, text in zip((0.0, 40.0), texts, strict=True)
    ]
    assert stitch(segments, vocabulary, 60.0, None).text == expected


def test_a_space_that_was_learned_separates_segments_in_any_script() -> None:
    vocabulary = Vocabulary.from_targets(["私 は"], "character")
    segments = [
        decoded([emitted(vocabulary.encode(text)[0], at)], 0.9, at, at + 1) for text, at in [("私", 0), ("は", 9)]
    ]
    assert stitch(segments, vocabulary, 60.0, None).text == "私 は"


def test_a_silent_recording_has_no_words() -> None:
    transcript = stitch([], LETTERS, 3600.0, None)
    assert (transcript.text, transcript.words, transcript.confidence) == ("", (), 1.0)


@pytest.mark.parametrize("unit", ["word", "character"])
@pytest.mark.parametrize("seed", range(40))
def test_overlapping_windows_are_joined_without_loss_or_doubling(seed: int, unit: str) -> None:
    """Each window emits symbols at slightly different times, and a wrong symbol near its beginning."""
    rng = np.random.default_rng(seed)
    vocabulary, least_s = (WORDS, 0.15) if unit == "word" else (LETTERS, 0.06)
    times = np.cumsum(rng.uniform(least_s, 5 * least_s, size=round(30 / (3 * least_s))))
    said = [(int(rng.integers(1, vocabulary.num_ids)), float(at)) for at in times]
    segments = []
    for start_s in np.arange(0.0, times[-1], 7.0):
        end_s = start_s + 10.0
        inside = [
            emitted(id, at + float(rng.choice([-0.03, 0.0, 0.03])) / 2)
            for id, at in said
            if start_s < at < end_s and not (start_s and at < start_s + 0.5) and not at > end_s - 0.5
        ]
        wrong = [emitted(1, start_s + 0.1)] if start_s else []
        segments.append(decoded([*wrong, *inside], 0.9, start_s, end_s, 3.0 if start_s else 0.0))
    last_s = segments[-1].segment.end_s - 0.5
    transcript = stitch(segments, vocabulary, 100.0, None)
    expected = [id for id, at in said if at <= last_s]
    assert transcript.text == vocabulary.spell(expected)
    assert [word.text for word in transcript.words] == vocabulary.spell(expected).split()


def test_a_seam_keeps_equal_neighbours() -> None:
    said = [(1, 7.5), (2, 8.0), (2, 8.4), (2, 8.8), (3, 9.5)]
    windows = [
        decoded([emitted(id, at) for id, at in said], 0.9, 0.0, 10.0),
        decoded([emitted(id, at + 0.02) for id, at in said], 0.9, 7.0, 17.0, 3.0),
    ]
    assert stitch(windows, WORDS, 17.0, None).text == "w0 w1 w1 w1 w2"
