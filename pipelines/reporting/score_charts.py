"""Charts of scores: by group of clips, and by confidence."""

from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes

from data_prep.report.printable import printable
from pipelines.reporting.charts import INK, LINE, SERIES, SOFT, svg_chart
from pipelines.reporting.short_text import shorten
from recognizers.error_analysis.calibration import Calibration
from recognizers.error_analysis.score_groups import GroupScore

#: Groups drawn at most; the template lists the others.
MAX_DRAWN = 20
NAME_COLUMNS = 20


def chart_groups(groups: Sequence[GroupScore], overall: float, metric: str, what: str) -> Markup:
    """Draw the score of each group with its interval, and a line at the score of all clips."""
    shown = groups[:MAX_DRAWN]
    height = 60 + 24 * len(shown)
    return svg_chart(lambda ax: plot_groups(ax, shown, overall, metric), f"{metric} {what}", 460, height)


def plot_groups(ax: Axes, groups: Sequence[GroupScore], overall: float, metric: str) -> None:
    """Plot the score of each group, from top to bottom, as a point with its 95 % interval."""
    rows = range(len(groups))
    ax.axvline(100 * overall, color=SOFT, lw=1, ls=(0, (4, 3)), zorder=1)
    ax.hlines(rows, [100 * g.low for g in groups], [100 * g.high for g in groups], color=SERIES[0], lw=2.2, alpha=0.45)
    ax.scatter([100 * g.score for g in groups], rows, color=SERIES[0], s=34, zorder=3)
    names = [f"{shorten(printable(g.name), NAME_COLUMNS)} ({g.clips:,})" for g in groups]
    ax.set(yticks=list(rows), yticklabels=names, xlabel=f"{metric}, %", ylim=(len(groups) - 0.4, -0.6))
    lowest, highest = min(g.low for g in groups), max(g.high for g in groups)
    most = 103.0 if highest <= 1 else 100 * highest + 4
    ax.set_xlim(max(-2.0, 100 * min(lowest, overall) - 4), min(100 * max(highest, overall) + 4, most))
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    ax.tick_params("y", length=0, labelcolor=INK)
    ax.spines["left"].set_visible(False)


def chart_calibration(calibration: Calibration) -> Markup:
    """Draw the share of right clips against their confidence; on the diagonal, both are equal."""
    return svg_chart(lambda ax: plot_calibration(ax, calibration), "share of right clips by confidence", 380, 320)


def plot_calibration(ax: Axes, calibration: Calibration) -> None:
    """Plot each group of clips of similar confidence as a point with its 95 % interval."""
    bins = calibration.bins
    ax.plot([0, 100], [0, 100], color=SOFT, lw=1, ls=(0, (4, 3)))
    at = [100 * each.confidence for each in bins]
    ax.vlines(at, [100 * b.low for b in bins], [100 * b.high for b in bins], color=SERIES[0], lw=2.2, alpha=0.45)
    ax.plot(at, [100 * each.right for each in bins], color=SERIES[0], lw=1, alpha=0.6)
    ax.scatter(at, [100 * each.right for each in bins], color=SERIES[0], s=34, zorder=3)
    ax.set(xlabel="confidence, %", ylabel="clips without an error, %", ylim=(-3, 103))
    least = min(min(at), 100 * min(each.right for each in bins))
    ax.set_xlim(max(-3.0, least - 8), 103)
    ax.annotate("overconfident", (1, 0), (-4, 6), "axes fraction", "offset points", color=SOFT, ha="right")
    ax.annotate("underconfident", (0, 1), (4, -12), "axes fraction", "offset points", color=SOFT)


def chart_error_kinds(counts: Sequence[tuple[str, int]], total: int) -> Markup:
    """Draw how many symbols were substituted, deleted and inserted, in percent of those in the references."""

    def draw(ax: Axes) -> None:
        rows = range(len(counts))
        shares = [100 * count / max(total, 1) for _, count in counts]
        ax.barh(rows, shares, color=[SERIES[1], SERIES[3], SERIES[0]], height=0.6)
        for row, share, (_, count) in zip(rows, shares, counts, strict=True):
            ax.text(share, row, f" {count:,}", color=INK, va="center")
        ax.set(yticks=list(rows), yticklabels=[name for name, _ in counts], xlabel="% of the references")
        ax.set(ylim=(len(counts) - 0.4, -0.6), xlim=(0, 1.2 * max(*shares, 0.1)))
        ax.grid(visible=False, axis="y")
        ax.tick_params("y", length=0, labelcolor=INK)
        ax.spines[["left", "bottom"]].set_color(LINE)

    return svg_chart(draw, "kinds of errors", 460, 150)
