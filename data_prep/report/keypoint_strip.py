"""Hands as a picture: a few moments of a clip, one beside the other."""

import numpy as np
from PIL import ImageDraw

from data_prep.features.extractor import Signal
from data_prep.report.canvas import SCALE, Picture, finished, font, new_canvas
from data_prep.report.palette import FINGER_COLOURS, FOREGROUND, MUTED, PALM_COLOUR, PANEL

MOMENTS = 8
PANEL_WIDTH, GAP, MARGIN = 96, 4, 8
FOOT = 20
PALM_BONES = ((0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17))
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))


def draw_hands(signal: Signal) -> Picture:
    """Landmarks (T, 2, 2, 21, 3) as up to eight skeletons, upright, all in the same scale and place; no body's.

    The panels show what the camera saw, cut to where the hands are in any of them.
    """
    moments = evenly(len(signal.values), MOMENTS)
    points = signal.values[moments, :2, 0, :, :2].astype(np.float64)  # (moments, 2, 21, 2), x right and y down
    side = PANEL_WIDTH if len(moments) > 1 else 2 * PANEL_WIDTH
    image, draw = new_canvas(2 * MARGIN + len(moments) * (side + GAP) - GAP, 2 * MARGIN + side + FOOT)
    middle, extent = square_around(points)
    for index, moment in enumerate(moments):
        left, top = (MARGIN + index * (side + GAP)) * SCALE, MARGIN * SCALE
        box = (left, top, left + side * SCALE - 1, top + side * SCALE - 1)
        draw.rounded_rectangle(box, 4 * SCALE, PANEL)
        centre = np.array([left, top]) + side * SCALE / 2
        hands = [hand for hand in points[index] if np.isfinite(hand).all()]
        for hand in hands:
            _draw_hand(draw, centre + (hand - middle) / extent * side * SCALE, thick=side // 32)
        if not hands:
            draw.text(tuple(centre), "no hand", MUTED, font(), anchor="mm")
        foot = f"{moment / signal.rate_hz:.2f} s" if len(signal.values) > 1 else "photo"
        draw.text((centre[0], box[3] + 5 * SCALE), foot, FOREGROUND, font(), anchor="ma")
    return finished(image)


def evenly(total: int, most: int) -> list[int]:
    """At most that many indices, from the first to the last, evenly spaced."""
    return sorted({round(index) for index in np.linspace(0, total - 1, min(total, most))})


def square_around(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle (2,) and the side of a square that holds all points (..., 2) with some space around."""
    found = points[np.isfinite(points).all(axis=-1)]  # (P, 2)
    if len(found) == 0:
        return np.zeros(2), 1.0
    low, high = found.min(axis=0), found.max(axis=0)
    return (low + high) / 2, max(float((high - low).max()), 1e-6) * 1.15


def _draw_hand(draw: ImageDraw.ImageDraw, points: np.ndarray, thick: int) -> None:
    """Bones and joints of one hand, (21, 2) in pixels."""
    for first, second in PALM_BONES:
        draw.line([tuple(points[first]), tuple(points[second])], PALM_COLOUR, thick * SCALE // 2)
    for finger, colour in zip(FINGERS, FINGER_COLOURS, strict=True):
        draw.line([tuple(points[joint]) for joint in finger], colour, thick * SCALE // 2, joint="curve")
        for joint in finger:
            _dot(draw, points[joint], thick * SCALE * 0.45, colour)
    _dot(draw, points[0], thick * SCALE * 0.6, PALM_COLOUR)


def _dot(draw: ImageDraw.ImageDraw, point: np.ndarray, radius: float, colour: tuple[int, int, int]) -> None:
    draw.ellipse((*(point - radius), *(point + radius)), colour)
