"""Text is broken where readers of its script expect it."""

import pytest

from recognizers.inference.line_breaks import can_break, can_part, characters_for_breaks, columns, split_where


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("hello", ["hello"]),
        ("don't", ["don't"]),
        ("안녕하세요", ["안녕하세요"]),
        ("東京駅", ["東", "京", "駅"]),
        ("「はい」、と。", ["「は", "い」、", "と。"]),
        ("ちょっと", ["ちょっ", "と"]),
        ("コーヒー", ["コー", "ヒー"]),
        ("か\u3099く", ["か\u3099", "く"]),
        ("2024年", ["2024", "年"]),
        ("３４年", ["３４", "年"]),
        ("(東京)", ["(東", "京)"]),
        ("ภาษาไทย", ["ภา", "ษา", "ไท", "ย"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("ab\u200bcd", ["ab\u200b", "cd"]),
    ],
)
def test_lines_break_at_these_places(text: str, pieces: list[str]) -> None:
    assert split_where(text, can_break) == pieces


def test_words_that_are_too_long_part_anywhere_but_at_marks() -> None:
    assert split_where("ab-c", can_part) == ["a", "b-", "c"]
    assert split_where("e\u0301a(b", can_part) == ["e\u0301", "a", "(b"]
    assert split_where("👩\u200d🔬👍", can_part) == ["👩\u200d🔬", "👍"]


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("東京", 4), ("ｱｲ", 2), ("Ａ", 2), ("e\u0301", 1), ("น้ำ", 2), ("a\u200bb\u00ad", 2)]
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, width: int) -> None:
    assert columns(text) == width


def test_the_characters_that_need_a_description_are_listed() -> None:
    assert characters_for_breaks("abc é'") == {"unspaced": "", "wide": "", "virama": ""}
    assert characters_for_breaks("東a。ไक्한") == {"unspaced": "ไ。東", "wide": "。東한", "virama": "\u094d"}
