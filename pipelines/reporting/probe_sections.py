"""The sections of a probe's page: each with its sentences, its picture, and its numbers as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from markupsafe import Markup

from data_prep.features.extractor import Signal
from pipelines.reporting.charts import svg_chart, svg_figure
from pipelines.reporting.probe_plots import draw_gates, plot_context, plot_order, plot_reach
from pipelines.reporting.probe_sentences import describe_gates, describe_order, describe_reach
from recognizers.probe.context import Context
from recognizers.probe.gates import TOP_UNITS, Gates
from recognizers.probe.order import IN_ORDER, REVERSED, SHUFFLED, Order
from recognizers.probe.reach import Reach

#: Decimals of numbers in JSON.
DECIMALS = 6
#: Height of a panel of the gates, and of the rest of that picture, in CSS pixels.
PANEL_HEIGHT, OTHER_HEIGHT, GATES_WIDTH = 100, 60, 540


@dataclass(frozen=True)
class Section:
    """One question of a probe with its answer.

    Attributes:
        name: Name of its files.
        title: The question.
        seen: What is to be seen, or why the question does not apply.
        notes: How it was measured.
        charts: The charts, by the names of their files.
        numbers: Everything that was measured, as JSON.
        figures: The figures that sum it up, by their names.
    """

    name: str
    title: str
    seen: str
    notes: tuple[str, ...] = ()
    charts: Mapping[str, Markup] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)


TITLES = {
    "order": "Order: does it matter in which order the frames come?",
    "reach": "Reach: how far back does the past move the present?",
    "forgetting": "Forgetting: which cell still knows what lies far back?",
    "gates": "Gates: what is kept, taken in and shown?",
}


def not_applicable(name: str, reason: str) -> Section:
    """Return a section that says why its question has no answer here."""
    return Section(name, TITLES[name], reason, numbers={"applies": False, "reason": reason})


def order_section(order: Order, reordered: str) -> Section:
    """Return the section about order; `reordered` says what the extractor computed before frames were reordered."""
    notes = [f"Frames are reordered after their features were computed: {reordered}"]
    if order.subsampling > 1:
        notes.append(
            f"The encoder joins {order.subsampling} frames into one step before its first layer, so that shuffling "
            f"within such a step never changes which step a frame belongs to."
        )
    seen = describe_order(order)
    chart = svg_chart(lambda ax: plot_order(ax, order), seen, 560, 320)
    names = {IN_ORDER: "in_order", REVERSED: "reversed", SHUFFLED: "shuffled"}
    figures = {f"{order.metric}_{name}": round(order.of(each).score.value, DECIMALS) for each, name in names.items()}
    return Section("order", TITLES["order"], seen, tuple(notes), {"order": chart}, _numbers(order), figures)


def reach_section(reach: Reach, contexts: Sequence[Context]) -> Section:
    """Return the section about the reach of gradients and the context that the score needs."""
    notes = [
        f"First picture: norm of the gradient of the encoder's output with respect to the input at a distance in time, "
        f"averaged over {reach.clips} clip(s). Second picture: the score of whole clips, and with less context."
    ]
    if contexts[0].kind == "either side":
        notes.append(
            "Each frame is recognised by running the network on a window around it alone. The network was trained on "
            "whole clips; one that is trained for short windows may need less."
        )
    else:
        notes.append("Clips are cut after their features were computed, which were normalised over the whole clip.")
    seen = describe_reach(reach, contexts)
    charts = {
        "reach": svg_chart(lambda ax: plot_reach(ax, reach), "gradient norm over time", 480, 300),
        "context": svg_chart(lambda ax: plot_context(ax, contexts), "score over context", 480, 300),
    }
    numbers = _numbers(reach) | {
        "falls_to_tenth_frames": {"past": reach.past(0.1), "future": reach.future(0.1)},
        "falls_to_hundredth_frames": {"past": reach.past(0.01), "future": reach.future(0.01)},
        "contexts": [_numbers(context) | {"enough_frames": context.enough} for context in contexts],
    }
    figures = {
        "past_s": _seconds(reach.past(0.1), reach.frame_rate_hz),
        "future_s": _seconds(reach.future(0.1), reach.frame_rate_hz),
        "enough_s": _seconds(contexts[0].enough, reach.frame_rate_hz),
    }
    return Section("reach", TITLES["reach"], seen, tuple(notes), charts, numbers, figures)


def gates_section(gates: Gates, signal: Signal) -> Section:
    """Return the section about the gates over a clip, whose waveform or landmarks are drawn above them."""
    notes = [f"Clip {gates.clip}. Gates run from 0 (black) to 1 (bright); the state from negative (blue) to positive."]
    if gates.top_ratio is not None:
        ranked = f"{gates.ranked_clips} other clips" if gates.ranked_clips > 1 else "one clip"
        notes.append(f"Rows are sorted by how much they switch at boundaries in {ranked}, first the most.")
    notes.append("Computed step by step from the trained weights; the outputs equal the layer's own.")
    seen = describe_gates(gates)
    height = PANEL_HEIGHT * (len(gates.trace.gates) + 2) + OTHER_HEIGHT
    chart = svg_figure(lambda figure: draw_gates(figure, gates, signal), seen, GATES_WIDTH, height)
    figures = _rounded({"switching_units": gates.top_ratio, "all_units": gates.all_ratio})
    return Section("gates", TITLES["gates"], seen, tuple(notes), {"gates": chart}, _gates_numbers(gates), figures)


def _gates_numbers(gates: Gates) -> dict[str, Any]:
    """Return the numbers of all units, and the curves of the first ones only: those of all would be megabytes."""
    drawn = list(gates.units[:TOP_UNITS])
    curves = {**{f"{name}_gate": gate for name, gate in gates.trace.gates.items()}, "state": gates.trace.state}
    numbers = {name: value for name, value in asdict(gates).items() if name != "trace"}
    return _rounded(
        numbers
        | {"drawn_units": drawn}
        | {name: values[:, drawn].T.tolist() for name, values in curves.items()}  # (units, T')
    )


def _numbers(measured: Any) -> dict[str, Any]:
    numbers: dict[str, Any] = _rounded(asdict(measured))
    return numbers


def _seconds(frames: int | None, frame_rate_hz: float) -> float | None:
    return None if frames is None else round(frames / frame_rate_hz, 3)


def _rounded(value: Any) -> Any:
    """Round all floats in a structure of dicts and lists, and make tuples lists."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, DECIMALS) if isinstance(value, float) else value
