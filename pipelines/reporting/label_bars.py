"""Plots of the most probable labels of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from data_prep.report.printable import printable
from pipelines.reporting.plot_colours import DARK, PlotColours
from pipelines.reporting.short_text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Columns of a label at most.
LABEL_COLUMNS = 16


def plot_label_bars(
    ax: Axes, scores: Mapping[str, float], expected: str, count: int = 5, colours: PlotColours = DARK
) -> None:
    """Plot the most probable labels of a clip as bars, highest first; that of the expected label has another colour.

    Args:
        ax: Where to plot.
        scores: Probability of each label.
        expected: The right label; it is shown even if it is not among the most probable ones.
        count: Number of labels at most.
        colours: Those of pictures, or those of pages.
    """
    ranked = sorted(scores, key=lambda label: -scores[label])
    shown = ranked[:count]
    if expected in scores and expected not in shown:
        shown[-1] = expected
    ax.barh(
        range(len(shown)),
        [scores[label] for label in shown],
        color=[colours.series[2] if label == expected else colours.soft for label in shown],
        height=0.7,
    )
    names = [shorten(printable(label), LABEL_COLUMNS) for label in shown]
    ax.set_yticks(range(len(shown)), labels=names, parse_math=False)
    for row, label in enumerate(shown):
        note = f"{scores[label]:.0%}" + ("  expected" if label == expected else "")
        ax.text(scores[label] + 0.01, row, note, color=colours.ink, va="center")
    ax.set(xlim=(0, 1.18), ylim=(count - 0.5, -0.5), facecolor=colours.ground)
    ax.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"])
    ax.grid(False)
    ax.tick_params(colors=colours.ink, length=3)
    ax.spines[:].set_visible(False)
    ax.annotate("probability", (1, 1), (0, 2), "axes fraction", "offset points", color=colours.soft, ha="right")
