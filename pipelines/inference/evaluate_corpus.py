"""Scoring of a trained recognizer on a corpus: the steps of `pipelines.evaluate`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json
from data_prep.failures import write_failures
from data_prep.json_rows import write_json_rows
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.splits import split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.own_files import check_writes_only_own_files
from pipelines.cli.provenance import command_line, provenance
from pipelines.cli.schema import EvaluateConfig
from pipelines.cli.url_folders import shown
from pipelines.inference.chosen_models import chosen_models
from pipelines.inference.decoder_setup import readable_settings
from pipelines.inference.evaluate_shards import evaluation_key, predict_share, read_known
from pipelines.inference.evaluation_folder import evaluation_folder
from pipelines.inference.own_corpus import common_clips, read_own_corpus
from pipelines.inference.result_lists import FAILURES_NAME, RESULTS_NAME
from pipelines.inference.scored_clips import get_ready, select_split
from pipelines.reporting.last_step import attempt_page
from pipelines.scaling.balance import share_of
from pipelines.scaling.records import check_no_shard_works
from pipelines.scaling.shard import remove_parts, shard_of
from pipelines.scaling.shared_run import run_shard
from recognizers.error_rate import ErrorRate
from recognizers.inference.clip_groups import choose_groups
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.scoring import Scores, score
from recognizers.instantiate import instantiate

#: Files that the command writes; the last one marks its folder.
WRITTEN = ("report.html", "results.jsonl", "failures.jsonl", "scores.json")


@dataclass(frozen=True)
class Evaluation:
    """How well a recognizer does on one split of a corpus.

    Attributes:
        scores: The scores, and a row for each clip.
        error_rates: How the recognizer's predictions are scored, by the names of the metrics.
        decoder: The settings of the decoder that was used.
        fingerprints: Hashes of the scored clips' ids and targets.
        predictor: The recognizer, with the decoder.
        prepared: The signals of the clips.
    """

    scores: Scores
    error_rates: Mapping[str, ErrorRate]
    decoder: dict[str, Any]
    fingerprints: dict[str, str]
    predictor: ClipPredictor
    prepared: Prepared


def evaluate(cfg: EvaluateConfig, overrides: Sequence[str]) -> CommandOutcome:
    """Score a trained recognizer on one split, or on all clips, of its own corpus or another one.

    A shard makes the predictions of its part of the clips. The last one to finish scores all of them together.

    Args:
        cfg: The settings.
        overrides: Settings given on the command line, which the report repeats.
    """
    models, folder, shard = chosen_models(cfg), evaluation_folder(cfg), shard_of(cfg)
    check_output_dir(folder)
    predictor = load_with_runtime(cfg, models)
    corpus = cfg.corpus or read_own_corpus(models[0])
    clips = instantiate(corpus).clips() if cfg.corpus else common_clips(models)
    key = evaluation_key(cfg, clips)

    def score_all() -> CommandOutcome:
        outcome = _score_all(cfg, predictor, corpus, clips, overrides, key)
        remove_parts(folder, RESULTS_NAME, FAILURES_NAME)
        return outcome

    if shard is None:
        check_no_shard_works(folder)
        return score_all()
    shard.check_owns_parts(folder, RESULTS_NAME, FAILURES_NAME)
    share = share_of(select_split(clips, cfg.split), shard, lambda clip: (clip.id, clip.media))

    def predict() -> CommandOutcome:
        ready = get_ready(cfg, predictor, clips, share.items)
        predict_share(ready.predictor, ready.prepared, share.items, cfg.batch_size, folder, shard, key)
        own = {clip.id for clip in share.items}
        failures = [failure for failure in ready.prepared.failures if failure.id in own]
        write_failures(folder / shard.part_name(FAILURES_NAME), failures)
        return CommandOutcome({"clips": len(share.items), "failed": len(failures)}, len(failures))

    return run_shard(folder, shard, f"{key}-{share.key}", predict, lambda results: score_all())


def _score_all(
    cfg: EvaluateConfig,
    predictor: ClipPredictor,
    corpus: dict[str, Any],
    clips: list[Clip],
    overrides: Sequence[str],
    key: str,
) -> CommandOutcome:
    """Score all clips of the split, and write the scores and the report.

    Args:
        cfg: The settings.
        predictor: The recognizer.
        corpus: Specification of the corpus.
        clips: All clips of the corpus.
        overrides: Settings given on the command line.
        key: Key of the predictions of shards to use.
    """
    models, folder = chosen_models(cfg), evaluation_folder(cfg)
    evaluation = score_split(cfg, predictor, clips, folder, key)
    scores, settings = evaluation.scores, evaluation.decoder
    details = {
        "models": [_full_name(model) for model in models],
        "corpus": corpus,
        "split": cfg.split,
        "decoder": settings,
        "fingerprints": evaluation.fingerprints,
    }
    write_scores(folder, scores, details)
    origin = {"command": command_line("evaluate", overrides), "record": details | provenance()}
    write_page(folder, f"{_name(models)}: {folder.name}", scores, [evaluation], origin, cfg.report_clips)
    weights = {name: settings[name] for name in ("lm_weight", "word_bonus") if name in settings}
    result = scores.summary | weights | {"failed": len(scores.failures), "results": str(folder / RESULTS_NAME)}
    return CommandOutcome(result, len(scores.failures))


def _full_name(model: Path) -> str:
    """Return the path of a recognizer wherever a command is called, its URL, or the name of one in the package."""
    return shown(model.absolute() if model.exists() else model)


def load_with_runtime(cfg: EvaluateConfig, models: Sequence[Path]) -> ClipPredictor:
    """Load a recognizer, or several as an ensemble, with the runtime that the settings name."""
    return load_predictor(models, cfg.runtime, free_cores(cfg.num_workers))


def score_split(
    cfg: EvaluateConfig,
    predictor: ClipPredictor,
    all_clips: list[Clip],
    folder: Path | None = None,
    key: str | None = None,
) -> Evaluation:
    """Score a recognizer on one split, or on all clips, of a corpus.

    Args:
        cfg: The settings.
        predictor: The recognizer, with its own decoder.
        all_clips: The clips of the corpus.
        folder: The output folder, in which shards have left predictions.
        key: Key of those predictions; None to make all predictions.

    Raises:
        InputError: The corpus has no such clips, or the recognizer knows none of their labels.
    """
    groups = choose_groups(all_clips, cfg.groups)
    ready = get_ready(cfg, predictor, all_clips, None)
    clips = select_split(all_clips, cfg.split)
    known = read_known(folder, key, ready.prepared, clips) if folder is not None and key is not None else {}
    predictions = {name: prediction for name, (prediction, _) in known.items()}
    scores = score(ready.predictor, ready.prepared, clips, cfg.batch_size, predictions, groups)
    interpreter = ready.predictor.interpreter
    settings = readable_settings(interpreter.decoder)
    return Evaluation(
        scores, interpreter.error_rates, settings, split_fingerprints(clips), ready.predictor, ready.prepared
    )


def check_output_dir(folder: Path) -> None:
    """Check that scores would be written over nothing but earlier scores.

    Raises:
        InputError: The folder holds such a file that no evaluation wrote.
    """
    check_writes_only_own_files(folder, WRITTEN, "output_dir")


def write_scores(folder: Path, scores: Scores, details: dict[str, Any]) -> None:
    """Write the scores, a row for each clip, and the clips that failed."""
    write_json_rows(folder / RESULTS_NAME, scores.rows)
    write_failures(folder / FAILURES_NAME, scores.failures)
    write_json(folder / "scores.json", scores.summary | details | provenance())


def write_page(
    folder: Path,
    title: str,
    scores: Scores,
    evaluations: Sequence[Evaluation],
    origin: dict[str, Any],
    num_clips: int,
) -> None:
    """Write report.html about the clips of one evaluation, or of the folds of a cross-validation.

    Args:
        folder: The output folder.
        title: Title of the page.
        scores: The scores of all clips.
        evaluations: The evaluations that the clips are from.
        origin: The arguments of `Origin`.
        num_clips: Clips shown of each kind.
    """
    path = folder / "report.html"

    def write() -> None:
        from pipelines.reporting.clip_views import ClipViewer, PooledViewer
        from pipelines.reporting.report import Origin, ScoredClips, write_report

        viewers = []
        for each in evaluations:
            scored_ids = {row["id"] for row in each.scores.rows}
            clips = [clip for clip in each.prepared.clips if clip.id in scored_ids]  # others tuned the decoder
            viewers.append(ClipViewer(each.predictor, each.prepared, clips))
        rates, viewer = evaluations[0].error_rates, PooledViewer(viewers)
        scored = ScoredClips(origin["record"]["split"], scores, rates, viewer, num_clips)
        write_report(path, title, scored, Origin(**origin))

    attempt_page(path, write)


def _name(models: Sequence[Path]) -> str:
    names = [model.parent.name if model.name == "bundle" else model.name for model in models]
    return names[0] if len(names) == 1 else f"ensemble of {', '.join(names)}"
