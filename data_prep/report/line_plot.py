"""Lines of number series over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.report.palette import FINGER_COLOURS, FOREGROUND, MUTED, PANEL, to_hex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Most columns that are drawn, the first ones, and most points of a line.
MAX_LINES, MAX_POINTS = 5, 1000


def plot_lines(ax: Axes, signal: Signal) -> None:
    """Plot the columns of a series (T, F) against seconds: a single one as it is, several each in its own range.

    Of more columns than `MAX_LINES` the first ones are drawn, and a note says so. Of a long series, evenly spaced
    frames are.
    """
    count, width = signal.values.shape
    chosen = np.unique(np.linspace(0, count - 1, min(count, MAX_POINTS)).round().astype(int))
    values = signal.values[chosen, :MAX_LINES].astype(np.float64)  # (points, lines)
    if width > 1:
        low, high = values.min(axis=0), values.max(axis=0)
        values = np.where(high > low, (values - low) / np.where(high > low, high - low, 1), 0.5)
    marker = "o" if len(chosen) == 1 else None
    for line, colour in zip(values.T, FINGER_COLOURS, strict=False):
        ax.plot(chosen / signal.rate_hz, line, color=to_hex(colour), lw=1.1, marker=marker, ms=3)
    ax.set_facecolor(to_hex(PANEL))
    ax.set_xlim(0, max(signal.duration_s, 1e-9))
    ax.xaxis.set_major_formatter("{x:g} s")
    ax.locator_params("x", nbins=6)
    ax.locator_params("y", nbins=4)
    ax.tick_params(colors=to_hex(FOREGROUND), length=3)
    if width > 1:
        ax.set_yticks([])
    if width > MAX_LINES:
        ax.set_ylim(-0.05, 1.2)  # room for the note above the lines
        note = f"{MAX_LINES} of {width} columns"
        ax.text(0.99, 0.97, note, color=to_hex(MUTED), ha="right", va="top", transform=ax.transAxes)
    ax.spines[:].set_visible(False)
