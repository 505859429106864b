"""Utterances in a stream of probabilities; a window lasts 32 ms."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.segmentation.utterances import UtteranceBegins, UtteranceFinder


def spans(probabilities: Sequence[float], pause_s: float = 0.32) -> list[tuple[int, int | None]]:
    """Return the first window of each utterance and the window after its last; None if it has not ended."""
    found: list[tuple[int, int | None]] = []
    finder = UtteranceFinder(pause_s)
    for boundary in finder.add(probabilities):
        if isinstance(boundary, UtteranceBegins):
            found.append((boundary.window, None))
        else:
            found[-1] = (found[-1][0], boundary.window)
    assert finder.is_open == (bool(found) and found[-1][1] is None)
    return found


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.0] * 50, []),
        ([0.0] * 50 + [0.9] * 2 + [0.0] * 50, []),  # too short
        ([0.0] * 50 + [0.4] * 20, []),  # never certain
        ([0.0] * 50 + [0.9] * 3, [(42, None)]),
        ([0.9] * 3, [(0, None)]),
        ([0.0] * 50 + [0.9, 0.4, 0.4] + [0.0] * 9 + [0.4] + [0.0] * 10, [(42, 69)]),
        ([0.0] * 20 + [0.9] * 10 + [0.0] * 12 + [0.9] * 10, [(12, 36), (36, None)]),  # nothing belongs to two
    ],
)
def test_utterances(probabilities: list[float], expected: list[tuple[int, int | None]]) -> None:
    assert spans(probabilities) == expected


def test_a_long_utterance_ends_at_a_short_pause() -> None:
    speech = [0.9] * 312 + [0.0] * 7 + [0.9] * 10
    assert spans(speech, pause_s=1.0) == [(0, 318), (318, None)]


def test_speech_without_a_pause_is_cut_and_goes_on() -> None:
    found = spans([0.9] * 1300)
    assert found == [(0, 625), (625, 1250), (1250, None)]


@given(st.lists(st.sampled_from([0.0, 0.4, 0.9]), max_size=200), st.integers(1, 50))
def test_chunks_do_not_matter(probabilities: list[float], size: int) -> None:
    finder = UtteranceFinder(0.2)
    found = [
        each for start in range(0, len(probabilities), size) for each in finder.add(probabilities[start : start + size])
    ]
    assert found == UtteranceFinder(0.2).add(probabilities)
