"""Keypoint strips of video clips: the skeletons of the hands at a few moments of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from data_prep.features.extractor import Signal
from data_prep.report.palette import FINGER_COLOURS, FOREGROUND, MUTED, PALM_COLOUR, PANEL, to_hex

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Pairs of landmarks joined by a bone of the palm; 0 is the wrist.
PALM_BONES = ((0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17))
#: Landmarks of each finger, from the thumb to the little finger.
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))


def plot_keypoint_strip(axes: Sequence[Axes], signal: Signal) -> None:
    """Plot hand landmarks (T, 2, 2, 21, 3) at evenly spaced moments, all in the same scale and place.

    Args:
        axes: One for each moment. They show what the camera saw, cropped to where hands are in any of them.
        signal: The landmarks; those of a body in a third place are not drawn.
    """
    moments = evenly_spaced(len(signal.values), len(axes))
    points = signal.values[moments, :2, 0, :, :2].astype(np.float64)  # (moments, 2, 21, 2), x right and y down
    centre, side = square_around(points)
    for ax, moment, hands in zip(axes, moments, points, strict=True):
        ax.set(xlim=centre[0] + np.array([-0.5, 0.5]) * side, ylim=centre[1] + np.array([0.5, -0.5]) * side)
        ax.set(xticks=[], yticks=[], facecolor=to_hex(PANEL))
        ax.spines[:].set_visible(False)
        time = f"{moment / signal.rate_hz:.2f} s" if len(signal.values) > 1 else "photo"
        ax.set_xlabel(time, color=to_hex(FOREGROUND), labelpad=3)
        visible = [hand for hand in hands if np.isfinite(hand).all()]
        for hand in visible:
            plot_hand(ax, hand)
        if not visible:
            ax.text(0.5, 0.5, "no hand", color=to_hex(MUTED), ha="center", va="center", transform=ax.transAxes)


def plot_hand(ax: Axes, points: np.ndarray) -> None:
    """Plot the bones and joints of one hand (21, 2)."""
    for bone in PALM_BONES:
        ax.plot(*points[list(bone)].T, color=to_hex(PALM_COLOUR), lw=1.1, solid_capstyle="round")
    for finger, colour in zip(FINGERS, FINGER_COLOURS, strict=True):
        ax.plot(*points[list(finger)].T, color=to_hex(colour), lw=1.1, solid_joinstyle="round", marker="o", ms=1.8)
    ax.plot(*points[0], color=to_hex(PALM_COLOUR), marker="o", ms=2.4)


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
