"""Greedy decoding."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.decoder.greedy import Greedy
from recognizers.vocabulary import Vocabulary

SYMBOLS = "-abc"


def greedy(log_probs: torch.Tensor, lengths: torch.Tensor) -> list[tuple[list[int], float]]:
    return Greedy().decode(log_probs.numpy(), lengths.numpy(), Vocabulary("character", tuple(SYMBOLS[1:])))


def emission(path: str, probability: float = 0.9) -> torch.Tensor:
    """Log-probabilities (1, T', C) with the given best path."""
    others = (1 - probability) / (len(SYMBOLS) - 1)
    rows = [[probability if symbol == best else others for symbol in SYMBOLS] for best in path]
    return torch.tensor([rows]).log()


def decoded(path: str) -> str:
    [(ids, _)] = greedy(emission(path), torch.tensor([len(path)]))
    return "".join(SYMBOLS[index] for index in ids)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a", "a"),
        ("-", ""),
        ("---", ""),
        ("aaa", "a"),
        ("a-a", "aa"),
        ("aa-aa-", "aa"),
        ("-a-", "a"),
        ("ab", "ab"),
        ("aabb", "ab"),
        ("a--b", "ab"),
        ("abab", "abab"),
        ("--cc-a-aab", "caab"),
    ],
)
def test_repeats_are_merged_and_blanks_dropped(path: str, text: str) -> None:
    assert decoded(path) == text


@settings(deadline=None)
@given(runs=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=12))
def test_an_ideal_emission_decodes_to_its_target(runs: list[tuple[str, int, int]]) -> None:
    path, last = "", ""
    for symbol, repeats, blanks in runs:
        path += "-" * max(blanks, symbol == last) + symbol * repeats
        last = symbol
    assert decoded(path) == "".join(symbol for symbol, _, _ in runs)


def test_padding_has_no_effect() -> None:
    log_probs = torch.cat([emission("abcab"), emission("aacca")])
    assert [ids for ids, _ in greedy(log_probs, torch.tensor([2, 5]))] == [[1, 2], [1, 3, 1]]


def test_confidence_is_the_geometric_mean_of_the_best_probabilities() -> None:
    log_probs = torch.cat([emission("a", 0.8), emission("b", 0.5), emission("-", 0.9), emission("c", 0.4)], dim=1)
    [(_, confidence)] = greedy(log_probs, torch.tensor([3]))
    assert confidence == pytest.approx(math.cbrt(0.8 * 0.5 * 0.9))
