"""Symbols to ids and back."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from recognizers.vocabulary import BLANK, Unit, Vocabulary, split_target

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@settings(deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@pytest.mark.parametrize("unit", ["character", "word", "label"])
def test_what_is_encoded_decodes_to_itself(unit: Unit, texts: list[str]) -> None:
    assume(all(folded(text) for text in texts))
    vocabulary = Vocabulary.of_targets(texts, unit)
    for text in texts:
        ids = vocabulary.encode(text)
        assert vocabulary.decode(ids) == folded(text)
        assert all(vocabulary.first_id <= index < vocabulary.num_ids for index in ids)


@pytest.mark.parametrize(
    ("unit", "targets", "symbols", "target", "ids"),
    [
        ("character", ["ba", "a c"], (" ", "a", "b", "c"), "cab a", [4, 2, 3, 1, 2]),
        ("character", ["aab"], ("a", "b"), "aab", [1, 1, 2]),
        ("character", [" a  b\n"], (" ", "a", "b"), "a\t b ", [2, 1, 3]),
        ("word", ["HOUSE RED", "HOUSE BIG"], ("BIG", "HOUSE", "RED"), "RED HOUSE RED", [3, 2, 3]),
        ("label", ["stop it", "go"], ("go", "stop it"), " stop  it", [1]),
    ],
)
def test_symbols_and_ids(unit: Unit, targets: list[str], symbols: tuple[str, ...], target: str, ids: list[int]) -> None:
    vocabulary = Vocabulary.of_targets(targets, unit)
    assert vocabulary.symbols == symbols
    assert vocabulary.encode(target) == ids


@pytest.mark.parametrize(("unit", "first_id", "num_ids"), [("character", 1, 4), ("word", 1, 4), ("label", 0, 3)])
def test_sequences_keep_id_0_for_the_blank_and_labels_do_not(unit: Unit, first_id: int, num_ids: int) -> None:
    vocabulary = Vocabulary(unit, ("a", "b", "c"))
    assert BLANK == 0
    assert (vocabulary.first_id, vocabulary.num_ids) == (first_id, num_ids)
    assert vocabulary.encode("a") == [first_id]


def test_unknown_symbols_are_named_with_the_target() -> None:
    vocabulary = Vocabulary.of_targets(["ab"], "character")
    with pytest.raises(InputError, match=r"'q', 'z' in 'abzqz' is not among the 2 characters of the training split"):
        vocabulary.encode("abzqz")


def test_equivalent_spellings_are_one_symbol() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert composed != decomposed
    vocabulary = Vocabulary.of_targets([composed], "character")
    assert vocabulary.encode(decomposed) == vocabulary.encode(composed)
    assert Vocabulary.of_targets([composed, decomposed], "word").symbols == (composed,)
    assert split_target(decomposed, "label") == [composed]


def test_ids_do_not_depend_on_the_order_of_targets() -> None:
    assert Vocabulary.of_targets(["b c", "a"], "word") == Vocabulary.of_targets(["a", "c b"], "word")


@pytest.mark.parametrize(
    ("unit", "symbols", "message"),
    [
        ("phone", ("a",), "unit must be character, word or label; found 'phone'"),
        ("character", (), "needs symbols"),
        ("character", ("a", "b", "a"), "each once"),
        ("character", ("a", 7), "must be strings"),
    ],
)
def test_bad_vocabularies_are_refused(unit: Unit, symbols: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Vocabulary(unit, symbols)
