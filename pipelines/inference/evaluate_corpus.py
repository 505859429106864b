"""Scoring of a trained recognizer on a corpus: the steps of `pipelines.evaluate`."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json
from data_prep.errors import InputError
from data_prep.failures import write_failures
from data_prep.json_rows import write_json_rows
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from data_prep.splits import split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.own_files import check_writes_only_own_files
from pipelines.cli.provenance import command_line, provenance
from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.chosen_models import chosen_models
from pipelines.inference.decoder_setup import complete_decoder, readable_settings, with_chosen_decoder
from pipelines.inference.own_corpus import common_clips, read_own_corpus
from pipelines.reporting.last_step import attempt_page
from recognizers.error_rate import ErrorRate
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.scoring import Scores, score
from recognizers.instantiate import instantiate
from recognizers.pretrained import folder_for_results
from recognizers.training.targets import target_of
from recognizers.vocabulary import split_target

log = logging.getLogger(__name__)

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

    Args:
        cfg: The settings.
        overrides: Settings given on the command line, which the report repeats.
    """
    models = chosen_models(cfg)
    folder = Path(cfg.output_dir or _default_folder(cfg, models))
    check_output_dir(folder)
    predictor = load_with_runtime(cfg, models)
    corpus = cfg.corpus or read_own_corpus(models[0])
    clips = instantiate(corpus).clips() if cfg.corpus else common_clips(models)
    evaluation = score_split(cfg, predictor, clips)
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
    result = scores.summary | weights | {"failed": len(scores.failures), "results": str(folder / "results.jsonl")}
    return CommandOutcome(result, len(scores.failures))


def _full_name(model: Path) -> str:
    """Return the path of a recognizer wherever a command is called, or the name of one that comes with the package."""
    return str(model.absolute() if model.exists() else model)


def load_with_runtime(cfg: EvaluateConfig, models: Sequence[Path]) -> ClipPredictor:
    """Load a recognizer, or several as an ensemble, with the runtime that the settings name."""
    return load_predictor(models, cfg.runtime, free_cores(cfg.num_workers))


def score_split(cfg: EvaluateConfig, predictor: ClipPredictor, all_clips: list[Clip]) -> Evaluation:
    """Score a recognizer on one split, or on all clips, of a corpus.

    Raises:
        InputError: The corpus has no such clips, or the recognizer knows none of their labels.
    """
    clips = select_split(all_clips, cfg.split)
    check_targets(predictor, clips)
    if cfg.decoder:
        predictor = with_chosen_decoder(predictor, cfg.decoder, can_tune=True)
    decoder = predictor.interpreter.decoder
    # Weights that are not set are tuned on validation clips, unless these are what is scored.
    can_tune = not decoder.is_complete and cfg.split in ("train", "test")
    tuning_clips = [clip for clip in all_clips if can_tune and clip.split == "validation"]
    prepared = prepare([*clips, *tuning_clips], predictor.extractor, Path(cfg.store_dir), cfg.num_workers)
    decoder = complete_decoder(decoder, predictor, prepared, tuning_clips, cfg.batch_size)
    predictor = predictor.with_decoder(decoder)
    scores = score(predictor, prepared, clips, cfg.batch_size)
    rates = predictor.interpreter.error_rates
    return Evaluation(scores, rates, readable_settings(decoder), split_fingerprints(clips), predictor, prepared)


def output_name(cfg: EvaluateConfig, corpus: str) -> str:
    """Return the name of the folder of an evaluation among the others."""
    return "_".join(filter(None, (corpus, cfg.split, cfg.decoder_name)))


def check_output_dir(folder: Path) -> None:
    """Check that scores would be written over nothing but earlier scores.

    Raises:
        InputError: The folder holds such a file that no evaluation wrote.
    """
    check_writes_only_own_files(folder, WRITTEN, "output_dir")


def write_scores(folder: Path, scores: Scores, details: dict[str, Any]) -> None:
    """Write the scores, a row for each clip, and the clips that failed."""
    write_json_rows(folder / "results.jsonl", scores.rows)
    write_failures(folder / "failures.jsonl", scores.failures)
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


def _default_folder(cfg: EvaluateConfig, models: Sequence[Path]) -> Path:
    name = output_name(cfg, cfg.corpus_name or "own")
    if len(models) == 1:
        return folder_for_results(models[0]) / "evaluations" / name
    parents = [folder_for_results(model).absolute().parent for model in models]
    return Path(os.path.commonpath(parents), "evaluations", f"ensemble_{name}")


def _name(models: Sequence[Path]) -> str:
    names = [model.parent.name if model.name == "bundle" else model.name for model in models]
    return names[0] if len(names) == 1 else f"ensemble of {', '.join(names)}"


def select_split(clips: list[Clip], split: str) -> list[Clip]:
    """Return the clips of a split, or all clips.

    Raises:
        InputError: There are none.
    """
    selected = [clip for clip in clips if split in ("all", clip.split)]
    if not selected:
        found = sorted({str(clip.split) for clip in clips})
        raise InputError(
            f"split={split}: the corpus has no such clips; give one of its splits ({', '.join(found)}), or split=all"
        )
    return selected


def check_targets(predictor: ClipPredictor, clips: list[Clip]) -> None:
    """Warn about symbols that the recognizer cannot emit.

    Raises:
        InputError: The recognizer knows none of the corpus's labels.
    """
    vocabulary = predictor.interpreter.vocabulary
    targets = {target_of(clip, vocabulary.unit, vocabulary.normalize) for clip in clips}
    symbols = {symbol for target in targets for symbol in split_target(target, vocabulary.unit, vocabulary.normalize)}
    unknown = symbols.difference(vocabulary.symbols)
    if not unknown:
        return
    examples = ", ".join(map(repr, sorted(unknown)[:8]))
    if vocabulary.unit == "label" and targets.isdisjoint(vocabulary.symbols):
        raise InputError(
            f"the recognizer knows none of the corpus's labels ({examples}); it knows "
            f"{', '.join(vocabulary.symbols[:8])}; give the corpus it was trained on, or one with the same labels"
        )
    log.warning(
        "the corpus has %d %s(s) that the recognizer cannot emit, which count as errors: %s; check that both use the "
        "same spelling (upper and lower case)",
        len(unknown),
        vocabulary.unit,
        examples,
    )
