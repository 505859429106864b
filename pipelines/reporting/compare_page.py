"""The page that puts runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from data_prep.report.printable import printable
from pipelines.inference.scored_run import ScoredRun
from pipelines.reporting.charts import INK, SERIES, SOFT, svg_chart
from pipelines.reporting.page import write_page
from pipelines.reporting.short_text import shorten
from pipelines.training.resume import dotted_settings
from recognizers.error_analysis.score_groups import GroupScore, score_group
from recognizers.error_analysis.scored_pairs import ClipDifference, differing_clips

if TYPE_CHECKING:
    from pipelines.inference.compare_runs import Comparison

#: Speakers, clips and settings listed at most.
MAX_SPEAKERS, MAX_CLIPS = 30, 100
#: Columns of the texts of clips; an hour of speech would make a page that no one can read.
TEXT_COLUMNS = 300
#: Settings that say where a run is, not what it is.
PLACES = ("store_dir", "dir", "max_gb", "num_workers", "resume", "logger", "report_clips", "name")
NAME_COLUMNS = 28


@dataclass(frozen=True)
class SpeakerScores:
    """The scores of one speaker's clips in each run.

    Attributes:
        speaker: The speaker.
        scores: The score in each run.
    """

    speaker: str
    scores: list[GroupScore]


@dataclass(frozen=True)
class ClipDifferences:
    """The clips in which a run and the first one differ.

    Attributes:
        run: The run.
        better: Those in which the run makes fewer errors.
        worse: Those in which it makes more.
    """

    run: ScoredRun
    better: list[ClipDifference]
    worse: list[ClipDifference]


def write_compare_page(path: Path, runs: Sequence[ScoredRun], comparisons: Sequence[Comparison]) -> None:
    """Write the page about runs that have the same clips; the first is what the others are compared with."""
    from pipelines.inference.compare_runs import describe

    metric, rate = next(iter(runs[0].error_rates.items()))
    scores = [score_group(run.name, list(run.rows.values()), rate) for run in runs]
    name = metric if rate.as_accuracy else metric.upper()
    differences = []
    for run in runs[1:]:
        found = differing_clips(runs[0].rows, run.rows, rate.counted)
        better = [each for each in found if each.gain > 0]
        differences.append(ClipDifferences(run, better, [each for each in reversed(found) if each.gain < 0]))
    write_page(
        path,
        "compare.html",
        title=f"{len(runs)} runs compared",
        runs=runs,
        comparisons=comparisons,
        sentences=[describe(each) for each in comparisons],
        scores_chart=_chart_scores(scores, name),
        speakers=_score_speakers(runs),
        curves=_chart_curves(runs),
        settings=differing_settings(runs),
        differences=differences,
        shorten=lambda text: shorten(text, TEXT_COLUMNS),
        max_clips=MAX_CLIPS,
        max_speakers=MAX_SPEAKERS,
    )


def differing_settings(runs: Sequence[ScoredRun]) -> list[tuple[str, list[Any]]]:
    """Return the settings in which runs differ, with the value of each; nothing if one of them has no report."""
    if not all("config" in run.report for run in runs):
        return []
    recorded = [dotted_settings(run.report["config"]) for run in runs]
    names = sorted(set().union(*recorded))
    rows = [(name, [settings.get(name) for settings in recorded]) for name in names]
    return [
        (name, values)
        for name, values in rows
        if any(value != values[0] for value in values) and name.split(".")[-1] not in PLACES
    ]


def _chart_scores(scores: Sequence[GroupScore], metric: str) -> Markup:
    """Draw the score of each run with its interval."""

    def draw(ax: Axes) -> None:
        rows = range(len(scores))
        colours = [SERIES[row % len(SERIES)] for row in rows]
        ax.hlines(rows, [100 * s.low for s in scores], [100 * s.high for s in scores], color=colours, lw=3, alpha=0.45)
        ax.scatter([100 * score.score for score in scores], rows, color=colours, s=44, zorder=3)
        ax.axvline(100 * scores[0].score, color=SOFT, lw=1, ls=(0, (4, 3)), zorder=1)
        names = [shorten(printable(score.name), NAME_COLUMNS) for score in scores]
        ax.set(yticks=list(rows), yticklabels=names, xlabel=f"{metric}, %", ylim=(len(scores) - 0.5, -0.5))
        ax.grid(visible=False, axis="y")
        ax.grid(visible=True, axis="x")
        ax.tick_params("y", length=0, labelcolor=INK)
        ax.spines["left"].set_visible(False)

    return svg_chart(draw, f"{metric} of each run", 620, 70 + 32 * len(scores))


def _score_speakers(runs: Sequence[ScoredRun]) -> list[SpeakerScores]:
    """Score the clips of each speaker in each run, the largest change first; nothing for fewer than two speakers."""
    rate = next(iter(runs[0].error_rates.values()))
    speakers = sorted({str(row["speaker"]) for row in runs[0].rows.values() if row.get("speaker") is not None})
    if len(speakers) < 2:
        return []
    scored = [
        SpeakerScores(
            speaker,
            [
                score_group(run.name, [row for row in run.rows.values() if str(row.get("speaker")) == speaker], rate)
                for run in runs
            ],
        )
        for speaker in speakers
    ]
    return sorted(scored, key=lambda each: -max(abs(score.score - each.scores[0].score) for score in each.scores))


def _chart_curves(runs: Sequence[ScoredRun]) -> list[tuple[str, Markup]]:
    """Draw the curves of all runs over each other; nothing if fewer than two have a history."""
    known = [run for run in runs if run.history]
    if len(known) < 2:
        return []
    names = [name for name in ("val/wer", "val/accuracy") if all(name in run.history[-1] for run in known)]

    def chart(name: str, title: str, scale: float) -> Markup:
        def draw(ax: Axes) -> None:
            for run, colour in zip(known, SERIES, strict=False):
                points = [(row["epoch"], scale * row[name]) for row in run.history if name in row]
                ax.plot(*zip(*points, strict=True), color=colour, label=shorten(printable(run.name), NAME_COLUMNS))
            ax.set(xlabel="epoch", ylabel="%" if scale != 1 else "")
            ax.set_ylim(bottom=0)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
            ax.legend()

        return svg_chart(draw, title, 480, 260)

    shown = [("train/loss", "Training loss", 1.0)]
    shown += [(name, f"{'WER' if name.endswith('wer') else 'Accuracy'} on validation clips", 100.0) for name in names]
    return [(title, chart(name, title, scale)) for name, title, scale in shown]
