"""Plots of what cells remember, and of how far the past still moves them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import NullFormatter

from pipelines.reporting.charts import SERIES, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from recognizers.probe.forgetting import TaskMemory

#: Names as they are written in texts. A cell has the colour of its place here, whichever cells are measured.
NAMES = {"lstm": "LSTM", "gru": "GRU", "rnn": "plain RNN"}
MARKERS = {"lstm": "o", "gru": "s", "rnn": "D"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Norms of gradients below this look like nothing and are drawn at the lower edge.
LEAST_REACH = 1e-12


def plot_forgetting(axes: Sequence[Axes], task: TaskMemory, series: Sequence[str] = SERIES, soft: str = SOFT) -> None:
    """Plot the accuracy of each cell against the lag, and beside it the gradient's reach before the training.

    Args:
        axes: Two: for the accuracy and for the reach.
        task: What was measured.
        series: Colours of the cells, three or more.
        soft: Colour of the line of chance and its name.

    Raises:
        ValueError: There are not two axes.
    """
    accuracy_ax, reach_ax = axes
    plot_accuracy(accuracy_ax, task, series, soft)
    plot_reach(reach_ax, task, series)
    reach_ax.legend(loc="lower left")  # where the curves leave room


def plot_accuracy(ax: Axes, task: TaskMemory, series: Sequence[str] = SERIES, soft: str = SOFT) -> None:
    """Plot the accuracy of each cell against the lag; a band spans its repeats, and a dashed line is chance."""
    for measured in task.cells:
        colour, marker, name = _look(measured.cell, series)
        ax.plot(task.lags, measured.accuracy, color=colour, marker=marker, ms=4, label=name)
        lowest, highest = map(min, measured.accuracies), map(max, measured.accuracies)
        ax.fill_between(task.lags, list(lowest), list(highest), color=colour, alpha=0.15, lw=0)
    ax.axhline(task.chance, color=soft, lw=1, ls=(0, (4, 2)))
    ax.text(task.lags[0], task.chance, "chance", color=soft, va="bottom")
    _prepare_lags(ax, task)
    ax.set(ylim=(0, 1.03), title="accuracy")


def plot_reach(ax: Axes, task: TaskMemory, series: Sequence[str] = SERIES) -> None:
    """Plot the norm of the gradient at the answer, before the training, against the lag, with a logarithmic scale."""
    for measured in task.cells:
        colour, marker, name = _look(measured.cell, series)
        reach = [max(value, LEAST_REACH) for value in measured.reach_before]
        ax.plot(task.lags, reach, color=colour, marker=marker, ms=4, label=name)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: power_of_ten(value))
    ax.yaxis.set_minor_formatter(NullFormatter())
    _prepare_lags(ax, task)
    ax.set(ylim=(LEAST_REACH, 10), title="gradient before training")


def power_of_ten(value: float) -> str:
    """Write the power of ten next to a number without mathematical text, which charts leave out."""
    exponent = round(math.log10(value))
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def _look(cell: str, series: Sequence[str]) -> tuple[str, str, str]:
    """Return the colour, the marker and the name of a cell."""
    return series[list(NAMES).index(cell)], MARKERS[cell], NAMES[cell]


def _prepare_lags(ax: Axes, task: TaskMemory) -> None:
    """Write each lag at the axis, which is logarithmic so that short lags do not overlap."""
    ax.set_xscale("log")
    ax.set_xticks(task.lags, list(map(str, task.lags)))
    ax.set_xticks([], minor=True)
    ax.set_xlabel("frames back")
