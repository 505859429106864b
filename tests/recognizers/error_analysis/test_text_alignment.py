from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from recognizers.error_analysis.text_alignment import align_texts, aligned_unit, count_kinds, count_symbol_errors

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
