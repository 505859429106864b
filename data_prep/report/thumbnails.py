"""Pictures of a few clips, encoded for a page."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.report.figure import add_axes, new_figure, render
from data_prep.report.hand_marks import mark_hands
from data_prep.report.keypoint_strip import evenly_spaced, plot_keypoint_strip, plot_timeline
from data_prep.report.line_plot import plot_lines
from data_prep.report.sampling import choose_varied_clips
from data_prep.report.spectrogram import plot_spectrogram

#: Sizes are in CSS pixels; pictures have twice as many pixels, so that they are sharp on fine screens.
WIDTH, SPECTROGRAM_HEIGHT = 400, 150
PIXELS_PER_CSS_PIXEL = 2
FONT_POINTS = 8
#: A keypoint strip has up to two rows of four square panels.
MAX_MOMENTS, MOMENTS_PER_ROW = 8, 4
MAX_PANEL, GAP, MARGIN, LABEL_HEIGHT, CAPTION_HEIGHT = 190, 4, 8, 20, 13
#: The timeline below them, and its legend.
TIMELINE_HEIGHT, LEGEND_HEIGHT = 7, 16
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
        picture: A spectrogram, a keypoint strip or lines.
    """

    clip: Clip
    duration_s: float
    picture: Picture


def draw_thumbnails(prepared: Prepared, count: int, seed: int, fill_gaps_s: float = 0.0) -> list[Thumbnail]:
    """Draw up to `count` clips of all splits and classes, chosen at random; see `draw_signal`."""
    return [
        Thumbnail(clip, prepared.duration_s(clip), draw_signal(prepared.signal(clip), fill_gaps_s))
        for clip in choose_varied_clips(prepared.clips, count, seed)
    ]


def draw_signal(signal: Signal, fill_gaps_s: float = 0.0) -> Picture:
    """Draw a waveform as a spectrogram, landmarks as a keypoint strip, and a series of numbers as lines.

    Args:
        signal: Samples, landmarks or numbers.
        fill_gaps_s: The longest gap between sightings of a hand that the features fill, in seconds.
    """
    with rc_context({"font.size": FONT_POINTS}):
        if signal.is_series:
            return _draw_lines(signal)
        return _draw_spectrogram(signal) if signal.is_waveform else _draw_small_strip(signal, fill_gaps_s)


def draw_keypoint_strip(
    signal: Signal,
    fill_gaps_s: float,
    moments: int,
    per_row: int,
    width: int,
    caption_at: Callable[[float], str] | None = None,
) -> Image.Image:
    """Draw the hands at some moments of a clip, in rows, and below them a timeline with its legend.

    Args:
        signal: Landmarks (T, 2 or 3, 2, 21, 3).
        fill_gaps_s: The longest gap between sightings of a hand that the features fill, in seconds.
        moments: Number of moments at most.
        per_row: Number of moments in a row.
        width: Width in CSS pixels; the picture has twice as many.
        caption_at: Gives a line to write below a moment, which is given in seconds; None for no such lines.
    """
    frames = evenly_spaced(len(signal.values), moments)
    per_row = min(len(frames), per_row)
    side = min((width - 2 * MARGIN - (per_row - 1) * GAP) // per_row, MAX_PANEL)
    left = (width - per_row * side - (per_row - 1) * GAP) // 2
    row_height = side + LABEL_HEIGHT + (CAPTION_HEIGHT if caption_at is not None else 0)
    below = MARGIN + -(-len(frames) // per_row) * row_height + GAP
    timeline = TIMELINE_HEIGHT + LEGEND_HEIGHT if len(signal.values) > 1 else 0
    with rc_context({"font.size": FONT_POINTS}):
        figure = new_figure(width, below + timeline + MARGIN, PIXELS_PER_CSS_PIXEL)
        axes = [
            add_axes(figure, left + column * (side + GAP), MARGIN + row * row_height, side, side)
            for row, column in (divmod(moment, per_row) for moment in range(len(frames)))
        ]
        plot_keypoint_strip(axes, signal, fill_gaps_s, caption_at)
        if timeline:
            ax = add_axes(figure, left, below, per_row * (side + GAP) - GAP, TIMELINE_HEIGHT)
            plot_timeline(ax, mark_hands(signal, fill_gaps_s).states, frames)
        return render(figure)


def _draw_spectrogram(signal: Signal) -> Picture:
    figure = new_figure(WIDTH, SPECTROGRAM_HEIGHT, PIXELS_PER_CSS_PIXEL)
    plot_spectrogram(add_axes(figure, 34, 10, WIDTH - 54, SPECTROGRAM_HEIGHT - 36), signal)
    return encode(render(figure), quality=80)


def _draw_lines(signal: Signal) -> Picture:
    figure = new_figure(WIDTH, SPECTROGRAM_HEIGHT, PIXELS_PER_CSS_PIXEL)
    plot_lines(add_axes(figure, 44, 10, WIDTH - 64, SPECTROGRAM_HEIGHT - 36), signal)
    return encode(render(figure), lossless=True)


def _draw_small_strip(signal: Signal, fill_gaps_s: float) -> Picture:
    strip = draw_keypoint_strip(signal, fill_gaps_s, MAX_MOMENTS, MOMENTS_PER_ROW, WIDTH)
    few_colours = strip.quantize(STRIP_COLOURS, dither=Image.Dither.NONE)  # halves the size
    return encode(few_colours.convert("RGB"), lossless=True)


def encode(image: Image.Image, **options: Any) -> Picture:
    """Encode a rendered figure as WebP; `options` are those of Pillow."""
    content = io.BytesIO()
    image.save(content, "WEBP", method=6, **options)
    return Picture(content.getvalue(), image.width // PIXELS_PER_CSS_PIXEL, image.height // PIXELS_PER_CSS_PIXEL)
