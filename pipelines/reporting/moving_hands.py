"""Tracked hands as a small moving picture."""

import io

import numpy as np
from PIL import Image, ImageDraw

from data_prep.features.extractor import Signal
from data_prep.report.keypoint_strip import FINGERS, PALM_BONES, evenly_spaced, square_around
from data_prep.report.palette import BACKGROUND, FINGER_COLOURS, PALM_COLOUR

#: Side of the picture in pixels; it is drawn larger and reduced, for smooth lines.
SIDE, DRAWN_TIMES = 220, 2
#: Pictures at most, and at most in a second.
MAX_PICTURES, MAX_RATE_HZ = 120, 15.0


def animate_hands(signal: Signal) -> bytes:
    """Draw hand landmarks (T, 2 or 3, 2, 21, 3) as an animated WebP file that repeats, at the speed of the clip."""
    count = max(1, min(MAX_PICTURES, round(signal.duration_s * min(signal.rate_hz, MAX_RATE_HZ))))
    moments = evenly_spaced(len(signal.values), count)
    points = signal.values[moments, :2, 0, :, :2].astype(np.float64)  # (moments, 2, 21, 2), x right and y down
    centre, side = square_around(points)
    placed = ((points - centre) / side + 0.5) * SIDE * DRAWN_TIMES
    pictures = [_draw(hands) for hands in placed]
    milliseconds = max(20, round(1000 * signal.duration_s / len(pictures)))
    content = io.BytesIO()
    pictures[0].save(
        content, "WEBP", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0, quality=60
    )
    return content.getvalue()


def _draw(hands: np.ndarray) -> Image.Image:
    """Draw the hands (2, 21, 2) of one moment, in pixels of the larger picture."""
    picture = Image.new("RGB", (SIDE * DRAWN_TIMES,) * 2, BACKGROUND)
    draw = ImageDraw.Draw(picture)
    for hand in hands:
        if not np.isfinite(hand).all():
            continue
        corners = [tuple(point) for point in hand.tolist()]
        for first, second in PALM_BONES:
            draw.line([corners[first], corners[second]], PALM_COLOUR, 4)
        for finger, colour in zip(FINGERS, FINGER_COLOURS, strict=True):
            draw.line([corners[joint] for joint in finger], colour, 5, joint="curve")
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
