"""Comparing recognizers on the same clips: the steps of `pipelines.compare`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.report.printable import printable
from pipelines.cli.command import CommandOutcome
from pipelines.cli.compare_schema import CompareConfig
from pipelines.inference.scored_run import ScoredRun, name_runs, read_scored_run
from recognizers.error_analysis.paired_bootstrap import PairedDifference
from recognizers.error_analysis.score_groups import GroupScore, score_group
from recognizers.error_analysis.scored_pairs import compare_errors
from recognizers.error_rate import ErrorRate

log = logging.getLogger(__name__)

#: With fewer speakers, drawing them says little.
MIN_SPEAKERS = 5


@dataclass(frozen=True)
class Comparison:
    """A run compared with the first one, by one metric, on the clips that all runs have.

    Attributes:
        run: The run.
        metric: Name of the metric.
        rate: What is counted.
        first: The score of the first run.
        second: The score of this run.
        by_clip: The difference of the error rates, with clips drawn.
        by_speaker: The same with speakers drawn; None if there are too few, or they are not known.
    """

    run: ScoredRun
    metric: str
    rate: ErrorRate
    first: GroupScore
    second: GroupScore
    by_clip: PairedDifference
    by_speaker: PairedDifference | None

    @property
    def change(self) -> tuple[float, float, float]:
        """Change of the metric from the first run to this one, and its 95 % interval; speakers count if they can."""
        drawn = self.drawn
        if self.rate.as_accuracy:
            return 0.0 - drawn.difference, 0.0 - drawn.high, 0.0 - drawn.low  # not -0.0
        return drawn.difference, drawn.low, drawn.high

    @property
    def drawn(self) -> PairedDifference:
        """The difference that counts: with speakers drawn, if there are enough."""
        return self.by_speaker or self.by_clip

    @property
    def sure(self) -> float:
        """Share of the draws that agree with which run is better: from 0.5, pure chance, to 1."""
        better = self.drawn.second_better
        return better if self.second_is_better else 1 - better

    @property
    def second_is_better(self) -> bool:
        """Whether this run makes fewer errors than the first."""
        return self.by_clip.difference < 0


def compare(cfg: CompareConfig) -> CommandOutcome:
    """Compare runs with the first one, and write a page.

    Raises:
        InputError: A run cannot be read, or the runs have no clips in common, or do not predict the same kind of thing.
    """
    require("compare", "jinja2", "matplotlib")
    from pipelines.reporting.compare_page import write_compare_page  # after `require`

    output = Path(cfg.output)
    if output.exists() and not cfg.overwrite:
        raise InputError(f"output={output} exists; give another output, or overwrite=true to replace it")
    paths = [Path(model) for model in cfg.models]
    runs = [read_scored_run(path, name) for path, name in zip(paths, name_runs(paths), strict=True)]
    if len({run.path.resolve() for run in runs}) < len(runs):
        raise InputError(f"models={cfg.models}: the same results are named twice; name each run once")
    runs = keep_common_clips(runs)
    comparisons = [
        _compare(runs[0], run, metric, rate, cfg.seed)
        for run in runs[1:]
        for metric, rate in runs[0].error_rates.items()
    ]
    _print(runs[0], comparisons)
    write_compare_page(output, runs, comparisons)
    result = {"baseline": runs[0].name, "compared": [_as_json(each) for each in comparisons], "page": str(output)}
    return CommandOutcome(result)


def keep_common_clips(runs: Sequence[ScoredRun]) -> list[ScoredRun]:
    """Return the runs with the clips alone that all of them have, and check that these are the same clips.

    Raises:
        InputError: There are none, or their references differ, or some have labels and others texts.
    """
    first = runs[0]
    for run in runs[1:]:
        if run.error_rates != first.error_rates:
            kinds = ["labels" if "accuracy" in each.error_rates else "texts" for each in (first, run)]
            raise InputError(
                f"models: {first.path} has {kinds[0]}, but {run.path} has {kinds[1]}; give runs of one kind"
            )
    common = set(first.rows).intersection(*(run.rows for run in runs[1:]))
    if not common:
        raise InputError(
            f"models: no clip occurs in all runs: {first.path} has {next(iter(first.rows))}, and {runs[-1].path} has "
            f"{next(iter(runs[-1].rows))}; score all of them on the same clips with pipelines.evaluate"
        )
    for run in runs:
        if len(run.rows) > len(common):
            log.warning("%s: %d of %d clips are in all runs and compared", run.name, len(common), len(run.rows))
        differing = [name for name in common if run.rows[name]["reference"] != first.rows[name]["reference"]]
        if differing:
            name = min(differing)
            raise InputError(
                f"models: the references of {len(differing)} clips differ, such as that of {name}: "
                f"{first.rows[name]['reference']!r} in {first.path}, {run.rows[name]['reference']!r} in {run.path}; "
                "score both with the same rules for texts (text.normalize)"
            )
    return [
        ScoredRun(
            run.name, run.path, {name: run.rows[name] for name in first.rows if name in common}, run.report, run.history
        )
        for run in runs
    ]


def _compare(first: ScoredRun, run: ScoredRun, metric: str, rate: ErrorRate, seed: int) -> Comparison:
    speakers = {row.get("speaker") for row in first.rows.values()}
    known = None not in speakers and len(speakers) >= MIN_SPEAKERS
    return Comparison(
        run,
        metric,
        rate,
        score_group(first.name, list(first.rows.values()), rate),
        score_group(run.name, list(run.rows.values()), rate),
        compare_errors(first.rows, run.rows, rate.counted, seed=seed),
        compare_errors(first.rows, run.rows, rate.counted, by_speaker=True, seed=seed) if known else None,
    )


def describe(comparison: Comparison) -> str:
    """Say in plain words which run is better, by how much, and how sure that is."""
    first, second = comparison.first, comparison.second
    name = comparison.metric if comparison.rate.as_accuracy else comparison.metric.upper()
    scores = f"{name} {100 * second.score:.1f} % instead of {100 * first.score:.1f} %"
    errors = [1 - each.score if comparison.rate.as_accuracy else each.score for each in (first, second)]
    if errors[0] == errors[1]:
        return f"{second.name} makes as many errors as {first.name} ({scores})."
    more = "fewer" if errors[1] < errors[0] else "more"
    change = f" {100 * abs(1 - errors[1] / errors[0]):.0f} %" if errors[0] else ""
    drawn = comparison.drawn
    what = "speakers" if comparison.by_speaker else "clips"
    return (
        f"{second.name} makes{change} {more} errors than {first.name} ({scores}). {100 * comparison.sure:.0f} % of the "
        f"draws of {drawn.units:,} {what if drawn.units > 1 else 'clip'} agree; {_certainty(drawn, what)}."
    )


def _certainty(drawn: PairedDifference, what: str) -> str:
    """Say whether a difference may be chance."""
    if drawn.differing == 1:
        return f"but only one of the {what} tells them apart, which is too little to be sure"
    if drawn.is_little_evidence:
        return f"but only {drawn.differing} {what} tell them apart, which is too little to be sure"
    return f"the difference is {'beyond chance' if drawn.is_clear else 'within chance: other clips could reverse it'}"


def _as_json(comparison: Comparison) -> dict[str, Any]:
    change, low, high = comparison.change
    return {
        "model": comparison.run.name,
        "metric": comparison.metric,
        "baseline_score": round(comparison.first.score, 6),
        "score": round(comparison.second.score, 6),
        "difference": round(change, 6),
        "difference_ci95": [round(low, 6), round(high, 6)],
        "better": comparison.second_is_better if comparison.by_clip.difference else None,
        "sure": round(comparison.sure, 4),
        "clips": comparison.first.clips,
        "drawn": "speakers" if comparison.by_speaker else "clips",
        "differing": comparison.drawn.differing,
    }


def _print(first: ScoredRun, comparisons: Sequence[Comparison]) -> None:
    """Print a table and a sentence for each comparison to stderr."""
    table = Table(title=f"compared with {printable(first.name)}", title_justify="left")
    for column in ("run", "metric", "score", "change", "95 % interval", "sure"):
        table.add_column(column, justify="left" if column in ("run", "metric") else "right")
    for each in comparisons:
        change, low, high = each.change
        table.add_row(
            Text(printable(each.run.name)),
            each.metric,
            f"{100 * each.second.score:.2f} %",
            f"{100 * change:+.2f}",
            f"{100 * low:+.2f} to {100 * high:+.2f}",
            f"{100 * each.sure:.0f} %",
        )
    Console(stderr=True).print(table)
    for each in comparisons:
        log.info("%s", describe(each))
