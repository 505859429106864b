"""Figures that are laid out in CSS pixels."""

import warnings

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from data_prep.report.palette import BACKGROUND, to_hex

CSS_PIXELS_PER_INCH = 96


def new_figure(width: int, height: int, scale: float) -> Figure:
    """Make a dark figure.

    Args:
        width: Width in CSS pixels.
        height: Height in CSS pixels.
        scale: Pixels for each CSS pixel, on either side.
    """
    size = (width / CSS_PIXELS_PER_INCH, height / CSS_PIXELS_PER_INCH)
    return Figure(size, dpi=CSS_PIXELS_PER_INCH * scale, facecolor=to_hex(BACKGROUND))


def add_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place in CSS pixels from the top left corner of the figure."""
    figure_width, figure_height = figure.get_size_inches() * CSS_PIXELS_PER_INCH
    bottom = figure_height - top - height
    return figure.add_axes((left / figure_width, bottom / figure_height, width / figure_width, height / figure_height))


def render(figure: Figure) -> Image.Image:
    """Draw a figure; a box stands for a character that the font lacks."""
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*missing from font.*")
        canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
