"""The picture of a clip above what the network emits of it, on a common time axis."""

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from data_prep.features.extractor import Signal
from data_prep.report.figure import add_axes, new_figure, render
from data_prep.report.hand_marks import longest_filled_gap_s
from data_prep.report.keypoint_strip import evenly_spaced, plot_keypoint_strip
from data_prep.report.spectrogram import plot_spectrogram
from data_prep.report.thumbnails import FONT_POINTS, PIXELS_PER_CSS_PIXEL, Picture, encode
from pipelines.reporting.emission_plot import plot_emissions
from recognizers.inference.ctc_alignment import Symbol, align
from recognizers.inference.predictor import Predictor
from recognizers.vocabulary import BLANK

#: Sizes in CSS pixels.
WIDTH, LEFT, RIGHT, GAP = 640, 64, 12, 22
SOUND_HEIGHT, EMISSIONS_HEIGHT, TOP, BOTTOM = 120, 150, 12, 24
MOMENTS = 8


def draw_emissions(signal: Signal, log_probs: np.ndarray, predictor: Predictor, reference: str) -> Picture:
    """Draw a spectrogram or a keypoint strip above the emissions (T', C) and the alignment of the reference.

    If the reference cannot be aligned, because it has unknown symbols or more than fit, what was recognised is.
    """
    inner = WIDTH - LEFT - RIGHT
    side = inner // MOMENTS
    is_sound = signal.values.ndim == 1
    above = SOUND_HEIGHT if is_sound else side
    with rc_context({"font.size": FONT_POINTS}):
        figure = new_figure(WIDTH, TOP + above + GAP + EMISSIONS_HEIGHT + BOTTOM, PIXELS_PER_CSS_PIXEL)
        if is_sound:
            ax = add_axes(figure, LEFT, TOP, inner, above)
            plot_spectrogram(ax, signal)
            ax.set_xticklabels([])  # they are below the emissions
        else:
            _plot_hands(figure, signal, longest_filled_gap_s(predictor.extractor), inner, side)
        below = add_axes(figure, LEFT, TOP + above + GAP, inner, EMISSIONS_HEIGHT)
        vocabulary = predictor.interpreter.vocabulary
        names = [vocabulary.decode([index]) if index != BLANK else "" for index in range(log_probs.shape[1])]
        symbols, what = _align(log_probs, predictor, reference)
        aligned = [(names[symbol.id], symbol.start_s, symbol.end_s) for symbol in symbols]
        plot_emissions(below, log_probs, names, predictor.emission_rate_hz, signal.duration_s, aligned, what)
        return encode(render(figure), quality=80)


def _plot_hands(figure: Figure, signal: Signal, fill_gaps_s: float, inner: int, side: int) -> None:
    """Plot a keypoint strip in which each moment stands above its time, as far as there is room."""
    moments = evenly_spaced(len(signal.values), MOMENTS)
    shares = np.array(moments) / max(len(signal.values) - 1, 1)
    lefts = LEFT + np.round(shares * (inner - side)).astype(int)
    axes = [add_axes(figure, int(left), TOP, side - 3, side - 3) for left in lefts]
    plot_keypoint_strip(axes, signal, fill_gaps_s)


def _align(log_probs: np.ndarray, predictor: Predictor, reference: str) -> tuple[list[Symbol], str]:
    """Align the reference with the emissions, or else what was recognised; return the symbols, and what they are."""
    vocabulary = predictor.interpreter.vocabulary
    rates_hz = predictor.emission_rate_hz, predictor.extractor.frame_rate_hz
    try:
        return align(log_probs, vocabulary.encode(reference), *rates_hz), "reference"
    except ValueError:  # InputError is one
        ids, _ = predictor.decode(log_probs)
        return align(log_probs, ids, *rates_hz), "recognised"
