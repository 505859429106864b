"""Alignment of a corpus with its texts: the steps of `pipelines.align`."""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data_prep.atomic import write_json, write_text
from data_prep.errors import InputError
from data_prep.failures import Failure, write_failures
from data_prep.manifest import Clip, write_manifest
from data_prep.prepare import Prepared, prepare
from pipelines.cli.align_schema import FORMATS, AlignConfig
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.own_files import check_writes_only_own_files, manifests_of
from pipelines.cli.provenance import provenance
from pipelines.inference.chosen_models import chosen_models, name_setting
from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import ctm, transcript_text_grid
from pipelines.inference.own_corpus import common_clips
from pipelines.inference.scored_clips import select_split
from recognizers.inference.aligned_clip import AlignedClip, write_alignments
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.unit_alignment import align_clips
from recognizers.instantiate import instantiate
from recognizers.prediction import Transcript
from recognizers.recombination.unit_pools import MIN_CONFIDENCE
from recognizers.training.targets import target_of

log = logging.getLogger(__name__)

#: Files that the command writes; the last one marks its folder.
WRITTEN = (*FORMATS.values(), "failures.jsonl", "align.json")


def align_corpus(cfg: AlignConfig) -> CommandOutcome:
    """Write when each unit of the clips of a corpus is said or signed.

    Raises:
        InputError: The recognizer is not one of text, the corpus cannot be read, none of its clips can be aligned, or
            the folder holds files of others.
    """
    models = chosen_models(cfg)
    folder = Path(cfg.output)
    root = cfg.corpus.get("root") if cfg.corpus else None
    check_writes_only_own_files(folder, WRITTEN, "output", manifests_of(root))
    predictor = load_predictor(models, cfg.runtime, free_cores(cfg.num_workers))
    if predictor.interpreter.target != "text":
        raise InputError(
            f"{name_setting(cfg)} recognises one label a clip, so there is nothing to align; give a recognizer of text "
            "(head=ctc)"
        )
    clips = select_split(instantiate(cfg.corpus).clips() if cfg.corpus else common_clips(models), cfg.split)
    prepared = prepare(clips, predictor.extractor, Path(cfg.store_dir), cfg.num_workers)
    aligned, failures = _align(predictor, prepared, cfg.batch_size)
    failures = prepared.failures + failures
    if not aligned:
        raise InputError(f"none of the {len(clips)} clips can be aligned; the first: {failures[0].reason}")
    result = {
        "clips": len(aligned),
        "units": sum(len(clip.words) for clip in aligned),
        "failed": len(failures),
        "output": str(folder),
    }
    _write(folder, cfg.formats, aligned, {clip.id: clip for clip in prepared.clips})
    write_failures(folder / "failures.jsonl", failures)
    settings = {"models": [str(model) for model in models], "corpus": cfg.corpus, "split": cfg.split}
    write_json(folder / "align.json", result | settings | {"formats": cfg.formats} | provenance())
    return CommandOutcome(result, len(failures))


def _align(predictor: ClipPredictor, prepared: Prepared, batch_size: int) -> tuple[list[AlignedClip], list[Failure]]:
    """Align the clips, and list those whose text has unknown symbols or is too long, in the order of the clips."""
    vocabulary = predictor.interpreter.vocabulary
    errors: dict[str, ValueError] = {}  # InputError is one
    encoded = []
    for clip in prepared.clips:
        try:
            encoded.append((clip, vocabulary.encode(target_of(clip, vocabulary.unit, vocabulary.normalize))))
        except InputError as error:
            errors[clip.id] = error
    aligned = []
    for (clip, _), outcome in zip(encoded, align_clips(predictor, encoded, prepared.signal, batch_size), strict=True):
        if isinstance(outcome, AlignedClip):
            aligned.append(outcome)
        else:
            errors[clip.id] = outcome
    failures = [
        Failure(clip.id, str(clip.path), f"clip {clip.id} cannot be aligned: {errors[clip.id]}")
        for clip in prepared.clips
        if clip.id in errors
    ]
    if failures:
        log.warning("%d clips cannot be aligned; the first: %s", len(failures), failures[0].reason)
    return aligned, failures


def _write(folder: Path, formats: Sequence[str], aligned: Sequence[AlignedClip], clips: dict[str, Clip]) -> None:
    """Write the chosen formats, and remove the lists of an earlier call; its TextGrids stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("jsonl", "ctm", "units"):
        if name not in formats:
            (folder / FORMATS[name]).unlink(missing_ok=True)
    if "jsonl" in formats:
        write_alignments(folder / FORMATS["jsonl"], aligned)
    if "ctm" in formats:
        write_text(folder / FORMATS["ctm"], "".join(ctm(_as_result(clip)) for clip in aligned))
    if "textgrid" in formats:
        grids = folder / FORMATS["textgrid"]
        grids.mkdir(exist_ok=True)
        for clip, name in zip(aligned, _file_names([clip.id for clip in aligned]), strict=True):
            write_text(grids / f"{name}.TextGrid", transcript_text_grid(_as_result(clip)))
    if "units" in formats:
        units = [unit for each in aligned for unit in _unit_clips(clips[each.id], each)]
        left_out = sum(len(each.words) for each in aligned) - len(units)
        log.info("%d units are clips of %s; %d uncertain ones are left out", len(units), FORMATS["units"], left_out)
        write_manifest(folder / FORMATS["units"], units)


def _as_result(clip: AlignedClip) -> FileResult[Transcript]:
    return FileResult(clip.id, clip.path, Transcript(clip.text, 1.0, clip.words, clip.duration_s), key="")


def _unit_clips(clip: Clip, aligned: AlignedClip) -> Iterator[Clip]:
    """Yield a clip for each certain unit, whose text and label are the unit."""
    first_s = clip.start_s or 0.0
    for number, word in enumerate(aligned.words):
        start_s, end_s = round(first_s + word.start_s, 3), round(first_s + word.end_s, 3)
        if word.confidence >= MIN_CONFIDENCE and start_s < end_s:
            yield Clip(
                f"{clip.id}/{number}",
                clip.path,
                start_s,
                end_s,
                text=word.text,
                label=word.text,
                speaker=clip.speaker,
                split=clip.split,
                encoding=clip.encoding,
                channel=clip.channel,
                audio_stream=clip.audio_stream,
            )


def _file_names(ids: Sequence[str]) -> Iterator[str]:
    """Yield a name for the file of each id that any file system accepts, and no name twice."""
    taken: set[str] = set()
    for clip_id in ids:
        stem = re.sub(r"[^\w.-]+", "_", clip_id).strip("._")[:150] or "clip"
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name.lower())
        yield name
