"""Charts of a training: loss, metric and learning rate, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipelines.reporting.charts import INK, SERIES, svg_chart

#: Curves have points if there are few.
FEW_EPOCHS = 40


def chart_curves(history: Sequence[Mapping[str, Any]]) -> list[tuple[str, Markup]]:
    """Draw the curves of a history, each chart with its title; none if there is no epoch."""
    if not history:
        return []
    names = {name for row in history for name in row}
    charts: list[tuple[str, list[str], float]] = [("Loss", ["train/loss", "val/loss"], 1.0)]
    metrics: list[str] = [name for name in ("val/wer", "val/cer", "val/accuracy") if name in names]
    if metrics:
        what = "Accuracy" if "val/accuracy" in metrics else "Error rates"
        charts.append((f"{what} on the validation clips", metrics, 100.0))
    charts.append(("Learning rate", ["learning_rate"], 1.0))
    return [
        (title, svg_chart(lambda ax, names=shown, scale=scale: plot_curves(ax, history, names, scale), title, 400, 220))  # type: ignore[misc]
        for title, shown, scale in charts
    ]


def plot_curves(ax: Axes, history: Sequence[Mapping[str, Any]], names: Sequence[str], scale: float) -> None:
    """Plot metrics, multiplied by a scale, against the number of the epoch."""
    for name, colour in zip(names, SERIES, strict=False):
        points = [(row["epoch"], scale * row[name]) for row in history if row.get(name) is not None]
        if points:
            marker = "o" if len(points) <= FEW_EPOCHS else None
            ax.plot(*zip(*points, strict=True), color=colour, marker=marker, ms=3.5, label=_label(name))
    ax.set(xlabel="epoch", ylabel="%" if scale == 100 else "")
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    ax.tick_params(labelcolor=INK)
    if len(names) > 1:
        ax.legend()


def _label(name: str) -> str:
    """Return what a metric is called in a chart."""
    split, _, metric = name.rpartition("/")
    known = {"train": "training", "val": "validation"}
    return known.get(split, split) if metric == "loss" else {"wer": "WER", "cer": "CER"}.get(metric, metric)
