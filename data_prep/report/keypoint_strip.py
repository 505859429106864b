"""Keypoint strips of video clips: the skeletons of the hands at a few moments of a clip, above a timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.report.hand_marks import FOUND, LEGEND_TITLE, MARKS, MISSING, MarkedHands, draw_timeline, mark_hands
from data_prep.report.palette import (
    BACKGROUND,
    FILLED_COLOUR,
    FINGER_COLOURS,
    FOREGROUND,
    PALM_COLOUR,
    PANEL,
    Colour,
    to_hex,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Pairs of landmarks joined by a bone of the palm; 0 is the wrist.
PALM_BONES = ((0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17))
#: Landmarks of each finger, from the thumb to the little finger.
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
#: Columns and rows of pixels of a timeline.
TIMELINE_PIXELS = (600, 20)


def plot_keypoint_strip(
    axes: Sequence[Axes],
    signal: Signal,
    fill_gaps_s: float = 0.0,
    caption_at: Callable[[float], str] | None = None,
) -> None:
    """Plot hand landmarks (T, 2, 2, 21, 3) at evenly spaced moments, all in the same scale and place.

    A hand that was filled in is drawn in one colour with hollow joints. Panels with such a hand, and without any, have
    an edge in the colour of their mark.

    Args:
        axes: One for each moment. They show what the camera saw, cropped to where hands are in any of them.
        signal: The landmarks; those of a body in a third place are not drawn.
        fill_gaps_s: The longest gap that the features fill, in seconds.
        caption_at: Gives a line to write below a moment, which is given in seconds; None for no such lines.
    """
    marked = mark_hands(signal, fill_gaps_s)
    moments = evenly_spaced(len(signal.values), len(axes))
    centre, side = square_around(marked.points[moments])
    for ax, moment in zip(axes, moments, strict=True):
        ax.set(xlim=centre[0] + np.array([-0.5, 0.5]) * side, ylim=centre[1] + np.array([0.5, -0.5]) * side)
        time = f"{moment / signal.rate_hz:.2f} s" if len(signal.values) > 1 else "photo"
        below = time if caption_at is None else f"{time}\n{caption_at(moment / signal.rate_hz)}"
        ax.set_xlabel(below, color=to_hex(FOREGROUND), labelpad=3, parse_math=False)
        _plot_moment(ax, marked, moment)


def _plot_moment(ax: Axes, marked: MarkedHands, moment: int) -> None:
    ax.set(xticks=[], yticks=[], facecolor=to_hex(PANEL))
    state = marked.states[moment]
    ax.spines[:].set(visible=bool(state != FOUND), color=to_hex(MARKS[state].colour), linewidth=1.2)
    for hand, is_filled, is_present in zip(
        marked.points[moment], marked.filled[moment], marked.present[moment], strict=True
    ):
        if is_present:
            plot_hand(ax, hand, is_filled)
    if state == MISSING:
        ax.text(
            0.5, 0.5, "no hand", color=to_hex(MARKS[state].colour), ha="center", va="center", transform=ax.transAxes
        )


def plot_hand(ax: Axes, points: np.ndarray, is_filled: bool = False) -> None:
    """Plot the bones and joints of one hand (21, 2)."""

    def colour_of(usual: Colour) -> str:
        return to_hex(FILLED_COLOUR if is_filled else usual)

    inside = to_hex(PANEL) if is_filled else None
    for bone in PALM_BONES:
        ax.plot(*points[list(bone)].T, color=colour_of(PALM_COLOUR), lw=1.1, solid_capstyle="round")
    for finger, usual in zip(FINGERS, FINGER_COLOURS, strict=True):
        colour = colour_of(usual)
        ax.plot(*points[list(finger)].T, color=colour, lw=1.1, solid_joinstyle="round", marker="o", ms=1.8, mfc=inside)
    ax.plot(*points[0], color=colour_of(PALM_COLOUR), marker="o", ms=2.4, mfc=inside)


def plot_timeline(ax: Axes, states: np.ndarray, moments: Sequence[int] = ()) -> None:
    """Plot where in a clip hands were found, filled in or missing, with a legend of what occurs.

    Args:
        ax: Where to plot; a wide, low strip. The legend is below it.
        states: (T,): the state of each frame, as in `MarkedHands`.
        moments: Frames that are drawn elsewhere, and marked by ticks above.
    """
    ax.imshow(draw_timeline(states, *TIMELINE_PIXELS), extent=(0, len(states), 0, 1), aspect="auto")
    ax.set(xlim=(0, len(states)), ylim=(0, 1), yticks=[], facecolor=to_hex(BACKGROUND))
    ax.xaxis.tick_top()
    ax.set_xticks([moment + 0.5 for moment in moments], labels=[""] * len(moments))
    ax.tick_params(color=to_hex(FOREGROUND), length=3)
    ax.spines[:].set_visible(False)
    colours = [to_hex(FOREGROUND), *(to_hex(MARKS[state].colour) for state in sorted(set(states.tolist())))]
    names = [LEGEND_TITLE, *(f"■ {MARKS[state].name}" for state in sorted(set(states.tolist())))]
    for number, (name, colour) in enumerate(zip(names, colours, strict=True)):
        place = (number / (len(MARKS) + 1), 0)
        ax.annotate(name, place, (0, -2), "axes fraction", "offset points", color=colour, va="top")


def evenly_spaced(total: int, count: int) -> list[int]:
    """Return up to `count` of `total` indices, evenly spaced from the first to the last."""
    return sorted({round(index) for index in np.linspace(0, total - 1, min(total, count))})


def square_around(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the centre (2,) and the side of a square with a margin around all points (..., 2); NaN is ignored."""
    finite = points[np.isfinite(points).all(axis=-1)]  # (P, 2)
    if len(finite) == 0:
        return np.zeros(2), 1.0
    low, high = finite.min(axis=0), finite.max(axis=0)
    return (low + high) / 2, max(float((high - low).max()), 1e-6) * 1.15
