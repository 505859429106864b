"""The steps of scoring a trained recognizer."""

import json
import logging
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json, write_text
from data_prep.errors import InputError
from data_prep.failures import write_failures
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from data_prep.splits import split_fingerprints
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.provenance import provenance
from pipelines.cli.schema import EvaluateConfig
from pipelines.inference.decoder_setup import complete_decoder, settings_of, with_chosen_decoder
from recognizers.inference.predictor import Predictor
from recognizers.inference.scoring import Scores, score
from recognizers.instantiate import instantiate
from recognizers.training.targets import target_of
from recognizers.vocabulary import split_target

log = logging.getLogger(__name__)


def evaluate(cfg: EvaluateConfig) -> CommandOutcome:
    """Score a bundle on the clips of a split, or of all, of its own corpus or another.

    Args:
        cfg: The keys of conf/evaluate.yaml, as plain values.
    """
    predictor = Predictor.load(Path(cfg.model), cfg.runtime, free_cores(cfg.num_workers))
    corpus = cfg.corpus or _own_corpus(Path(cfg.model))
    all_clips = instantiate(corpus).clips()
    clips = _chosen(all_clips, cfg.split)
    _check_vocabulary(predictor, clips)
    if cfg.decoder:
        predictor = with_chosen_decoder(predictor, cfg.decoder, can_tune=True)
    predictor, prepared = _prepare(cfg, predictor, all_clips, clips)
    scores = score(predictor, prepared, clips, cfg.batch_size)
    name = "_".join(filter(None, (cfg.corpus_name or "own", cfg.split, cfg.decoder_name)))
    folder = Path(cfg.output_dir or Path(cfg.model) / "evaluations" / name)
    decoder = settings_of(predictor.interpreter.decoder)
    about = {"corpus": corpus, "split": cfg.split, "decoder": decoder, "fingerprints": split_fingerprints(clips)}
    _write(folder, scores, about)
    weights = {name: decoder[name] for name in ("lm_weight", "word_bonus") if name in decoder}
    result = scores.summary | weights | {"failed": len(scores.failures), "results": str(folder / "results.jsonl")}
    return CommandOutcome(result, len(scores.failures))


def _prepare(
    cfg: EvaluateConfig, predictor: Predictor, all_clips: list[Clip], clips: list[Clip]
) -> tuple[Predictor, Prepared]:
    """Prepare the clips to score, and tune the decoder's weights that are not set."""
    decoder = predictor.interpreter.decoder
    # Tuned on the corpus's validation clips, but never on what is scored.
    can_tune = not decoder.is_complete and cfg.split in ("train", "test")
    for_tuning = [clip for clip in all_clips if can_tune and clip.split == "validation"]
    prepared = prepare([*clips, *for_tuning], predictor.extractor, Path(cfg.store_dir), cfg.num_workers)
    decoder = complete_decoder(decoder, predictor, prepared, for_tuning, cfg.batch_size)
    return predictor.with_decoder(decoder), prepared


def _own_corpus(model: Path) -> dict[str, Any]:
    report = model / "report.json"
    if not report.is_file():
        raise InputError(f"model={model} has no report.json that names its corpus; give corpus=NAME corpus.root=DIR")
    corpus: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["config"]["corpus"]
    return corpus


def _chosen(clips: list[Clip], split: str) -> list[Clip]:
    chosen = [clip for clip in clips if split in ("all", clip.split)]
    if not chosen:
        found = sorted({str(clip.split) for clip in clips})
        raise InputError(f"split={split}: the corpus has no such clips, only {', '.join(found)}; split=all takes all")
    return chosen


def _check_vocabulary(predictor: Predictor, clips: list[Clip]) -> None:
    """Say how many targets the recognizer cannot emit; a corpus of which it knows no label is refused."""
    vocabulary = predictor.interpreter.vocabulary
    strange = {
        symbol
        for clip in clips
        for symbol in split_target(target_of(clip, vocabulary.unit), vocabulary.unit)
        if symbol not in vocabulary.symbols
    }
    if not strange:
        return
    shown = ", ".join(map(repr, sorted(strange)[:8]))
    known = {target_of(clip, vocabulary.unit) for clip in clips} & set(vocabulary.symbols)
    if vocabulary.unit == "label" and not known:
        raise InputError(
            f"the recognizer knows none of the corpus's labels ({shown}); it knows {', '.join(vocabulary.symbols[:8])}"
        )
    log.warning(
        "the corpus has %d %s(s) that the recognizer cannot emit, which count as errors: %s; are both spelled alike "
        "(upper and lower case)?",
        len(strange),
        vocabulary.unit,
        shown,
    )


def _write(folder: Path, scores: Scores, about: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [json.dumps(row, ensure_ascii=False) + "\n" for row in scores.rows]
    write_text(folder / "results.jsonl", "".join(rows))
    write_failures(folder / "failures.jsonl", scores.failures)
    write_json(folder / "scores.json", scores.summary | about | provenance())
