"""Scoring of a cross-validation: each run on the clips that it held out, and the scores of all these clips together."""

import logging
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.manifest import Clip
from pipelines.cli.command import CommandOutcome
from pipelines.cli.provenance import command_line, provenance
from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.evaluate_corpus import (
    Evaluation,
    check_output_dir,
    load_with_runtime,
    score_split,
    write_page,
    write_scores,
)
from pipelines.inference.evaluation_folder import output_name
from pipelines.inference.own_corpus import own_clips, read_report
from pipelines.training.resume import CHANGEABLE_SETTINGS, dotted_settings
from recognizers.inference.scoring import Scores, summarise, warn_of_little_evidence

log = logging.getLogger(__name__)

#: Settings in which the runs of a cross-validation may differ, besides the fold and those that change no result.
FREE_SETTINGS = ("name", "seed", *CHANGEABLE_SETTINGS)
MAX_DIFFERENCES = 3


def find_folds(model: Any) -> list[Path]:
    """Return the runs of a cross-validation, or nothing if `model` is a single recognizer.

    Args:
        model: The setting ``model``: a list of run directories, or the folder of a sweep, which holds them.

    Raises:
        InputError: The list has fewer than two runs.
    """
    if isinstance(model, list):
        if len(model) < 2:
            raise InputError(
                f"model={model}: a cross-validation has at least two runs; give model=RUN for a single one"
            )
        return [Path(str(run)) for run in model]
    folder = Path(str(model))
    if (folder / "report.json").is_file():
        return []
    runs = sorted((path.parent for path in folder.glob("*/report.json")), key=lambda run: (len(run.name), run.name))
    return runs if len(runs) > 1 else []


def evaluate_folds(cfg: EvaluateConfig, runs: Sequence[Path], overrides: Sequence[str]) -> CommandOutcome:
    """Score the runs of a cross-validation, each on the clips that it held out, and all clips together.

    Raises:
        InputError: The runs do not belong together: their recipes differ, or they share clips that were held out.
    """
    if cfg.corpus is not None:
        raise InputError("the folds of a cross-validation are scored on their own corpus; leave corpus=… out")
    if cfg.num_shards is not None:
        raise InputError(
            "the folds of a cross-validation cannot be divided into shards; leave shard and num_shards out"
        )
    _check_same_recipe(runs)
    folder = Path(
        cfg.output_dir
        or Path(os.path.commonpath([run.absolute().parent for run in runs]), "evaluations", output_name(cfg, "folds"))
    )
    check_output_dir(folder)
    clips = [own_clips(run) for run in runs]
    _check_disjoint(runs, clips, cfg.split)
    evaluations = [
        score_split(cfg, load_with_runtime(cfg, [run]), found) for run, found in zip(runs, clips, strict=True)
    ]
    scores = _pool(evaluations)
    folds = [_describe(run, evaluation) for run, evaluation in zip(runs, evaluations, strict=True)]
    details = {"folds": folds, "split": cfg.split}
    write_scores(folder, scores, details)
    origin = {"command": command_line("evaluate", overrides), "record": details | provenance()}
    write_page(folder, folder.name, scores, evaluations, origin, cfg.report_clips)
    results = {"folds": folds, "failed": len(scores.failures), "results": str(folder / "results.jsonl")}
    return CommandOutcome(scores.summary | results, len(scores.failures))


def _check_same_recipe(runs: Sequence[Path]) -> None:
    recipes = [_recipe(run) for run in runs]
    for run, recipe in zip(runs, recipes, strict=True):
        differences = [
            f"{name} is {recipes[0].get(name)!r} in {runs[0]} and {recipe.get(name)!r} in {run}"
            for name in sorted(recipe.keys() | recipes[0].keys())
            if recipe.get(name) != recipes[0].get(name)
        ]
        if differences:
            listed = "; ".join(differences[:MAX_DIFFERENCES]) + ("; …" if len(differences) > MAX_DIFFERENCES else "")
            raise InputError(f"the runs are not folds of one cross-validation: {listed}. Give runs of one recipe")


def _recipe(run: Path) -> dict[str, Any]:
    """Return the settings in which the runs of a cross-validation agree."""
    settings = dotted_settings(read_report(run)["config"])
    return {name: value for name, value in settings.items() if name not in FREE_SETTINGS and not name.endswith(".fold")}


def _check_disjoint(runs: Sequence[Path], clips: Sequence[Sequence[Clip]], split: str) -> None:
    """Check that no clip is held out by two runs, and warn of clips that none holds out."""
    runs_of: defaultdict[str, list[Path]] = defaultdict(list)
    for run, found in zip(runs, clips, strict=True):
        for clip in found:
            runs_of[clip.id] += [run] if split in ("all", clip.split) else []
    shared = [name for name, holding in runs_of.items() if len(holding) > 1]
    if shared:
        first, second, *_ = runs_of[shared[0]]
        raise InputError(
            f"split={split}: {len(shared)} clips are in more than one run, such as {shared[0]} in {first} and "
            f"{second}; give one run of each fold (corpus.fold), all with the same corpus.folds"
        )
    missing = [name for name, holding in runs_of.items() if not holding]
    if missing:
        log.warning(
            "%d of %d clips, such as %s, are held out by none of the %d runs: a fold is missing, or a class has a "
            "single clip, which is always trained on",
            len(missing),
            len(runs_of),
            missing[0],
            len(runs),
        )


def _pool(evaluations: Sequence[Evaluation]) -> Scores:
    """Score the clips of all folds together, each clip once."""
    rows = [row for evaluation in evaluations for row in evaluation.scores.rows]
    failures = [failure for evaluation in evaluations for failure in evaluation.scores.failures]
    rates = evaluations[0].error_rates
    sizes = [size for each in evaluations if (size := each.predictor.interpreter.vocabulary.closed_size)]
    warn_of_little_evidence(rates, rows)
    return Scores(summarise(rates, rows, max(sizes, default=None)), rows, failures)


def _describe(run: Path, evaluation: Evaluation) -> dict[str, Any]:
    summary = evaluation.scores.summary
    return {"model": str(run)} | {name: value for name, value in summary.items() if not name.endswith("_ci95")}
