"""Plots of what a CTC network emits: the probability of each symbol over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_prep.report.printable import symbol_name
from pipelines.reporting.plot_colours import DARK, PlotColours
from pipelines.reporting.short_text import shorten
from recognizers.inference.line_breaks import columns
from recognizers.segmentation.runs import equal_runs
from recognizers.vocabulary import BLANK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A symbol and when it is aligned, in seconds: its start and its end.
AlignedSymbol = tuple[str, float, float]

#: Symbols that never reach this probability are not drawn, and no more than the most probable ones are.
LEAST_PROBABILITY, MOST_CURVES = 0.05, 40
#: Lower probabilities would only cover the zero line.
LEAST_DRAWN = 0.003
#: Points of a curve at most; of a longer clip, each point is the highest probability of several emissions.
MAX_POINTS = 2000
#: Columns of a name at most, such as that of a gloss.
NAME_COLUMNS = 14
#: Heights at which names stand: above the curves, and those of the alignment above these.
PEAK_Y, ALIGNED_Y, TOP_Y = 1.08, 1.27, 1.42


def plot_emissions(
    ax: Axes,
    log_probs: np.ndarray,
    symbols: Sequence[str],
    rate_hz: float,
    duration_s: float,
    alignment: Iterable[AlignedSymbol] | None = None,
    alignment_name: str = "aligned",
    colours: PlotColours = DARK,
) -> None:
    """Plot the probability of each symbol over time, with a name at each symbol that is the most probable one.

    The names, read from left to right, are what greedy decoding gives. The blank, which stands for no symbol, is a
    dashed line. With an alignment, its symbols stand above in their places.

    Args:
        ax: Where to plot.
        log_probs: (T', S), natural logarithms; the blank comes first.
        symbols: The names of the S symbols; that of the blank is not shown.
        rate_hz: Emissions a second.
        duration_s: Duration of the clip, at which the time axis ends.
        alignment: When each symbol of a text is emitted; None to leave it out.
        alignment_name: What the alignment is of, in a word.
        colours: Those of pictures, or those of pages.

    Raises:
        ValueError: The number of symbols is not S.
    """
    if log_probs.ndim != 2 or log_probs.shape[1] != len(symbols):
        raise ValueError(f"expected log_probs (T', {len(symbols)}) for {len(symbols)} symbols; found {log_probs.shape}")
    aligned = None if alignment is None else list(alignment)
    _prepare_axes(ax, duration_s, alignment_name if aligned is not None else None, colours)
    probabilities = np.exp(log_probs.astype(np.float64))  # (T', S)
    times_s, pooled = _pooled(probabilities, rate_hz)
    ax.plot(times_s, pooled[:, BLANK], color=colours.soft, lw=1, ls=(0, (4, 2)), zorder=1)
    curves = _choose_curves(pooled, colours.series)
    for symbol, colour in curves.items():
        ax.fill_between(times_s, pooled[:, symbol], color=colour, alpha=0.35, lw=0, zorder=2)
        visible = np.where(pooled[:, symbol] < LEAST_DRAWN, np.nan, pooled[:, symbol])
        ax.plot(times_s, visible, color=colour, lw=1.2, zorder=3)
    peaks = _peaks(probabilities)
    named = [(frame / rate_hz, symbols[symbol], curves.get(symbol, colours.ink)) for frame, symbol in peaks]
    _write_names(ax, named, PEAK_Y)
    if aligned is not None:
        for _, start_s, end_s in aligned:
            ax.plot([start_s, end_s], [ALIGNED_Y - 0.08] * 2, color=colours.soft, lw=1.5, solid_capstyle="butt")
        _write_names(ax, [((start_s + end_s) / 2, name, colours.ink) for name, start_s, end_s in aligned], ALIGNED_Y)
    if not peaks:
        note = "nothing is recognised: the blank is the most probable everywhere"
        ax.text(0.5, 0.4, note, color=colours.ink, ha="center", transform=ax.transAxes)


def _prepare_axes(ax: Axes, duration_s: float, alignment_name: str | None, colours: PlotColours) -> None:
    """Set limits, ticks and colours; the alignment's name, if there is one, stands beside its row."""
    heights, names = [0, 0.5, 1.0], ["0", "0.5", "1"]
    if alignment_name is not None:
        heights, names = [*heights, ALIGNED_Y], [*names, alignment_name]
    ax.set(xlim=(0, max(duration_s, 1e-3)), ylim=(0, ALIGNED_Y if alignment_name is None else TOP_Y))
    ax.set(facecolor=colours.ground, yticks=heights, yticklabels=names)
    ax.grid(False)
    ax.locator_params("x", nbins=6, steps=[1, 2, 5, 10])
    ax.xaxis.set_major_formatter("{x:g} s")
    ax.tick_params(colors=colours.ink, length=3)
    ax.spines[:].set_visible(False)
    legend = "height: probability   dashed: blank (no symbol)"
    ax.annotate(legend, (1, 1), (0, 2), "axes fraction", "offset points", color=colours.soft, ha="right", va="bottom")


def _pooled(probabilities: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Take the highest of every few emissions, so that at most `MAX_POINTS` are left: their times, and (P, S)."""
    every = -(-len(probabilities) // MAX_POINTS)
    starts = np.arange(0, len(probabilities), max(every, 1))
    if every <= 1:
        return starts / rate_hz, probabilities
    return (starts + (every - 1) / 2) / rate_hz, np.maximum.reduceat(probabilities, starts, axis=0)


def _choose_curves(probabilities: np.ndarray, series: Sequence[str]) -> dict[int, str]:
    """Choose the symbols to draw, and a colour for each: symbols that follow each other differ."""
    highest = probabilities.max(axis=0, initial=0.0)  # (S,)
    highest[BLANK] = 0.0
    drawn = np.argsort(-highest, kind="stable")[:MOST_CURVES]
    drawn = drawn[highest[drawn] >= LEAST_PROBABILITY]
    in_order = sorted(drawn.tolist(), key=lambda symbol: int(probabilities[:, symbol].argmax()))
    return {symbol: series[number % len(series)] for number, symbol in enumerate(in_order)}


def _peaks(probabilities: np.ndarray) -> list[tuple[int, int]]:
    """Find the runs of emissions in which a symbol is the most probable one: its highest emission, and the symbol."""
    best = probabilities.argmax(axis=1)
    return [
        (start + int(probabilities[start:end, best[start]].argmax()), int(best[start]))
        for start, end in equal_runs(best).tolist()
        if best[start] != BLANK
    ]


def _write_names(ax: Axes, names: Iterable[tuple[float, str, str]], y: float) -> None:
    """Write names at their times in seconds, and leave out those that would overlap the one before."""
    from matplotlib import rcParams

    points = ax.get_window_extent().width * 72 / ax.figure.dpi
    column_s = (ax.get_xlim()[1] * rcParams["font.size"] * 0.62) / max(points, 1e-6)
    free_from = -np.inf
    for time_s, name, colour in names:
        shown = shorten(symbol_name(name), NAME_COLUMNS)
        half_s = max(columns(shown), 1) * column_s / 2
        if time_s - half_s >= free_from:
            text = ax.text(time_s, y, shown, color=colour, ha="center", va="center", clip_on=True)
            text.set_parse_math(False)  # a name may contain dollars
            free_from = time_s + half_s
