"""A picture of what a recognizer makes of a clip: the clip itself above, the network's emissions below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.report.figure import add_axes, new_figure, render
from data_prep.report.hand_marks import mark_hands
from data_prep.report.keypoint_strip import evenly_spaced, plot_keypoint_strip, plot_timeline
from data_prep.report.line_plot import plot_lines
from data_prep.report.palette import FOREGROUND, MUTED, to_hex
from data_prep.report.printable import printable
from data_prep.report.spectrogram import plot_spectrogram
from pipelines.reporting.emission_plot import AlignedSymbol, plot_emissions
from pipelines.reporting.label_bars import plot_label_bars
from pipelines.reporting.short_text import shorten

#: Sizes in CSS pixels, and pixels for each of them.
WIDTH, LEFT, RIGHT, MARGIN, SCALE = 680, 84, 16, 12, 1.5
SPECTROGRAM_HEIGHT, HEADER_HEIGHT, EMISSIONS_HEIGHT, AXIS_HEIGHT = 90, 54, 130, 22
MOMENTS, GAP, TIMELINE_HEIGHT, LEGEND_HEIGHT = 8, 4, 7, 16
#: Columns of a text in the header.
TEXT_COLUMNS = 88


@dataclass(frozen=True)
class Emissions:
    """What a CTC network emits for a clip.

    Attributes:
        log_probs: (T', S), natural logarithms; the blank comes first.
        symbols: The names of the S symbols.
        rate_hz: Emissions a second.
        expected: When the symbols of the expected text are most probably emitted; None if they do not fit.
    """

    log_probs: np.ndarray
    symbols: Sequence[str]
    rate_hz: float
    expected: Sequence[AlignedSymbol] | None


@dataclass(frozen=True)
class RecognizedClip:
    """A clip, and what a recognizer makes of it.

    Attributes:
        title: What the picture shows.
        expected: The right text or label.
        recognized: The recognised text or label.
        duration_s: Duration of the clip in seconds.
        output: Emissions of CTC, or the probability of each label.
    """

    title: str
    expected: str
    recognized: str
    duration_s: float
    output: Emissions | Mapping[str, float]


def draw_clip(signal: Signal, fill_gaps_s: float = 0.0) -> Image.Image:
    """Draw the upper part of the picture, which is the same whatever is recognised.

    It is a spectrogram, a keypoint strip, or the lines of a series of numbers.

    Args:
        signal: Samples, landmarks or numbers.
        fill_gaps_s: The longest gap between sightings of a hand that the features fill, in seconds.
    """
    with rc_context({"font.size": 8}):
        is_strip = not (signal.is_waveform or signal.is_series)
        return render(_strip(signal, fill_gaps_s) if is_strip else _over_time(signal))


def draw_recognized_clip(clip: RecognizedClip, drawn: Image.Image) -> np.ndarray:
    """Draw the whole picture: (height, width, 3) uint8 RGB.

    Args:
        clip: The clip, and what is recognised.
        drawn: The upper part, from `draw_clip`.
    """
    with rc_context({"font.size": 8}):
        header = new_figure(WIDTH, HEADER_HEIGHT, SCALE)
        _write_header(header, clip)
        parts = (render(header), drawn, draw_output(clip.output, clip.duration_s, clip.expected))
        return np.concatenate([np.asarray(part) for part in parts])


def draw_output(output: Emissions | Mapping[str, float], duration_s: float, expected: str) -> Image.Image:
    """Draw the lower part of the picture: the network's emissions, or the probability of each label.

    Args:
        output: Emissions of CTC, or the probability of each label.
        duration_s: Duration of the clip in seconds.
        expected: The right text or label.
    """
    with rc_context({"font.size": 8}):
        figure = new_figure(WIDTH, MARGIN + EMISSIONS_HEIGHT + AXIS_HEIGHT, SCALE)
        ax = add_axes(figure, LEFT, 2 * MARGIN, WIDTH - LEFT - RIGHT, EMISSIONS_HEIGHT - MARGIN)
        if isinstance(output, Emissions):
            plot_emissions(
                ax, output.log_probs, output.symbols, output.rate_hz, duration_s, output.expected, "expected"
            )
        else:
            plot_label_bars(ax, output, expected)
        return render(figure)


def _over_time(signal: Signal) -> Figure:
    figure = new_figure(WIDTH, SPECTROGRAM_HEIGHT + AXIS_HEIGHT, SCALE)
    ax = add_axes(figure, LEFT, MARGIN, WIDTH - LEFT - RIGHT, SPECTROGRAM_HEIGHT - MARGIN)
    (plot_lines if signal.is_series else plot_spectrogram)(ax, signal)
    return figure


def _strip(signal: Signal, fill_gaps_s: float) -> Figure:
    frames = evenly_spaced(len(signal.values), MOMENTS)
    width = WIDTH - LEFT - RIGHT
    side = (width - (MOMENTS - 1) * GAP) / MOMENTS
    top = MARGIN + side + AXIS_HEIGHT + GAP
    figure = new_figure(WIDTH, round(top + TIMELINE_HEIGHT + LEGEND_HEIGHT), SCALE)
    axes = [add_axes(figure, LEFT + number * (side + GAP), MARGIN, side, side) for number in range(len(frames))]
    plot_keypoint_strip(axes, signal, fill_gaps_s)
    timeline = add_axes(figure, LEFT, top, width, TIMELINE_HEIGHT)
    plot_timeline(timeline, mark_hands(signal, fill_gaps_s).states, frames)
    return figure


def _write_header(figure: Figure, clip: RecognizedClip) -> None:
    lines = (("", clip.title), ("expected", clip.expected), ("recognised", clip.recognized or "(nothing)"))
    for number, (name, text) in enumerate(lines):
        y = 1 - (number + 0.75) / (len(lines) + 0.3)
        colour = to_hex(FOREGROUND if name else MUTED)
        figure.text((LEFT - 6) / WIDTH, y, name, color=to_hex(MUTED), ha="right", va="center")
        shown = shorten(printable(text), TEXT_COLUMNS)
        figure.text(LEFT / WIDTH, y, shown, color=colour, va="center", parse_math=False)
