"""Captions can be read in time and keep the whole text, in every script."""

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.inference.captions import CAPTION_COLUMNS, CAPTION_LINES, CAPTION_S, Caption, captions
from recognizers.inference.line_breaks import columns
from recognizers.prediction import Transcript, Word

JAPANESE = "私たちは来週の月曜日の午後三時に東京駅の前で会う約束をしました。しかし、彼は「電車が遅れた」と言いました。"
CHINESE = "昨天晚上我和朋友们一起去看了一场非常精彩的电影，可是回家的时候下起了大雨，所以我们都没有带伞。"
THAI = "เมื่อวานนี้ฉันไปตลาดกับเพื่อนเพื่อซื้อผลไม้และผักสดสำหรับทำอาหารเย็นให้ครอบครัวของเรา"
KOREAN = "어제 저녁에 친구들과 함께 아주 재미있는 영화를 보러 갔는데 집에 돌아올 때 비가 많이 왔습니다"
ENGLISH = "it is a truth universally acknowledged that a single man in possession of a good fortune must be in want"
URL = "https://example.org/" + "a-very-long-path/" * 9
#: Letters and marks that must not be lost; spaces and invisible characters may be.
SCRIPTS = "ab c -.、。「」ー東京ょ\u0e40\u0e01\u0e49\u0301\u200b🙂한"


def transcript(text: str, words: Sequence[Word], duration_s: float = 100.0) -> Transcript:
    return Transcript(text, 0.9, tuple(words), duration_s)


def evenly(texts: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    step_s = (end_s - start_s) / len(texts)
    return [Word(text, start_s + n * step_s, start_s + (n + 1) * step_s, 0.9) for n, text in enumerate(texts)]


def assert_readable(cues: Sequence[Caption], text: str) -> None:
    for cue in cues:
        assert 0 < cue.end_ms - cue.start_ms <= 1000 * CAPTION_S
        assert 1 <= len(cue.lines) <= CAPTION_LINES
        for line in cue.lines:
            assert 0 < columns(line) <= CAPTION_COLUMNS
            assert line == line.strip()
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(cues))
    shown = "".join("".join(cue.lines) for cue in cues)
    assert shown.replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize(
    "text", [JAPANESE, CHINESE, THAI, KOREAN, ENGLISH, URL, "あ" + "ー" * 200, "!" * 100, "x" * 300]
)
@pytest.mark.parametrize("duration_s", [0.0, 0.002, 3.0, 9.5, 60.0])
@pytest.mark.parametrize("divided", ["one word", "words", "letters", "no words"])
def test_captions_are_readable_in_every_script(text: str, duration_s: float, divided: str) -> None:
    given = {"one word": [text], "words": text.split(), "letters": list(text.replace(" ", "")), "no words": []}[divided]
    joined = text if divided != "letters" else "".join(given)
    words = evenly(given, 0.0, duration_s) if given else []
    assert_readable(list(captions(transcript(joined, words, duration_s))), joined)


@settings(deadline=None)
@given(
    said=st.lists(
        st.tuples(st.text(st.sampled_from(SCRIPTS.replace(" ", "")), min_size=1, max_size=90), st.floats(0, 60)),
        max_size=30,
    ),
    lengths=st.lists(st.sampled_from([0.0, 1e-4, 0.3, 9.0]), min_size=30, max_size=30),
    separator=st.sampled_from([" ", ""]),
)
def test_captions_of_any_words_are_readable(
    said: list[tuple[str, float]], lengths: list[float], separator: str
) -> None:
    """Whatever the times: also words out of order, of no duration, or at the same time."""
    words = [Word(text, at, at + length, 0.9) for (text, at), length in zip(said, lengths, strict=False)]
    cues = list(captions(transcript(separator.join(word.text for word in words), words)))
    assert_readable_but_for_invisible(cues)
    shown = "".join("".join(cue.lines) for cue in cues).replace("\u200b", "").replace(" ", "")
    assert shown == "".join(word.text for word in words).replace("\u200b", "")


def assert_readable_but_for_invisible(cues: Sequence[Caption]) -> None:
    for cue in cues:
        assert 0 < cue.end_ms - cue.start_ms <= 1000 * CAPTION_S
        assert 1 <= len(cue.lines) <= CAPTION_LINES
        assert all(line.strip("\u200b ") and columns(line) <= CAPTION_COLUMNS for line in cue.lines)
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(cues))


def test_captions_end_at_pauses() -> None:
    words = [Word(text, 1.9 * n, 1.9 * n + 0.35, 0.5) for n, text in enumerate("abc")]
    assert [cue.lines for cue in captions(transcript("a b c", words))] == [("a",), ("b",), ("c",)]
    assert [cue.lines for cue in captions(transcript("a b c", evenly(list("abc"), 0, 1)))] == [("a b c",)]


def test_lines_end_after_punctuation_rather_than_within_a_clause() -> None:
    text = "昨天晚上我们去看电影，回家的时候下起了大雨，所以都没有带伞。"
    [cue] = captions(transcript(text, [Word(text, 0.0, 6.5, 0.9)]))
    assert cue.lines == ("昨天晚上我们去看电影，", "回家的时候下起了大雨，所以都没有带伞。")


def test_captions_end_after_punctuation_rather_than_within_a_clause() -> None:
    text = "昨天晚上我们去看电影，回家的时候下起了大雨，所以都没有带伞。"
    cues = captions(transcript(text, [Word(text, 0.0, 9.0, 0.9)]))
    assert [cue.lines[-1][-1] for cue in cues] == ["，", "。"]


def test_lines_end_at_spaces_rather_than_within_words() -> None:
    text = "東京" * 6 + " 大阪、京都" + "東京" * 8
    [cue] = captions(transcript(text, [Word(text, 0.0, 5.0, 0.9)]))
    assert cue.lines == ("東京" * 6, "大阪、京都" + "東京" * 8)


def test_closing_marks_never_begin_a_line_and_opening_ones_never_end_one() -> None:
    rng = random.Random(0)
    for _ in range(200):
        text = "".join(rng.choice(["東", "京", "、", "。", "」", "「", "ょ", "ー"]) for _ in range(60))
        text = "東" + text.replace("「", "「東") + "京"
        lines = [line for cue in captions(transcript(text, [Word(text, 0.0, 9.5, 0.9)])) for line in cue.lines]
        assert not any(line[0] in "、。」ょー" for line in lines if not set(line) <= set("、。」ょー"))
        assert not any(line[-1] == "「" for line in lines)


def test_the_time_of_a_long_word_is_shared_by_columns() -> None:
    text = "東" * 100
    cues = list(captions(transcript(text, [Word(text, 10.0, 20.0, 0.9)])))
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(10_000, 14_200), (14_200, 18_400), (18_400, 20_000)]


def test_text_without_times_is_shown_between_its_neighbours() -> None:
    words = [Word("one", 1.0, 1.5, 0.9), Word("four", 3.5, 4.0, 0.9)]
    cues = list(captions(transcript("one two three four five", words, 5.0)))
    assert [(cue.start_ms, cue.end_ms, cue.lines) for cue in cues] == [(1000, 5000, ("one two three four five",))]


def test_words_that_the_text_lacks_are_shown() -> None:
    cues = captions(transcript("something else", evenly(["one", "two"], 0.0, 1.0)))
    assert [cue.lines for cue in cues] == [("one two",)]


def test_a_word_longer_than_a_caption_is_shown_for_as_long_as_one() -> None:
    [cue] = captions(transcript("um", [Word("um", 1.0, 60.0, 0.9)], 60.0))
    assert (cue.start_ms, cue.end_ms) == (1000, 8000)


def test_text_without_anything_visible_gives_no_caption() -> None:
    assert list(captions(transcript("\u200b \u00ad", [Word("\u200b", 0.0, 1.0, 0.9)]))) == []
