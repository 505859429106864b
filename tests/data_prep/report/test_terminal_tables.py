"""The tables hold the figures of the report, and nothing of a corpus can change how a terminal shows them."""

from collections.abc import Callable

import numpy as np
import pytest

from data_prep.failures import Failure
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from data_prep.prepare import Prepared
from data_prep.report.corpus_report import describe_corpus
from data_prep.report.terminal_tables import LEAST_FREQUENT, MAX_REASONS, MOST_FREQUENT, print_report
from tests.data_prep.report.conftest import clip_of, hand_signal
from tests.data_prep.report.test_checks import FINE, KINDS
from tests.data_prep.report.test_html_page import hostile

Make = Callable[..., Prepared]
Print = Callable[..., str]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Print:
    """Return a function that describes a corpus and returns what is printed in a wide terminal."""
    monkeypatch.setenv("COLUMNS", "200")

    def describe_and_print(prepared: Prepared, extractor: Mfcc | HandKeypoints | None = None) -> str:
        print_report(describe_corpus(prepared, extractor or Mfcc(), KINDS, "character", seed=0))
        out, err = capfd.readouterr()
        assert out == ""
        return err

    return describe_and_print


def row_of(text: str, first: str) -> list[str]:
    """The cells of the first row that begins with a word."""
    rows = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in text.splitlines()]
    return next(row for row in rows if row[0] == first)


def test_nothing_in_a_manifest_becomes_terminal_markup(prepared_of: Make, printed: Print) -> None:
    err = printed(hostile(prepared_of))
    assert "[red]" in err
    assert not set(err) & set("\x00\x1b\u202e")


def test_sizes_lengths_and_symbols_are_shown_by_split(prepared_of: Make, printed: Print) -> None:
    err = printed(prepared_of(FINE))
    assert row_of(err, "train") == ["train", "1", "0.000", "1", "1"]
    assert "classes" not in err  # there is none
    assert row_of(err, "all")[2] == "1.10"
    assert row_of(err, "a") == ["a", "1", "1", "1"]
    assert "Characters in texts: 2" in err
    assert "Hands" not in err
    assert "cannot be used" not in err


def test_hands_are_counted_by_split(prepared_of: Make, printed: Print) -> None:
    seen = {"one": [[1, 0], [0, 0]], "two": [[1, 1], [1, 1]]}
    pairs = [(clip_of(name, label="x"), hand_signal(np.array(which))) for name, which in seen.items()]
    err = printed(prepared_of(pairs), HandKeypoints())
    hands = err[err.index("Hands") :]
    assert row_of(hands, "train") == ["train", "75.0%", "1", "1"]


def test_a_long_list_of_symbols_keeps_the_most_and_the_least_frequent(prepared_of: Make, printed: Print) -> None:
    letters = [chr(ord("A") + number) for number in range(MOST_FREQUENT + LEAST_FREQUENT + 3)]
    text = "".join(letter * (len(letters) - number) for number, letter in enumerate(letters))
    err = printed(prepared_of([(clip_of("x", text=text), 1.0)]))
    assert row_of(err, "… 3 more") == ["… 3 more"]
    assert row_of(err, letters[0]) == [letters[0], str(len(letters)), "0", "0"]
    assert row_of(err, letters[-1]) == [letters[-1], "1", "0", "0"]
    for letter in letters[MOST_FREQUENT : MOST_FREQUENT + 3]:
        assert f"│ {letter} " not in err


def test_the_first_reasons_are_shown_with_their_numbers_of_clips(prepared_of: Make, printed: Print) -> None:
    reasons = [f"{chr(ord('a') + number) * 5} went wrong" for number in range(MAX_REASONS + 2)]
    failures = [
        Failure(f"{reason[0]}{number}", "x.wav", reason)
        for rank, reason in enumerate(reasons)
        for number in range(len(reasons) - rank)
    ]
    err = printed(prepared_of(FINE, failures=failures))
    assert row_of(err, reasons[0]) == [reasons[0], str(len(reasons)), "a0"]
    assert err.count("went wrong") == MAX_REASONS
