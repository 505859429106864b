"""The plot of emissions names what greedy decoding gives, whatever the symbols are."""

import warnings

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from data_prep.report.palette import PANEL, to_hex
from pipelines.reporting.charts import svg_chart
from pipelines.reporting.emission_plot import MAX_POINTS, MOST_CURVES, plot_emissions
from pipelines.reporting.plot_colours import PAGE

RATE_HZ = 25.0


def emissions(path: list[int], num_symbols: int, frames_each: int = 5) -> np.ndarray:
    """Log-probabilities of a path, each of whose symbols lasts some frames."""
    probabilities = np.full((len(path) * frames_each, num_symbols), 0.05 / (num_symbols - 1))
    probabilities[np.arange(len(probabilities)), np.repeat(path, frames_each)] = 0.95
    return np.log(probabilities)


def new_axes() -> Axes:
    return Figure((8, 2), dpi=100).subplots()


def drawn(ax: Axes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # no font has all glyphs
        FigureCanvasAgg(ax.figure).draw()


def names(ax: Axes) -> list[tuple[str, float]]:
    return [(text.get_text(), round(text.get_position()[0], 2)) for text in ax.texts if text.get_ha() == "center"]


def test_names_stand_where_a_symbol_is_the_most_probable() -> None:
    ax = new_axes()
    plot_emissions(ax, emissions([0, 1, 0, 2, 3, 0], 4), ["", "a", " ", "$b$"], RATE_HZ, 1.2)
    assert names(ax) == [("a", 0.2), ("␣", 0.6), ("$b$", 0.8)]
    drawn(ax)


def test_an_alignment_is_named_and_stands_above() -> None:
    ax = new_axes()
    plot_emissions(ax, emissions([0, 1, 0], 2), ["", "a"], RATE_HZ, 0.6, [("a", 0.1, 0.3)], "reference")
    assert names(ax) == [("a", 0.2), ("a", 0.2)]
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "reference"


def test_nothing_recognised_is_said() -> None:
    ax = new_axes()
    plot_emissions(ax, emissions([0], 3), ["", "a", "b"], RATE_HZ, 0.2)
    assert [name for name, _ in names(ax)] == ["nothing is recognised: the blank is the most probable everywhere"]


def test_names_that_would_overlap_are_left_out() -> None:
    ax = new_axes()
    plot_emissions(ax, emissions([1, 2] * 200, 3, 1), ["", "a long gloss indeed", "b"], RATE_HZ, 16.0)
    shown = names(ax)
    assert 5 < len(shown) < 100
    assert shown[0][0] == "a long gloss…"


@pytest.mark.parametrize(
    ("log_probs", "num_symbols"),
    [(np.zeros((0, 3)), 3), (emissions([0, 1], 1000), 1000), (emissions([0, 1, 2] * 20_000, 3, 1), 3)],
)
def test_no_emissions_many_symbols_and_an_hour_are_bounded(log_probs: np.ndarray, num_symbols: int) -> None:
    ax = new_axes()
    symbols = ["", *(f"s{number}" for number in range(num_symbols - 1))]
    plot_emissions(ax, log_probs, symbols, RATE_HZ, len(log_probs) / RATE_HZ)
    assert len(ax.lines) <= MOST_CURVES + 1
    assert all(len(line.get_xdata()) <= MAX_POINTS for line in ax.lines)
    drawn(ax)


def test_it_follows_the_theme_of_a_page() -> None:
    chart = svg_chart(
        lambda ax: plot_emissions(ax, emissions([0, 1], 2), ["", "a"], RATE_HZ, 0.4, [("a", 0.2, 0.4)], colours=PAGE),
        "emissions",
    )
    assert "var(--series-1)" in chart
    assert to_hex(PANEL) not in chart


def test_a_wrong_number_of_symbols_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected log_probs \(T', 2\)"):
        plot_emissions(new_axes(), emissions([0, 1], 3), ["", "a"], RATE_HZ, 1.0)
