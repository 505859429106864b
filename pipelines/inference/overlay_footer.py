"""What stands below the pictures of an overlay video: the recognised sign, a timeline of the hands, and its legend."""

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.report.hand_marks import LEGEND_TITLE, MARKS, draw_timeline
from data_prep.report.palette import BACKGROUND, FOREGROUND, MUTED

#: Heights of caption, timeline and legend: a share of the picture's height, and at least some pixels.
CAPTION_HEIGHT, TIMELINE_HEIGHT, LEGEND_HEIGHT = (0.1, 36), (0.02, 8), (0.045, 18)
MARGIN = 8


def footer_height(picture_height: int, num_frames: int) -> int:
    """Return the height in pixels of what stands below a picture; a photo needs no timeline."""
    parts = (CAPTION_HEIGHT, TIMELINE_HEIGHT, LEGEND_HEIGHT) if num_frames > 1 else (CAPTION_HEIGHT,)
    return sum(_height(part, picture_height) for part in parts)


def draw_footer(text: str, states: np.ndarray, index: int, size: tuple[int, int]) -> np.ndarray:
    """Draw the footer of a picture: (height, width, 3) uint8.

    Args:
        text: The recognised sign; a dash stands for none.
        states: (T,): the state of each frame of the clip, as in `MarkedHands`.
        index: The frame that the picture shows.
        size: Height and width of the picture.
    """
    height, width = size
    caption = _caption(text, width, _height(CAPTION_HEIGHT, height))
    if len(states) == 1:
        return caption
    timeline = _timeline(states, index, width, _height(TIMELINE_HEIGHT, height))
    return np.concatenate([caption, timeline, _legend(int(states[index]), width, _height(LEGEND_HEIGHT, height))])


def _height(part: tuple[float, int], picture_height: int) -> int:
    share, least = part
    return max(least, round(share * picture_height))


@lru_cache(maxsize=4)
def _caption(text: str, width: int, height: int) -> np.ndarray:
    image = Image.new("RGB", (width, height), BACKGROUND)
    font = _font(height * 0.55)
    colour = FOREGROUND if text else MUTED
    draw = ImageDraw.Draw(image)
    while draw.textlength(text, font) > width - height / 2 and len(text) > 1:
        text = text[1:]  # keep the end, which was signed last
    draw.text((width / 2, height / 2), text or "-", colour, font, anchor="mm")
    return np.asarray(image)


def _timeline(states: np.ndarray, index: int, width: int, height: int) -> np.ndarray:
    """Draw the states of all frames, with a line at the present one."""
    strip = np.full((height, width, 3), BACKGROUND, np.uint8)
    inner = draw_timeline(states, width - 2 * MARGIN, height)
    strip[:, MARGIN:-MARGIN] = inner
    here = MARGIN + round((index + 0.5) / len(states) * (inner.shape[1] - 1))
    strip[:, here - 1 : here + 2] = FOREGROUND
    return strip


@lru_cache(maxsize=8)
def _legend(state: int, width: int, height: int) -> np.ndarray:
    """Draw the names of all states; that of the present frame is bright."""
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    size = height * 0.7
    while size > 5 and _legend_width(draw, size) > width - 2 * MARGIN:
        size *= 0.95
    draw.text((MARGIN, height / 2), LEGEND_TITLE, MUTED, _font(size), anchor="lm")
    left = MARGIN + draw.textlength(LEGEND_TITLE, _font(size)) + size
    for number, mark in enumerate(MARKS):
        top = (height - size * 0.7) / 2
        draw.rectangle((left, top, left + size * 0.7, top + size * 0.7), mark.colour)
        colour = FOREGROUND if number == state else MUTED
        draw.text((left + size, height / 2), mark.name, colour, _font(size), anchor="lm")
        left += _entry_width(draw, mark.name, size)
    return np.asarray(image)


def _legend_width(draw: ImageDraw.ImageDraw, size: float) -> float:
    title = draw.textlength(LEGEND_TITLE, _font(size)) + size
    return title + sum(_entry_width(draw, mark.name, size) for mark in MARKS)


def _entry_width(draw: ImageDraw.ImageDraw, name: str, size: float) -> float:
    return draw.textlength(name, _font(size)) + 2 * size


@lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of matplotlib, which has more scripts than Pillow's own, if matplotlib is installed."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)
