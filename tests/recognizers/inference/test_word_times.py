"""Symbols become words with plausible times and confidences."""

import itertools

import numpy as np
import pytest

from recognizers.inference.ctc_alignment import Symbol
from recognizers.inference.word_times import BLIND_REACH_S, REACH_S, words_from_symbols
from recognizers.segmentation.pause_splitting import ACTIVE, QUIET
from recognizers.segmentation.voice_activity import VoiceActivity
from recognizers.vocabulary import Vocabulary

LETTERS = Vocabulary("character", (" ", "a", "b", "c"))
GLOSSES = Vocabulary("word", ("HELLO", "YOU"))
SPACE, A, B, C = range(1, 5)


def symbols(*placed: tuple[int, float, float]) -> list[Symbol]:
    return [Symbol(id, start_s, end_s, 0.5) for id, start_s, end_s in placed]


def speech(*spans: tuple[float, float], duration_s: float = 3.0) -> VoiceActivity:
    states = np.full(round(duration_s * 100), QUIET, np.int8)
    for start_s, end_s in spans:
        states[round(start_s * 100) : round(end_s * 100)] = ACTIVE
    return VoiceActivity(states)


def test_any_number_of_spaces_separates_words() -> None:
    spelled = [SPACE, A, B, SPACE, SPACE, C, SPACE]
    words = words_from_symbols(
        symbols(*((each, n / 10, n / 10 + 0.03) for n, each in enumerate(spelled))), LETTERS, 3.0, None
    )
    assert [word.text for word in words] == ["ab", "c"]


def test_each_gloss_is_a_word() -> None:
    words = words_from_symbols(symbols((1, 0.5, 0.53), (2, 1.5, 1.53)), GLOSSES, 3.0, None)
    assert [word.text for word in words] == ["HELLO", "YOU"]
    assert words[0].start_s == pytest.approx(0.5 - BLIND_REACH_S)


def test_a_vocabulary_without_spaces_gives_one_word() -> None:
    fingers = Vocabulary("character", ("a", "b"))
    [word] = words_from_symbols(symbols((1, 0.5, 0.6), (2, 1.5, 1.6)), fingers, 3.0, None)
    assert word.text == "ab"
    assert words_from_symbols([], fingers, 3.0, None) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("私は「東京」に、iPhone15を", ["私", "は", "「東", "京」", "に、", "iPhone15", "を"]),
        ("きょう", ["きょ", "う"]),
        ("เก็บน้ำ", ["เก็", "บ", "น้ำ"]),
        ("한국어는", ["한국어는"]),
        ("well-known", ["well-known"]),
    ],
)
def test_letters_are_words_in_scripts_without_spaces(text: str, words: list[str]) -> None:
    vocabulary = Vocabulary.from_targets([text], "character")
    placed = symbols(*((id, n / 10, n / 10 + 0.03) for n, id in enumerate(vocabulary.encode(text))))
    found = words_from_symbols(placed, vocabulary, 9.0, None)
    assert [word.text for word in found] == words
    ends = list(itertools.accumulate(map(len, words)))
    assert [round(10 * word.end_s - 0.6) for word in found] == [end - 1 for end in ends]


def test_words_begin_and_end_with_their_sound() -> None:
    placed = symbols((A, 0.6, 0.63), (SPACE, 0.9, 0.93), (B, 1.5, 1.53))
    first, second = words_from_symbols(placed, LETTERS, 3.0, speech((0.4, 0.8), (1.3, 1.7)))
    assert (first.start_s, first.end_s) == pytest.approx((0.4, 0.8))
    assert (second.start_s, second.end_s) == pytest.approx((1.3, 1.7))


def test_a_stop_consonant_does_not_end_the_last_word() -> None:
    [word] = words_from_symbols(symbols((A, 0.5, 0.53)), LETTERS, 3.0, speech((0.4, 0.6), (0.7, 0.8)))
    assert word.end_s == pytest.approx(0.8)


def test_a_short_pause_at_the_edge_of_the_recording_does_end_it() -> None:
    [word] = words_from_symbols(symbols((A, 0.5, 0.53)), LETTERS, 0.9, speech((0.1, 0.8), duration_s=0.9))
    assert (word.start_s, word.end_s) == pytest.approx((0.1, 0.8))


def test_words_without_a_pause_between_them_meet_halfway() -> None:
    first, second = words_from_symbols(symbols((1, 0.5, 0.6), (2, 1.0, 1.1)), GLOSSES, 3.0, speech((0.3, 1.4)))
    assert first.end_s == second.start_s == pytest.approx(0.8)


def test_a_word_does_not_extend_over_endless_sound() -> None:
    [word] = words_from_symbols(symbols((1, 1.5, 1.53)), GLOSSES, 3.0, speech((0.0, 3.0)))
    assert (word.start_s, word.end_s) == pytest.approx((1.5 - REACH_S, 1.53 + REACH_S))


def test_the_confidence_is_the_geometric_mean_of_the_letters() -> None:
    [word] = words_from_symbols([Symbol(A, 0.1, 0.2, 0.9), Symbol(B, 0.2, 0.3, 0.4)], LETTERS, 3.0, None)
    assert word.confidence == pytest.approx(0.6)


@pytest.mark.parametrize("seed", range(30))
def test_times_are_in_order_and_inside_the_recording(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.uniform(0, 2.0, size=2 * rng.integers(1, 12)))
    placed = symbols(*((int(rng.integers(1, 5)), start, end) for start, end in edges.reshape(-1, 2)))
    is_speech = rng.random(200).repeat(rng.integers(1, 20))[:200] < 0.6
    activity = VoiceActivity(np.where(is_speech, ACTIVE, QUIET)) if seed % 3 else None
    words = words_from_symbols(placed, LETTERS, 2.0, activity)
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert all(0 <= first <= second <= 2.0 for first, second in itertools.pairwise(times))
