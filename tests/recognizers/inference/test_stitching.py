"""Stretches put together without lost or doubled words."""

import numpy as np
import pytest

from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.stitching import Passage, put_together
from recognizers.vocabulary import Vocabulary

WORDS = Vocabulary("word", tuple(f"w{number}" for number in range(50)))
LETTERS = Vocabulary("character", tuple(" abcdefghij"))


def emitted(id: int, at_s: float) -> Symbol:
    return Symbol(id, at_s, at_s + 0.03, 0.9)


def test_one_whole_clip_stays_as_it_was_decoded() -> None:
    spaced = [emitted(id, at / 10) for at, id in enumerate([1, 2, 1, 1, 3, 1])]
    prediction = put_together([Passage(spaced, 0.7, 0.0, 1.0)], LETTERS, 1.0)
    assert prediction.value == " a  b "
    assert [word.text for word in prediction.words] == ["a", "b"]
    assert prediction.confidence == pytest.approx(0.7)


def test_pauses_part_words() -> None:
    passages = [
        Passage([emitted(2, 0.2), emitted(3, 0.4)], 0.9, 0.0, 1.0),
        Passage([], 0.5, 2.0, 3.0),
        Passage([emitted(4, 5.1)], 0.4, 5.0, 6.0),
    ]
    prediction = put_together(passages, LETTERS, 6.0)
    assert prediction.value == "ab c"
    assert prediction.words[1].start_s == pytest.approx(5.04)
    assert prediction.confidence == pytest.approx((0.9 * 0.5 * 0.4) ** (1 / 3))


def test_nothing_to_hear_gives_no_words() -> None:
    prediction = put_together([], LETTERS, 3600.0)
    assert (prediction.value, prediction.words, prediction.confidence) == ("", (), 1.0)


@pytest.mark.parametrize("unit", ["word", "character"])
@pytest.mark.parametrize("seed", range(40))
def test_windows_that_overlap_are_joined_without_loss_or_doubling(seed: int, unit: str) -> None:
    """Each window hears what is said at slightly other times, and something wrong near its ends."""
    rng = np.random.default_rng(seed)
    vocabulary, least_s = (WORDS, 0.15) if unit == "word" else (LETTERS, 0.06)
    times = np.cumsum(rng.uniform(least_s, 5 * least_s, size=round(30 / (3 * least_s))))
    said = [(int(rng.integers(1, vocabulary.num_ids)), float(at)) for at in times]
    passages = []
    for start_s in np.arange(0.0, times[-1], 7.0):
        end_s = start_s + 10.0
        inside = [
            emitted(id, at + float(rng.choice([-0.03, 0.0, 0.03])) / 2)
            for id, at in said
            if start_s < at < end_s and not (start_s and at < start_s + 0.5) and not at > end_s - 0.5
        ]
        wrong = [emitted(1, start_s + 0.1)] if start_s else []
        passages.append(Passage([*wrong, *inside], 0.9, start_s, end_s, 3.0 if start_s else 0.0))
    last_s = passages[-1].end_s - 0.5
    prediction = put_together(passages, vocabulary, 100.0)
    assert prediction.value == vocabulary.decode([id for id, at in said if at <= last_s])


def test_a_seam_keeps_equal_neighbours() -> None:
    said = [(1, 7.5), (2, 8.0), (2, 8.4), (2, 8.8), (3, 9.5)]
    windows = [
        Passage([emitted(id, at) for id, at in said], 0.9, 0.0, 10.0),
        Passage([emitted(id, at + 0.02) for id, at in said], 0.9, 7.0, 17.0, 3.0),
    ]
    assert put_together(windows, WORDS, 17.0).value == "w0 w1 w1 w1 w2"
