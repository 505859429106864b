"""The plot of what cells remember shows what was measured."""

import pytest
from matplotlib.figure import Figure

from pipelines.reporting.charts import SERIES, svg_figure
from pipelines.reporting.forgetting_plot import LEAST_REACH, plot_forgetting
from recognizers.probe.forgetting import CellMemory, TaskMemory

LAGS = (1, 10, 100)


def measured(cell: str, *accuracy: float) -> CellMemory:
    accuracies = tuple((value - 0.1, value + 0.1) for value in accuracy)
    return CellMemory(cell, accuracy, accuracies, (1.0, 1e-3, 1e-38), (1.0, 1.0, 1.0), (10.0, 20.0, 30.0))


TASK = TaskMemory("symbol", LAGS, 0.25, 512, (measured("rnn", 1.0, 0.5, 0.25), measured("lstm", 1.0, 0.9, 0.8)))


def test_each_cell_has_a_curve_of_its_accuracy_and_one_of_its_reach() -> None:
    axes = Figure().subplots(1, 2)
    plot_forgetting(axes, TASK)
    rnn, lstm, chance = axes[0].lines
    assert [list(line.get_ydata()) for line in (rnn, lstm)] == [[1.0, 0.5, 0.25], [1.0, 0.9, 0.8]]
    assert list(rnn.get_xdata()) == list(LAGS)
    assert set(chance.get_ydata()) == {0.25}
    assert [text.get_text() for text in axes[1].get_legend().get_texts()] == ["plain RNN", "LSTM"]
    band = axes[0].collections[1].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == pytest.approx((0.7, 1.1))
    # What vanishes is drawn at the lower edge: a logarithmic axis has no place for it.
    assert list(axes[1].lines[0].get_ydata()) == [1.0, 1e-3, LEAST_REACH]
    assert axes[1].get_yscale() == "log"
    assert [text.get_text() for text in axes[1].get_xticklabels()] == ["1", "10", "100"]


def test_a_cell_has_the_same_colour_whichever_others_are_measured() -> None:
    both, alone = Figure().subplots(1, 2), Figure().subplots(1, 2)
    plot_forgetting(both, TASK)
    plot_forgetting(alone, TaskMemory("symbol", LAGS, 0.25, 512, TASK.cells[:1]))
    assert both[0].lines[0].get_color() == alone[0].lines[0].get_color() in SERIES
    assert both[0].lines[0].get_color() != both[0].lines[1].get_color()


def test_it_becomes_a_chart_of_a_page() -> None:
    chart = svg_figure(lambda figure: plot_forgetting(figure.subplots(1, 2), TASK), "forgetting", 760, 280)
    for shown in ("plain RNN", "LSTM", "chance", "frames back", "var(--series-"):
        assert shown in chart
    assert "#0102" not in chart
