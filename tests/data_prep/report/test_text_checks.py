"""Spellings that should be alike are counted, with examples and the rule that makes them so."""

from pathlib import Path

import pytest

from data_prep.manifest import Clip
from data_prep.report.text_checks import check_texts
from data_prep.text_rules import DEFAULT_RULES


def texts(*said: str) -> list[Clip]:
    return [Clip(f"c{number}", Path("a.wav"), text=text, split="train") for number, text in enumerate(said)]


def labels(*names: str) -> list[Clip]:
    return [Clip(f"c{number}", Path("a.wav"), label=name, split="train") for number, name in enumerate(names)]


@pytest.mark.parametrize(
    ("said", "problem", "ids", "fix"),
    [
        (["it\u2019s", "don't"], "1 text with other apostrophes beside ' (\u2019 U+2019)", "c0", "apostrophes]"),
        (["\u201ca\u201d", '"b"'], '1 text with other quotation marks beside "', "c0", "quotes]"),
        (["a\u2013b", "a-b", "c\u2014d"], "2 texts with other dashes beside -", "c0, c2", "dashes]"),
        (["a\u200bb", "so\u00adft", "c"], "2 texts with invisible characters", "c0, c1", "the rule invisible of"),
        (["cafe\u0301"], "1 text with letters and accents as separate characters", "c0", "the rule nfc of"),
        (["\uff21bc", "Abc"], "1 text with full-width or half-width forms beside ordinary ones", "c0", "width]"),
        (["\ufb01n", "fin"], "1 text with compatibility forms, such as ligatures, beside", "c0", "nfkc]"),
        (["\u0663", "3"], "1 text with digits of another script beside 0 to 9", "c0", "digits]"),
        (
            ["Hello you", "hello"],
            "1 text with capitals ('Hello') beside others in lower",
            "c0",
            "lowercase]",
        ),
        (["GO ON", "stop", "Ann"], "1 text with capitals ('GO', 'ON') beside others", "c0", "lowercase]"),
        (["\uff2f\uff2b then"], "1 text with full-width or half-width forms beside ordinary ones", "c0", "width]"),
        (
            ["a\u00a0b", "c"],
            "1 text with unusual spaces, such as no-break spaces ('\\xa0')",
            "c0",
            "as ordinary spaces",
        ),
        (["caf\u00c3\u00a9", "c\ufffd"], "2 texts with wrongly decoded letters", "c0, c1", "as UTF-8"),
        (["a &amp; b", "<b>"], "2 texts with HTML ('&amp;')", "c0, c1", "replace entities"),
        (["c\u0430t"], "1 text with letters of two scripts in one word ('c\\u0430t')", "c0", "correct them"),
        (["room 5", "room five", "6"], "2 texts with digits, 1 with number words ('five' in c1)", "c0, c2", "in words"),
        (["3\u6642", "\u4e09\u5341\u4eba"], "1 text with digits, 1 with number words", "c0", "in words"),
    ],
)
def test_texts_that_should_be_alike_are_counted(said: list[str], problem: str, ids: str, fix: str) -> None:
    [warning] = check_texts(texts(*said), DEFAULT_RULES)
    assert str(warning).startswith(problem)
    assert f": {ids}; " in str(warning)
    assert fix in warning.fix


@pytest.mark.parametrize(
    "said",
    [
        ["it\u2019s", "don\u2019t"],
        ["\u300c\u6771\u4eac\u300d\u3001\uff11\uff10\u6642"],
        ["caf\u00e9 \u00c5se", "na\u00efve"],
        ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
        ["I am", "London"],
        ["\u043f\u0440\u0438\u0432\u0435\u0442 world"],
        ["room five", "two"],
        ["5", "no one"],
        ["AT&T", "a < b"],
        ["\u00c3o \u00e2"],
    ],
)
def test_consistent_texts_are_not_warned_of(said: list[str]) -> None:
    assert check_texts(texts(*said), DEFAULT_RULES) == []


@pytest.mark.parametrize(
    ("names", "problem", "fix"),
    [
        (["Yes", "yes", "no"], "2 labels that differ in spelling alone ('Yes', 'yes'): c0, c1;", "lowercase]"),
        (["don\u2019t", "don't"], "2 labels that differ in spelling alone (\"don't\", 'don\u2019t')", "apostrophes]"),
        (["a", "a\u200b"], "2 labels that differ in spelling alone ('a', 'a\\u200b')", "the rule invisible"),
        (["e\u0301", "\u00e9"], "2 labels that differ in spelling alone ('e\\u0301', '\\xe9')", "the rule nfc"),
    ],
)
def test_labels_that_should_be_one_are_named(names: list[str], problem: str, fix: str) -> None:
    [warning] = check_texts(labels(*names), DEFAULT_RULES)
    assert str(warning).startswith(problem)
    assert fix in warning.fix


def test_labels_that_are_only_similar_are_not_warned_of() -> None:
    assert check_texts(labels("Yes", "No", "it\u2019s", "don't", "a-b"), DEFAULT_RULES) == []


def test_what_a_chosen_rule_makes_alike_is_not_warned_of() -> None:
    said = texts("It\u2019s", "it's")
    assert len(check_texts(said, DEFAULT_RULES)) == 1
    assert check_texts(texts("Hello", "hello", "it\u2019s '"), ["nfc", "lowercase", "apostrophes"]) == []
    assert check_texts(labels("Yes", "yes"), ["lowercase"]) == []
