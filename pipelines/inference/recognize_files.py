"""The steps of recognising files: the same for sound and for signs."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import Signal
from data_prep.media import Media, MediaError
from data_prep.store.content_hash import content_hash, media_key
from data_prep.workers.guarded_map import MediaFailure, guarded_map
from data_prep.workers.progress import track_progress
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.schema import ClassifyConfig, TranscribeConfig
from pipelines.inference.decoder_setup import with_chosen_decoder
from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import VIDEO, check_formats
from pipelines.inference.inputs import Input, find_inputs
from pipelines.inference.output_dir import OutputDir, settings_key
from recognizers.inference.predictor import Predictor
from recognizers.inference.recognize import answers
from recognizers.inference.segments import Piece, Reader, Recording, pieces_of
from recognizers.prediction import Prediction

log = logging.getLogger(__name__)


def recognize_files(cfg: ClassifyConfig | TranscribeConfig, target: Literal["text", "label"]) -> CommandOutcome:
    """Recognise files; write results.jsonl, a file of each format for each, and failures.jsonl.

    Inputs that have a result of the same content, model and settings in the output folder are skipped.

    Args:
        cfg: The keys of conf/transcribe.yaml or conf/classify.yaml, as plain values.
        target: What the command promises; a recognizer of the other kind is refused.
    """
    started = time.monotonic()
    check_formats(cfg.formats, target)
    predictor = _predictor(cfg, target)
    reader = Reader(predictor.extractor, cfg.whole_up_to_s, target)
    inputs, failures = find_inputs(cfg.inputs, predictor.extractor.suffixes, cfg.encoding)
    folder = OutputDir(Path(cfg.output_dir), target, cfg.formats, settings_key(cfg))
    if not cfg.overwrite:
        folder.check_nothing_is_lost(inputs)
    folder.begin(inputs, failures)
    waiting = inputs if cfg.overwrite else folder.unfinished(inputs)
    done, seconds = 0, 0.0
    for item, result, landmarks in _results(waiting, reader, predictor, folder, failures, cfg):
        if failure := folder.add(item, result):
            failures.append(failure)
            continue
        if VIDEO in cfg.formats and not _drawn(item, result, landmarks, folder, failures):
            continue
        done, seconds = done + 1, seconds + result.duration_s
    folder.finish()
    for failure in failures[:10]:
        log.warning("failed: %s", failure.reason)
    log.info("results in %s", folder.folder)
    wall_s = time.monotonic() - started
    counts = {"done": done, "failed": len(failures), "skipped": len(inputs) - len(waiting)}
    _show(counts, seconds, wall_s)
    if target == "text":
        return CommandOutcome(
            counts | {"audio_s": round(seconds, 2), "rtfx": round(seconds / wall_s, 2)}, len(failures)
        )
    return CommandOutcome(counts, len(failures))


def _drawn(
    item: Input, result: FileResult, landmarks: Signal | None, folder: OutputDir, failures: list[Failure]
) -> bool:
    """Whether the video of a result could be written; if not, that is added to the failures."""
    from pipelines.inference.overlay_video import draw_signs  # what draws is in the way of who wants a transcript

    assert landmarks is not None  # only hands come so far
    try:
        draw_signs(item.media, landmarks, result, folder.video_path(item))
    except MediaError as error:
        failures.append(Failure(item.id, str(item.media.path), str(error)))
        folder.fail(failures[-1])
        return False
    return True


def _predictor(cfg: ClassifyConfig | TranscribeConfig, target: str) -> Predictor:
    predictor = Predictor.load(Path(cfg.model), cfg.runtime, free_cores(cfg.num_workers))
    if predictor.interpreter.target != target:
        raise InputError(
            f"model={cfg.model} gives a {predictor.interpreter.target} for a clip, not a {target}; use "
            f"python -m pipelines.{predictor.interpreter.task}"
        )
    if VIDEO in cfg.formats and predictor.extractor.modality != "hands":
        raise InputError("formats: video is for recognizers of signs, and this one is of sound; leave it out")
    if VIDEO in cfg.formats:
        require("formats=[video]", "cv2")
    if isinstance(cfg, TranscribeConfig) and cfg.decoder:
        return with_chosen_decoder(predictor, cfg.decoder)
    return predictor


def _results(
    inputs: Sequence[Input],
    reader: Reader,
    predictor: Predictor,
    folder: OutputDir,
    failures: list[Failure],
    cfg: ClassifyConfig | TranscribeConfig,
) -> Iterator[tuple[Input, FileResult, Signal | None]]:
    """The result of each input, as soon as it is recognised, and its landmarks; what cannot be read is a failure."""
    keys: dict[str, str] = {}
    by_id = {item.id: item for item in inputs}
    pieces = _pieces(inputs, reader, cfg.num_workers, folder, failures, keys)
    for answer in answers(pieces, predictor, cfg.batch_size):
        item, key = by_id[answer.id], folder.key(keys.pop(answer.id))
        prediction = _best(answer.prediction, cfg.top_k if isinstance(cfg, ClassifyConfig) else None)
        target = predictor.interpreter.target
        result = FileResult(item.id, str(item.media.path), target, prediction, answer.duration_s, key)
        yield item, result, answer.landmarks


@dataclass(frozen=True)
class _KeyedReader:
    """Reads files, in whatever process, and tells the key of what is in each."""

    reader: Reader

    def __call__(self, media: Media) -> tuple[Recording, str]:
        recording = self.reader(media)
        return recording, media_key(media, content_hash(media.path))


def _pieces(
    inputs: Sequence[Input],
    reader: Reader,
    num_workers: int,
    folder: OutputDir,
    failures: list[Failure],
    keys: dict[str, str],
) -> Iterator[Piece]:
    """The pieces of each input as it is read; its key is added to the keys, what cannot be read to the failures."""
    if not inputs:
        return
    paths = {item.id: str(item.media.path) for item in inputs}
    reader.extractor.get_ready([item.media for item in inputs])
    items: list[tuple[str, Media]] = [(item.id, item.media) for item in inputs]
    for name, read in track_progress(
        guarded_map(_KeyedReader(reader), items, num_workers), len(items), "recognising files"
    ):
        if isinstance(read, MediaFailure):
            failures.append(Failure(name, paths[name], read.reason))
            folder.fail(failures[-1])
        else:
            recording, keys[name] = read
            yield from pieces_of(name, recording, reader.extractor)


def _best(prediction: Prediction, top_k: int | None) -> Prediction:
    """With the scores of the best labels alone; None for transcripts, which have none."""

    def best(scores: dict[str, float]) -> dict[str, float]:
        return dict(list(scores.items())[:top_k])

    labels = tuple(replace(label, scores=best(label.scores)) for label in prediction.labels)
    return replace(prediction, scores=best(prediction.scores), labels=labels)


def _show(counts: dict[str, int], seconds: float, wall_s: float) -> None:
    """What was done, as a table for people."""
    table = Table(*counts, "hours", "speed")
    table.add_row(*map(str, counts.values()), f"{seconds / 3600:.2f}", f"{seconds / wall_s:.3g}x")
    Console(stderr=True).print(table)
