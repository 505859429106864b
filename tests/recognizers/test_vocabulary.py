"""The symbols a recognizer can emit, and their ids."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.text_rules import DEFAULT_RULES, normalize_text
from recognizers.vocabulary import BLANK, Unit, Vocabulary, split_target

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def folded(text: str) -> str:
    return normalize_text(text, DEFAULT_RULES)


@settings(deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
@pytest.mark.parametrize("unit", ["character", "word", "label"])
def test_encoding_and_decoding_give_back_the_target(unit: Unit, texts: list[str]) -> None:
    assume(all(folded(text) for text in texts))
    vocabulary = Vocabulary.from_targets(texts, unit)
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
def test_symbols_are_sorted_and_numbered(
    unit: Unit, targets: list[str], symbols: tuple[str, ...], target: str, ids: list[int]
) -> None:
    vocabulary = Vocabulary.from_targets(targets, unit)
    assert vocabulary.symbols == symbols
    assert vocabulary.encode(target) == ids


@pytest.mark.parametrize(("unit", "first_id", "num_ids"), [("character", 1, 4), ("word", 1, 4), ("label", 0, 3)])
def test_only_sequences_reserve_id_0_for_the_blank(unit: Unit, first_id: int, num_ids: int) -> None:
    vocabulary = Vocabulary(unit, ("a", "b", "c"))
    assert BLANK == 0
    assert (vocabulary.first_id, vocabulary.num_ids) == (first_id, num_ids)
    assert vocabulary.encode("a") == [first_id]


def test_encode_names_unknown_symbols_and_the_target() -> None:
    vocabulary = Vocabulary.from_targets(["ab"], "character")
    with pytest.raises(InputError, match="'abzqz' contains characters that the training split does not: 'q', 'z'"):
        vocabulary.encode("abzqz")


def test_equivalent_unicode_spellings_are_one_symbol() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert composed != decomposed
    vocabulary = Vocabulary.from_targets([composed], "character")
    assert vocabulary.encode(decomposed) == vocabulary.encode(composed)
    assert Vocabulary.from_targets([composed, decomposed], "word").symbols == (composed,)
    assert split_target(decomposed, "label") == [composed]


def test_targets_are_spelled_by_the_rules_of_the_vocabulary() -> None:
    vocabulary = Vocabulary.from_targets(["Don\u2019t", "don't"], "word", ["apostrophes", "lowercase"])
    assert vocabulary.symbols == ("don't",)
    assert vocabulary.encode("DON\u2019T don't") == [1, 1]
    assert Vocabulary.from_targets(["Don\u2019t", "don't"], "word").symbols == ("Don\u2019t", "don't")
    with pytest.raises(
        InputError, match=r"text\.normalize must be a list of rules from .*; found 'lower'; did you mean"
    ):
        Vocabulary.from_targets(["a"], "word", ["lower"])


def test_text_is_spelled_with_single_spaces() -> None:
    vocabulary = Vocabulary("character", (" ", "a"))
    assert vocabulary.spell([1, 2, 1, 1, 2, 1]) == "a a"
    assert vocabulary.spell([1]) == ""


def test_ids_do_not_depend_on_the_order_of_targets() -> None:
    assert Vocabulary.from_targets(["b c", "a"], "word") == Vocabulary.from_targets(["a", "c b"], "word")


@pytest.mark.parametrize(
    ("unit", "symbols", "message"),
    [
        ("phone", ("a",), "unit must be character, word or label; found 'phone'"),
        ("character", (), "needs at least one symbol"),
        ("character", ("a", "b", "a"), "no symbol twice"),
        ("character", ("a", 7), "must be strings"),
    ],
)
def test_invalid_vocabularies_are_refused(unit: Unit, symbols: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Vocabulary(unit, symbols)
