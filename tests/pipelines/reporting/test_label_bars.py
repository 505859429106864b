"""Bars of the most probable labels."""

import pytest
from matplotlib.figure import Figure

from pipelines.reporting.label_bars import plot_label_bars
from pipelines.reporting.plot_colours import DARK

SCORES = {"no": 0.5, "yes": 0.3, "go": 0.1, "stop": 0.06, "up": 0.04}


@pytest.mark.parametrize(
    ("expected", "count", "shown"),
    [("yes", 3, ["no", "yes", "go"]), ("up", 3, ["no", "yes", "up"]), ("elsewhere", 2, ["no", "yes"])],
)
def test_the_expected_label_is_always_shown(expected: str, count: int, shown: list[str]) -> None:
    ax = Figure().subplots()
    plot_label_bars(ax, SCORES, expected, count)
    assert [label.get_text() for label in ax.get_yticklabels()] == shown
    assert [bar.get_width() for bar in ax.patches] == [SCORES[label] for label in shown]
    marked = [label for label, text in zip(shown, ax.texts, strict=False) if "expected" in text.get_text()]
    assert marked == [label for label in shown if label == expected]


def test_labels_of_any_content_are_drawn_as_they_are() -> None:
    ax = Figure().subplots()
    plot_label_bars(ax, {"$x^$": 0.6, "a\x1b[2J" + "b" * 50: 0.4}, "$x^$", colours=DARK)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$x^$", "a\\x1b[2Jbbbbbbb…"]
    ax.figure.canvas.draw()
