"""What pictures of sound and of hands share: a dark ground that suits light and dark pages, and small letters."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.report.palette import BACKGROUND, FOREGROUND

#: Pictures have twice the pixels they are shown with, for sharp letters on fine screens.
SCALE = 2
LETTERS = 11 * SCALE


@dataclass(frozen=True)
class Picture:
    """A picture for a page.

    Attributes:
        png: The file's content.
        width: How wide it is shown, in CSS pixels.
        height: How high.
    """

    png: bytes
    width: int
    height: int


def new_canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty picture and what draws on it; sizes in CSS pixels."""
    image = Image.new("RGB", (width * SCALE, height * SCALE), BACKGROUND)
    return image, ImageDraw.Draw(image)


def finished(image: Image.Image, colours: np.ndarray | None = None) -> Picture:
    """The picture as it goes into a page: of 256 colours, which makes a third of the size.

    Args:
        image: The picture.
        colours: (C, 3) uint8: the colours that matter, at most 240; those of the letters are added. None to choose.
    """
    palette = None
    if colours is not None:
        shades = np.linspace(BACKGROUND, FOREGROUND, 256 - len(colours))
        palette = Image.new("P", (1, 1))
        palette.putpalette(np.concatenate([colours, np.round(shades)]).astype(np.uint8).tobytes())
    out = io.BytesIO()
    image.quantize(256, palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return Picture(out.getvalue(), image.width // SCALE, image.height // SCALE)


@lru_cache(maxsize=1)
def font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The letters that come with Pillow."""
    return ImageFont.load_default(LETTERS)
