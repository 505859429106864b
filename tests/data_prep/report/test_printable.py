"""Text of unknown origin is shown without harm, and stays readable."""

import sys

import pytest

from data_prep.report.printable import printable, symbol_name


@pytest.mark.parametrize("text", ["", "a b", "grüße", "日本", "नमस्ते", "👩", "می\u200cخواهم", "[red]", "<b>"])
def test_readable_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", r"a\nb"), ("\x1b[31m", r"\x1b[31m"), ("\u202eabc", r"\u202eabc"), ("\udc80", r"\udc80"), ("\0", r"\x00")],
)
def test_what_would_control_a_terminal_or_the_text_direction_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_every_character_is_shown_by_printable_ones() -> None:
    shown = printable("".join(map(chr, range(sys.maxunicode + 1))))
    assert shown.replace("\u200c", "").replace("\u200d", "").isprintable()
    shown.encode()  # fails if a lone surrogate is left


def test_a_space_is_visible_as_a_symbol_but_not_within_words() -> None:
    assert (symbol_name(" "), symbol_name("a b"), symbol_name("\t")) == ("␣", "a b", r"\t")
