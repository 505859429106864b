"""Each rule makes the spellings alike that it is meant for, and changes nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.text_rules import DEFAULT_RULES, RULES, check_rules, normalize_text


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        ([], "  a\u00a0b\u202fc\u3000d\t", "a b c d"),
        ([], "Cafe\u0301 \u200b", "Cafe\u0301 \u200b"),
        (["nfc"], "cafe\u0301 \u212b", "caf\u00e9 \u00c5"),
        (["nfkc"], "\ufb01n \u00b2 \uff21 \u2026", "fin 2 A ..."),
        (["invisible"], "\ufeffsoft\u00adhy\u200bphen\u2060s\u200e \u202aa\u202c\x07", "softhyphens a"),
        (["invisible"], "\u200d\u200ca\u200db\u200c", "ab"),
        (
            ["invisible"],
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        (["invisible"], "\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        (["invisible"], "\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
        (["apostrophes"], "don\u2019t don\u02bct don\u00b4t don`t", "don't don't don't don't"),
        (["quotes"], "\u201ca\u201d \u201eb\u201c \u00abc\u00bb", '"a" "b" "c"'),
        (["dashes"], "a\u2010b\u2011c\u2013d\u2014e\u2212f \u30fc", "a-b-c-d-e-f \u30fc"),
        (["width"], "\uff21\uff11\uff01 \uff76\uff9e \u00b2", "A1! \u30ac \u00b2"),
        (["digits"], "\u0663\u0664 \u096b \uff17 \u00b2", "34 5 7 \u00b2"),
        (["lowercase"], "ABC \u00c4\u0394\u0416 \u039f\u03a3", "abc \u00e4\u03b4\u0436 \u03bf\u03c2"),
        (["nfc", "invisible"], "e\u200b\u0301", "\u00e9"),
        (["nfkc", "apostrophes"], "don\u00b4t", "don't"),
    ],
)
def test_rules(rules: list[str], text: str, expected: str) -> None:
    assert normalize_text(text, rules) == expected
    assert normalize_text(text, rules[::-1]) == expected


@given(
    text=st.text(st.characters(exclude_categories=("Cs",)), max_size=20), rules=st.sets(st.sampled_from(list(RULES)))
)
def test_default_rules_make_a_text_that_they_do_not_change_again(text: str, rules: set[str]) -> None:
    normalized = normalize_text(text, DEFAULT_RULES)
    assert normalize_text(normalized, DEFAULT_RULES) == normalized
    assert normalized == " ".join(normalized.split())
    assert normalize_text("plain text, 7 words", [*rules]) == "plain text, 7 words"


def test_unknown_rules_are_refused_with_the_nearest_known_one() -> None:
    check_rules(RULES)
    with pytest.raises(InputError, match=r"list of rules from invisible, .*, nfc; found 'nfk'; did you mean 'nfkc'\?"):
        check_rules(["nfk"])
