"""Texts are shortened by the columns they take."""

import pytest

from pipelines.reporting.short_text import shorten
from recognizers.inference.line_breaks import columns


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("hello", 5, "hello"),
        ("hello you", 7, "hello…"),
        ("日本語です", 6, "日本…"),
        ("مرحبا بالعالم", 8, "مرحبا ب…"),
        ("cafe\u0301 noir", 5, "cafe\u0301…"),
        ("", 3, ""),
        ("long", 1, "…"),
    ],
)
def test_a_text_is_cut_at_its_width(text: str, width: int, shown: str) -> None:
    assert shorten(text, width) == shown


@pytest.mark.parametrize("text", ["a" + "\u0301" * 10_000, "\u200b" * 10_000, "word " * 10_000])
def test_marks_and_invisible_characters_do_not_make_it_long(text: str) -> None:
    assert len(shorten(text, 20)) <= 8 * 20 + 1
    assert columns(shorten(text, 20)) <= 20
