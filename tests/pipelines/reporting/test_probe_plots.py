import numpy as np
import pytest
from matplotlib.figure import Figure

from data_prep.features.extractor import Signal
from pipelines.reporting.charts import SERIES
from pipelines.reporting.probe_plots import (
    draw_gates,
    milliseconds,
    plot_context,
    plot_gate,
    plot_order,
    plot_reach,
    plot_signal,
)
from recognizers.probe.boundaries import Boundaries
from recognizers.probe.context import Context, ContextScore
from recognizers.probe.gates import Gates
from recognizers.probe.layer_trace import Trace
from recognizers.probe.order import IN_ORDER, REVERSED, SHUFFLED, WINDOWS, Order, OrderScore
from recognizers.probe.reach import Reach
from recognizers.probe.scores import Score


def axes():
    return Figure().add_subplot()


def score(value: float) -> Score:
    return Score(value, (value - 0.1, value + 0.1), 0.0, (0.0, 0.0))


def test_order_is_drawn_with_intervals_and_the_level_of_guessing() -> None:
    scores = [
        OrderScore(IN_ORDER, None, score(0.9)),
        OrderScore(REVERSED, None, score(0.2)),
        OrderScore(WINDOWS, 2, score(0.8)),
        OrderScore(SHUFFLED, None, score(0.3)),
    ]
    ax = axes()
    plot_order(ax, Order("accuracy", True, 9, 100.0, 1, tuple(scores), 0.1))
    assert [text.get_text() for text in ax.get_xticklabels()] == ["in order", "20 ms", "a whole clip", "reversed"]
    shuffled, reversed_ = (container.lines[0].get_ydata() for container in ax.containers)
    assert list(shuffled) == [0.9, 0.8, 0.3]
    assert list(reversed_) == [0.2]
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"shuffled", "reversed", "guessing"}


@pytest.mark.parametrize("kind", ["last", "either side"])
def test_context_is_drawn_also_without_any_context(kind: str) -> None:
    scores = tuple(ContextScore(frames, score(0.5)) for frames in (0, 4, 8))
    ax = axes()
    plot_context(ax, [Context("wer", False, kind, 9, 100.0, scores, score(0.1))])  # type: ignore[arg-type]
    assert list(ax.containers[0].lines[0].get_xdata()) == [0.02, 0.04, 0.08]
    assert ("either side" in ax.get_xlabel()) == (kind == "either side")


def test_the_past_is_drawn_on_the_left() -> None:
    ax = axes()
    plot_reach(ax, Reach((-2, -1, 0, 1), (0.1, 0.5, 1.0, 0.3), (9,) * 4, 9, 10.0, 1))
    past, future = ax.get_lines()[:2]
    assert past.get_color() == SERIES[0]
    assert list(past.get_xdata()) == pytest.approx([0, -0.1])
    assert list(past.get_ydata()) == [1.0, 0.3]
    assert list(future.get_ydata()) == [0.1, 0.5, 1.0]
    ax = axes()
    plot_reach(ax, Reach((0, 1), (1.0, 0.3), (9,) * 2, 9, 10.0, 1))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["the past"]


def test_a_gate_is_drawn_from_0_to_1_and_a_state_around_0() -> None:
    ax = axes()
    plot_gate(ax, np.full((7, 3), 0.25), 1.4)
    [image] = ax.get_images()
    assert image.get_clim() == (0, 1)
    assert image.get_array().shape == (3, 7)
    assert image.get_extent() == [0, 1.4, 3, 0]
    ax = axes()
    plot_gate(ax, np.array([[-2.0, 1.0]]), 1.0, is_state=True)
    assert ax.get_images()[0].get_clim() == (-2, 2)


def sound() -> Signal:
    return Signal((np.sin(np.arange(8000)) * 9000).astype(np.int16), 8000.0)


def hands() -> Signal:
    return Signal(np.random.default_rng(0).uniform(0, 1, (20, 2, 2, 21, 3)).astype(np.float32), 30.0)


def series() -> Signal:
    return Signal(np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32), 20.0)


@pytest.mark.parametrize(
    ("signal", "shown"),
    [
        (sound(), "spectrogram"),
        (hands(), "keypoints"),
        (Signal(hands().values[:1], 1.0), "keypoints"),
        (series(), "series"),
    ],
    ids=["sound", "hands", "photo", "series"],
)
def test_signals_are_drawn_above_the_gates(signal: Signal, shown: str) -> None:
    trace = Trace({"input": np.full((5, 3), 0.5), "forget": np.full((5, 3), 0.5)}, np.zeros((5, 3)), np.zeros((5, 3)))
    boundaries = Boundaries("word", (0.3, 0.6))
    figure = Figure()
    draw_gates(
        figure, Gates("a", "lstm", 1, "forward", trace, 0.2, boundaries, (2, 0, 1), (), 1, 1, None, None), signal
    )
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == [shown, "input gate", "forget gate", "cell state"]
    assert figure.axes[-1].get_xlim() == (0, 1)
    ax = axes()
    plot_signal(ax, signal, 1.0)
    assert len(ax.get_images()) == (1 if signal.is_waveform else 0)


def test_durations_are_short_and_readable() -> None:
    assert [milliseconds(frames, 100.0) for frames in (0, 1, 32, 99, 128, 1000)] == [
        "0 ms",
        "10 ms",
        "320 ms",
        "990 ms",
        "1.3 s",
        "10.0 s",
    ]
