"""Drawings of what a probe measured: pure functions that draw on the axes they are given."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter

from data_prep.features.extractor import Signal
from data_prep.report.keypoint_strip import plot_keypoint_strip
from data_prep.report.line_plot import plot_lines
from data_prep.report.spectrogram import MIN_HZ, RANGE_DB, mel_spectrogram
from pipelines.reporting.charts import LINE, SERIES, SOFT
from recognizers.probe.context import Context
from recognizers.probe.gates import TOP_UNITS, Gates
from recognizers.probe.order import IN_ORDER, REVERSED, SHUFFLED, Order
from recognizers.probe.reach import Reach

#: Gradients below this share of the largest are not drawn.
LEAST_GRADIENT = 1e-4
#: Higher error rates leave the chart.
MOST_SCORE = 2.0
#: Skeletons in the strip above the gates.
STRIP_MOMENTS = 8
#: Boundaries are drawn over dark and bright pictures alike, so they are bright with a dark edge.
BOUNDARY = "#4fe0f7"
_TICKS_HZ = (500, 2000, 6000)
_LABELS = {"last": "only the last frames", "first": "only the first frames", "either side": "a window of frames"}


def plot_order(ax: Axes, order: Order) -> None:
    """Plot the score against the length of the windows in which frames are shuffled, with 95 % intervals."""
    shuffled = [each for each in order.scores if each.order != REVERSED]
    names = {IN_ORDER: "in order", SHUFFLED: "a whole clip"}
    ticks = [names.get(each.order) or milliseconds(each.window or 0, order.frame_rate_hz) for each in shuffled]
    places = np.arange(len(shuffled))
    _plot_scores(ax, places, [each.score for each in shuffled], SERIES[0], "shuffled")
    _plot_scores(ax, [len(shuffled)], [order.of(REVERSED).score], SERIES[1], "reversed")
    if order.guessing is not None:
        ax.axhline(order.guessing, color=SOFT, lw=1, ls="--", label="guessing")
    ax.set_xticks([*places, len(shuffled)], [*ticks, "reversed"], rotation=35, ha="right")
    ax.set(xlabel="frames shuffled in windows of", ylabel=metric_name(order.metric))
    _finish_score_axis(ax)


def plot_context(ax: Axes, contexts: Sequence[Context]) -> None:
    """Plot the score against the frames of context, with 95 % intervals, and the score of whole clips."""
    for context, colour in zip(contexts, SERIES, strict=False):
        # A context of no frames has no place on a logarithmic axis; it is drawn at half a step.
        least = min((each.frames for each in context.scores if each.frames), default=1)
        seconds = [max(each.frames, least / 2) / context.frame_rate_hz for each in context.scores]
        _plot_scores(ax, seconds, [each.score for each in context.scores], colour, _LABELS[context.kind])
    ax.axhline(contexts[0].whole.value, color=SOFT, lw=1, ls="--", label="whole clips")
    either_side = contexts[0].kind == "either side"
    ax.set(xscale="log", xlabel="seconds on either side" if either_side else "seconds that are kept")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_ylabel(metric_name(contexts[0].metric))
    _finish_score_axis(ax)
    if contexts[0].higher_is_better:  # the curves rise from the lower left to the upper right
        ax.legend(loc="center left", bbox_to_anchor=(0, 0.64))
    else:
        ax.legend(loc="upper right")


def plot_reach(ax: Axes, reach: Reach) -> None:
    """Plot the gradient norm against how long before (left) or after (right) the output the input lies."""
    seconds = -np.array(reach.lags) / reach.frame_rate_hz
    gradient = np.array(reach.gradient)
    past, future = seconds <= 0, seconds >= 0
    ax.plot(seconds[past], gradient[past], color=SERIES[0], label="the past")
    if future.sum() > 1:
        ax.plot(seconds[future], gradient[future], color=SERIES[1], label="the future")
    for share in (0.1, 0.01):
        ax.axhline(share, color=LINE, lw=1)
    drawn = np.abs(seconds[gradient >= LEAST_GRADIENT]).max(initial=1 / reach.frame_rate_hz)
    ax.axvline(0, color=LINE, lw=1)
    ax.set(yscale="log", ylim=(LEAST_GRADIENT, 1.6), xlim=(-drawn, drawn if future.sum() > 1 else 0))
    ax.set(xlabel="seconds from the output", ylabel="gradient, largest = 1")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter("{x:g}")  # instead of powers of ten, which need mathematical text
    ax.legend(loc="upper right")


def plot_gate(ax: Axes, values: np.ndarray, duration_s: float, is_state: bool = False) -> None:
    """Plot values (T', units) over time: a gate from 0 to 1, or a state around 0."""
    largest = max(float(np.abs(values).max()), 1e-9)
    colours, lowest, highest = ("RdBu_r", -largest, largest) if is_state else ("magma", 0.0, 1.0)
    image = ax.imshow(values.T, colours, aspect="auto", vmin=lowest, vmax=highest, interpolation="none")
    image.set_extent((0, duration_s, values.shape[1], 0))
    ax.set(yticks=[])
    ax.grid(visible=False)


def plot_signal(ax: Axes, signal: Signal, duration_s: float) -> None:
    """Plot a waveform as a mel spectrogram, landmarks as skeletons, and a series of numbers as lines, over time."""
    ax.grid(visible=False)
    ax.set(xlim=(0, duration_s), yticks=[])
    if signal.is_series:
        plot_lines(ax, signal)
        ax.tick_params(colors=SOFT)
        ax.set_xlim(0, duration_s)
        return
    if not signal.is_waveform:
        _plot_strip(ax, signal)
        return
    decibels = mel_spectrogram(signal.values, signal.rate_hz)  # (bands, columns)
    loudest = float(decibels.max())
    extent = (0, signal.duration_s, _mel(MIN_HZ), _mel(signal.rate_hz / 2))
    ax.imshow(
        decibels, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=loudest - RANGE_DB, vmax=loudest,
        interpolation="none",
    )  # fmt: skip
    ticks = [hz for hz in _TICKS_HZ if hz < signal.rate_hz / 2]
    ax.set_yticks([_mel(hz) for hz in ticks], [f"{hz / 1000:g} kHz" for hz in ticks])
    ax.set_xlim(0, duration_s)


def draw_gates(figure: Figure, gates: Gates, signal: Signal) -> None:
    """Draw the signal, and below it, on the same time axis, the gates and the state of the first units."""
    panels = [*gates.trace.gates.items(), ("cell state" if gates.cell == "lstm" else "hidden state", gates.trace.state)]
    axes = figure.subplots(len(panels) + 1, 1, sharex=True)
    duration_s = len(gates.trace.state) * gates.step_s
    plot_signal(axes[0], signal, duration_s)
    kind = "spectrogram" if signal.is_waveform else "series" if signal.is_series else "keypoints"
    axes[0].set_title(kind, loc="left")
    for ax, (name, values) in zip(axes[1:], panels, strict=True):
        is_state = values is gates.trace.state
        plot_gate(ax, values[:, list(gates.units[:TOP_UNITS])], duration_s, is_state)
        ax.set_title(name if is_state else f"{name} gate", loc="left")
    for ax in axes:
        ax.spines[:].set_visible(False)
        ax.tick_params("x", bottom=ax is axes[-1])
        for time_s in gates.boundaries.times_s:
            ax.axvline(time_s, color="black", lw=2.4)
            ax.axvline(time_s, color=BOUNDARY, lw=1.2)
    axes[-1].set_xlabel("seconds")
    axes[-1].set_xlim(0, duration_s)


def metric_name(metric: str) -> str:
    """Return a metric as it is spelled in sentences and on axes."""
    return {"wer": "word error rate"}.get(metric, metric)


def milliseconds(frames: int, frame_rate_hz: float) -> str:
    """Return a number of frames as a duration, such as "40 ms" or "1.3 s"."""
    seconds = frames / frame_rate_hz
    return f"{1000 * seconds:.0f} ms" if seconds < 0.995 else f"{seconds:.1f} s"


def _plot_scores(ax: Axes, places: Sequence[float] | np.ndarray, scores: Sequence, colour: str, label: str) -> None:
    values = np.array([score.value for score in scores])
    lows, highs = (np.array([score.interval[side] for score in scores]) for side in (0, 1))
    errors = np.maximum(np.stack([values - lows, highs - values]), 0)
    ax.errorbar(places, values, errors, color=colour, marker="o", ms=4, capsize=2.5, elinewidth=1.2, label=label)


def _finish_score_axis(ax: Axes) -> None:
    highest = ax.get_ylim()[1]
    ax.set_ylim(0, highest if highest < 0.6 else max(1.03, min(highest, MOST_SCORE)))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    ax.legend()


def _plot_strip(ax: Axes, signal: Signal) -> None:
    """Draw skeletons side by side, each in the middle of its share of the clip."""
    moments = min(STRIP_MOMENTS, len(signal.values))
    picked = ((np.arange(moments) + 0.5) / moments * len(signal.values)).astype(int)
    panels = [ax.inset_axes((number / moments, 0, 1 / moments, 1)) for number in range(moments)]
    plot_keypoint_strip(panels, Signal(signal.values[picked], signal.rate_hz))
    for panel in panels:
        panel.set_xlabel("")
        panel.set_aspect("equal", adjustable="box")
        panel.grid(visible=False)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
