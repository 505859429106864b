"""The report of a training or an evaluation, as one HTML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipelines.reporting.clip_views import TextViewer, Viewer
from pipelines.reporting.curve_charts import chart_curves
from pipelines.reporting.label_section import describe_labels
from pipelines.reporting.page import write_page
from pipelines.reporting.score_charts import chart_calibration, chart_groups
from pipelines.reporting.text_section import describe_texts
from recognizers.error_analysis.calibration import calibrate
from recognizers.error_analysis.score_groups import (
    GroupScore,
    group_fields,
    score_by_field,
    score_by_length,
    score_by_speaker,
)
from recognizers.error_rate import ErrorRate
from recognizers.inference.scoring import Scores

#: Clips of each kind that are listed if no recordings are shown.
NUM_TEXTS = 8
#: Rows of the longest tables; the page says how many are left out.
MAX_ROWS = 200


@dataclass(frozen=True)
class ScoredClips:
    """The clips that a report is about.

    Attributes:
        split: The split they are of, or "all".
        scores: Predictions and error counts of the clips.
        error_rates: How that is scored, by the names of the metrics; the first one is the main one.
        viewer: Draws the clips.
        num_clips: Clips shown of each kind, such as the worst; with 0, the page has texts and
            numbers, and no recordings.
        chosen_on: Whether the best checkpoint was chosen on these clips, so that the scores are optimistic.
    """

    split: str
    scores: Scores
    error_rates: Mapping[str, ErrorRate]
    viewer: Viewer
    num_clips: int
    chosen_on: bool = False


@dataclass(frozen=True)
class Origin:
    """Where results come from, so that they can be repeated.

    Attributes:
        command: The command line, as it can be copied.
        record: What report.json or scores.json says of settings, data, versions and speed.
        history: The epochs of the training; empty for an evaluation.
    """

    command: str
    record: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class GroupChart:
    """The scores of groups of clips.

    Attributes:
        title: What the groups have in common.
        chart: Their scores.
        groups: The same as numbers.
    """

    title: str
    chart: Markup
    groups: list[GroupScore]


def write_report(path: Path, title: str, scored: ScoredClips | None, origin: Origin) -> None:
    """Write the report.

    Args:
        path: The HTML file.
        title: Name of the run or of the evaluation.
        scored: The clips; None if the corpus has none to score.
        origin: Where the results come from.
    """
    sections = {} if scored is None else _describe(scored)
    write_page(
        path,
        "report.html",
        title=title,
        scored=scored,
        origin=origin,
        curves=chart_curves(origin.history),
        max_rows=MAX_ROWS,
        **{"labels": None, "texts": None, "groups": [], "calibration": None, "metric": None, **sections},
    )


def _describe(scored: ScoredClips) -> dict[str, Any]:
    """Return what the template needs about the clips."""
    viewer, count = (scored.viewer, scored.num_clips) if scored.num_clips else (TextViewer(), NUM_TEXTS)
    rows = scored.scores.rows
    main = next(iter(scored.error_rates))
    rate = scored.error_rates[main]
    is_label = rate.counted == "label"
    calibration = calibrate(rows)
    return {
        "metric": main,
        "labels": describe_labels(rows, viewer, count) if is_label else None,
        "texts": None if is_label else describe_texts(rows, viewer, count),
        "groups": _chart_groups(rows, rate, main, scored.scores.summary[main]),
        "calibration": calibration and (calibration, chart_calibration(calibration)),
    }


def _chart_groups(rows: Sequence[dict[str, Any]], rate: ErrorRate, name: str, overall: float) -> list[GroupChart]:
    metric = name if rate.as_accuracy else name.upper()
    by_field = {field: score_by_field(rows, field, rate) for field in group_fields(rows)}
    groups = {field: found for field, found in by_field.items() if len(found) > 1} | {
        "speaker or signer": score_by_speaker(rows, rate),
        "length of the clip": score_by_length(rows, rate),
    }
    return [
        GroupChart(f"By {what}", chart_groups(found, overall, metric, f"by {what}"), found)
        for what, found in groups.items()
        if found
    ]
