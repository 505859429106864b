"""Pictures of a few clips, encoded for a page."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.keypoint_strip import plot_keypoint_strip
from data_prep.report.palette import BACKGROUND, to_hex
from data_prep.report.sampling import choose_varied_clips
from data_prep.report.spectrogram import plot_spectrogram

#: Sizes are in CSS pixels; pictures have twice as many pixels, so that they are sharp on fine screens.
WIDTH, SPECTROGRAM_HEIGHT = 400, 150
PIXELS_PER_CSS_PIXEL = 2
CSS_PIXELS_PER_INCH = 96
FONT_POINTS = 8
#: A keypoint strip has up to two rows of four square panels.
MAX_MOMENTS, MOMENTS_PER_ROW = 8, 4
MAX_PANEL, GAP, MARGIN, LABEL_HEIGHT = 190, 4, 8, 20
STRIP_COLOURS = 64


@dataclass(frozen=True)
class Picture:
    """A picture for a page.

    Attributes:
        webp: Content of the WebP file.
        width: Displayed width in CSS pixels.
        height: Displayed height in CSS pixels.
    """

    webp: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Thumbnail:
    """A clip with its picture.

    Attributes:
        clip: The clip.
        duration_s: Its duration.
        picture: A spectrogram or a keypoint strip.
    """

    clip: Clip
    duration_s: float
    picture: Picture


def draw_thumbnails(prepared: Prepared, count: int, seed: int) -> list[Thumbnail]:
    """Draw up to `count` clips of all splits and classes, chosen at random."""
    clips = choose_varied_clips(prepared.clips, count, seed)
    return [Thumbnail(clip, prepared.duration_s(clip), draw_signal(prepared.signal(clip))) for clip in clips]


def draw_signal(signal: Signal) -> Picture:
    """Draw a waveform as a spectrogram and landmarks as a keypoint strip."""
    with rc_context({"font.size": FONT_POINTS}):
        return _draw_spectrogram(signal) if signal.values.ndim == 1 else _draw_keypoint_strip(signal)


def _draw_spectrogram(signal: Signal) -> Picture:
    figure = new_figure(WIDTH, SPECTROGRAM_HEIGHT)
    plot_spectrogram(add_axes(figure, 34, 10, WIDTH - 54, SPECTROGRAM_HEIGHT - 36), signal)
    return encode(render(figure), quality=80)


def _draw_keypoint_strip(signal: Signal) -> Picture:
    moments = min(len(signal.values), MAX_MOMENTS)
    per_row = min(moments, MOMENTS_PER_ROW)
    side = min((WIDTH - 2 * MARGIN - (per_row - 1) * GAP) // per_row, MAX_PANEL)
    left = (WIDTH - per_row * side - (per_row - 1) * GAP) // 2
    rows = -(-moments // per_row)
    figure = new_figure(WIDTH, 2 * MARGIN + rows * (side + LABEL_HEIGHT))
    axes = [
        add_axes(figure, left + column * (side + GAP), MARGIN + row * (side + LABEL_HEIGHT), side, side)
        for row, column in (divmod(moment, per_row) for moment in range(moments))
    ]
    plot_keypoint_strip(axes, signal)
    few_colours = render(figure).quantize(STRIP_COLOURS, dither=Image.Dither.NONE)  # halves the size
    return encode(few_colours.convert("RGB"), lossless=True)


def new_figure(width: int, height: int) -> Figure:
    """Make a figure of a size in CSS pixels, with a dark background."""
    size = (width / CSS_PIXELS_PER_INCH, height / CSS_PIXELS_PER_INCH)
    return Figure(size, dpi=CSS_PIXELS_PER_INCH * PIXELS_PER_CSS_PIXEL, facecolor=to_hex(BACKGROUND))


def add_axes(figure: Figure, left: int, top: int, width: int, height: int) -> Axes:
    """Add axes at a place in CSS pixels from the top left corner of the figure."""
    figure_width, figure_height = figure.get_size_inches() * CSS_PIXELS_PER_INCH
    bottom = figure_height - top - height
    return figure.add_axes((left / figure_width, bottom / figure_height, width / figure_width, height / figure_height))


def render(figure: Figure) -> Image.Image:
    """Render a figure, with `PIXELS_PER_CSS_PIXEL` pixels for each CSS pixel."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def encode(image: Image.Image, **options: Any) -> Picture:
    """Encode a rendered figure as WebP; `options` are those of Pillow."""
    content = io.BytesIO()
    image.save(content, "WEBP", method=6, **options)
    return Picture(content.getvalue(), image.width // PIXELS_PER_CSS_PIXEL, image.height // PIXELS_PER_CSS_PIXEL)
