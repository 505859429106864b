from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from recognizers.error_analysis.text_alignment import align_texts, aligned_unit, count_kinds, count_symbol_errors

texts = st.text(alphabet="ab é", max_size=10)
words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6).map(" ".join)


def row(reference: str, prediction: str) -> dict[str, Any]:
    return {"reference": reference, "prediction": prediction}


@given(words, words)
def test_an_alignment_holds_both_texts_and_as_many_errors_as_their_distance(reference: str, hypothesis: str) -> None:
    aligned = align_texts(reference, hypothesis, "word")
    assert [place.reference for place in aligned if place.kind != "insertion"] == reference.split()
    assert [place.hypothesis for place in aligned if place.kind != "deletion"] == hypothesis.split()
    errors = sum(place.kind != "equal" for place in aligned)
    assert errors == Levenshtein.distance(reference.split(), hypothesis.split())


@pytest.mark.parametrize(
    ("reference", "hypothesis", "unit", "expected"),
    [
        ("the cat sat", "the bat sat", "word", "the cat/bat sat"),
        ("the cat sat", "the sat", "word", "the cat/ sat"),
        ("the cat", "oh the cat", "word", "/oh the cat"),
        ("", "the cat", "word", "/the /cat"),
        ("the cat", "", "word", "the/ cat/"),
        ("", "", "character", ""),
        ("cafe", "café", "character", "c a f e/é"),
        ("سلام", "سلم", "character", "س ل ا/ م"),
    ],
)
def test_places_are_equal_substituted_deleted_or_inserted(reference: str, hypothesis: str, unit, expected: str) -> None:
    places = align_texts(reference, hypothesis, unit)
    assert " ".join(p.reference if p.kind == "equal" else f"{p.reference}/{p.hypothesis}" for p in places) == expected


@given(texts, texts)
def test_characters_are_aligned_with_spaces_and_kinds_that_fit_the_symbols(reference: str, hypothesis: str) -> None:
    aligned = align_texts(reference, hypothesis, "character")
    assert "".join(place.reference for place in aligned) == reference
    assert "".join(place.hypothesis for place in aligned) == hypothesis
    assert sum(place.kind != "equal" for place in aligned) == Levenshtein.distance(reference, hypothesis)
    for place in aligned:
        assert (place.kind == "equal") == (place.reference == place.hypothesis)
        assert (place.kind == "insertion") == (place.reference == "")
        assert (place.kind == "deletion") == (place.hypothesis == "")


@given(st.lists(st.tuples(texts, texts), max_size=6), st.sampled_from(["word", "character"]))
def test_no_error_is_lost_when_errors_are_counted_by_symbol(pairs: list[tuple[str, str]], unit) -> None:
    rows = [row(*pair) for pair in pairs]
    kinds, symbols = count_kinds(rows, unit), count_symbol_errors(rows, unit)
    assert sum(each.substituted for each in symbols) == kinds["substitution"]
    assert sum(each.deleted for each in symbols) == kinds["deletion"]
    assert sum(each.inserted for each in symbols) == kinds["insertion"]
    assert all(sum(count for _, count in each.instead) == each.substituted for each in symbols)


def test_kinds_of_errors_are_counted() -> None:
    rows = [row("go left now", "go right now please"), row("turn it on", "turn on")]
    assert count_kinds(rows, "word") == {"equal": 4, "substitution": 1, "deletion": 1, "insertion": 1}
    assert count_kinds([row("ab", "b")], "character") == {"equal": 1, "substitution": 0, "deletion": 1, "insertion": 0}


def test_symbols_with_the_most_errors_come_first() -> None:
    rows = [row("a b", "c b"), row("a", "d"), row("a", "c"), row("b", "b e")]
    first, second = count_symbol_errors(rows, "word")
    assert (first.symbol, first.there, first.substituted, first.errors) == ("a", 3, 3, 3)
    assert first.instead == [("c", 2), ("d", 1)]
    assert (second.symbol, second.there, second.inserted) == ("e", 0, 1)


def test_words_are_aligned_where_there_are_words() -> None:
    assert aligned_unit(["abc", "go left"]) == "word"
    assert aligned_unit(["abc", ""]) == "character"
