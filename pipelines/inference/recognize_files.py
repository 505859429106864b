"""Recognising files: the commands transcribe and classify.

The two differ in what they check, in the recognizer that they set up, and in their summaries. Everything else is in
`_recognize_files`, which both call.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.media import Media, MediaError
from data_prep.report.hand_marks import longest_filled_gap_s
from data_prep.store.content_hash import content_hash, media_key
from data_prep.workers.guarded_map import MediaFailure, guarded_map
from data_prep.workers.progress import track_progress
from pipelines.cli.command import CommandOutcome
from pipelines.cli.cpu_threads import free_cores
from pipelines.cli.schema import ClassifyConfig, TranscribeConfig
from pipelines.inference.chosen_models import chosen_models, name_setting
from pipelines.inference.decoder_setup import with_chosen_decoder
from pipelines.inference.file_result import FileResult
from pipelines.inference.formats import CLASSIFICATION_FORMATS, PICTURE_ENDINGS, TRANSCRIPT_FORMATS, ResultFormats
from pipelines.inference.inputs import Input, ReadingSettings, find_inputs
from pipelines.inference.output_dir import OutputDir
from pipelines.inference.recognition_summary import Summary, show_summary
from pipelines.inference.settings_key import settings_key
from pipelines.scaling.balance import share_of
from pipelines.scaling.shard import shard_of
from pipelines.scaling.shared_run import run_shard
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.inference.recognize import (
    Classifier,
    PredictionT,
    Recognized,
    RecordingQueue,
    SegmentRecognizer,
    SegmentResult,
    Transcriber,
)
from recognizers.inference.segments import Recording, RecordingReader
from recognizers.segmentation.detectors import detector_named

log = logging.getLogger(__name__)

#: Most failures that are logged; failures.jsonl lists all.
MAX_LOGGED_FAILURES = 10


def transcribe_files(cfg: TranscribeConfig) -> CommandOutcome:
    """Transcribe files, and write results.jsonl, failures.jsonl and a file of each format for each input.

    Inputs that have a result for the same content, model and settings in the output folder are skipped.
    """
    started = time.monotonic()
    cfg = replace(cfg, formats=TRANSCRIPT_FORMATS.check(cfg.formats))
    predictor = _load_predictor(cfg, "text")
    if cfg.decoder:
        predictor = with_chosen_decoder(predictor, cfg.decoder)
    detector = detector_named(cfg.voice_activity)
    reader = RecordingReader(predictor.extractor, cfg.whole_up_to_s, "text", detector)
    recognizer = Transcriber(predictor, cfg.batch_size)
    return _recognize_files(cfg, reader, recognizer, TRANSCRIPT_FORMATS, Summary.counts_and_speed, started)


def classify_files(cfg: ClassifyConfig) -> CommandOutcome:
    """Classify files, and write results.jsonl, failures.jsonl and the files of the formats.

    Inputs that have a result for the same content, model and settings in the output folder are skipped.
    """
    started = time.monotonic()
    cfg = replace(cfg, formats=CLASSIFICATION_FORMATS.check(cfg.formats))
    predictor = _load_predictor(cfg, "label")
    reader = RecordingReader(predictor.extractor, cfg.whole_up_to_s, "label")
    recognizer = Classifier(predictor, cfg.batch_size, cfg.top_k)
    return _recognize_files(cfg, reader, recognizer, CLASSIFICATION_FORMATS, Summary.counts, started)


def _load_predictor(cfg: ClassifyConfig | TranscribeConfig, target: Literal["text", "label"]) -> ClipPredictor:
    """Load the recognizer, and check that it suits the command and the formats."""
    predictor = load_predictor(chosen_models(cfg), cfg.runtime, free_cores(cfg.num_workers))
    if predictor.interpreter.target != target:
        raise InputError(
            f"{name_setting(cfg)} gives a {predictor.interpreter.target} for a clip, not a {target}; use "
            f"python -m pipelines.{predictor.interpreter.task}"
        )
    for name in PICTURE_ENDINGS:
        if name not in cfg.formats:
            continue
        if (found := predictor.extractor.modality) != "hands":
            raise InputError(f"formats: {name} is for recognizers of signs, and this one is of {found}; leave it out")
        require(f"formats=[{name}]", "cv2", "matplotlib")
    return predictor


def _recognize_files(
    cfg: ClassifyConfig | TranscribeConfig,
    reader: RecordingReader,
    recognizer: SegmentRecognizer[SegmentResult, PredictionT],
    formats: ResultFormats[PredictionT],
    describe: Callable[[Summary], dict[str, Any]],
    started: float,
) -> CommandOutcome:
    """Recognise the inputs, or those of a shard; the last shard merges what all of them wrote."""
    channel = None if cfg.channel == "mix" else cfg.channel
    reading = ReadingSettings(cfg.encoding, channel, cfg.audio_stream)
    shard, key, folder = shard_of(cfg), settings_key(cfg), Path(cfg.output_dir)
    if shard is not None and "-" in ([cfg.inputs] if isinstance(cfg.inputs, str) else cfg.inputs):
        raise InputError("inputs=-: shards cannot share one stdin; write the paths into a manifest, and give its name")
    inputs, lost = find_inputs(cfg.inputs, reader.extractor.suffixes, reading)

    def recognize(own: Sequence[Input], lost: Sequence[Failure]) -> CommandOutcome:
        output_dir = OutputDir(folder, formats, cfg.formats, key, shard, lock=shard is None)
        summary = _fill(output_dir, cfg, own, lost, reader, recognizer, started)
        return CommandOutcome(describe(summary), summary.failed)

    def merge(results: list[dict[str, Any]]) -> CommandOutcome:
        failed = OutputDir(folder, formats, cfg.formats, key, lock=False).merge(inputs)
        added = {name: sum(result[name] for result in results) for name in ("done", "skipped")}
        if all("audio_s" in result for result in results):
            added["audio_s"] = round(sum(result["audio_s"] for result in results), 2)
        return CommandOutcome(added | {"failed": len(failed)}, len(failed))

    if shard is None:
        return recognize(inputs, lost)
    share = share_of(inputs, shard, lambda item: (item.id, item.media))
    own_lost = lost if shard.index == 0 else []  # each shard finds them
    return run_shard(folder, shard, f"{key}-{share.key}", lambda: recognize(share.items, own_lost), merge)


def _fill(
    output_dir: OutputDir[PredictionT],
    cfg: ClassifyConfig | TranscribeConfig,
    inputs: Sequence[Input],
    lost: Sequence[Failure],
    reader: RecordingReader,
    recognizer: SegmentRecognizer[SegmentResult, PredictionT],
    started: float,
) -> Summary:
    """Recognise the inputs that are not finished, and write a result or a failure for each.

    Args:
        output_dir: Receives the results.
        cfg: The settings.
        inputs: The inputs.
        lost: Names of inputs that were not found.
        reader: Reads the inputs.
        recognizer: Recognises them.
        started: When the command started.
    """
    if not cfg.overwrite:
        output_dir.check_overwrites_only_results(inputs)
    output_dir.check_replaces_only_results()
    output_dir.begin(inputs)
    failures = list(lost)
    for failure in failures:
        output_dir.add_failure(failure)
    unfinished = inputs if cfg.overwrite else output_dir.find_unfinished(inputs)

    done, media_s, fill_gaps_s = 0, 0.0, longest_filled_gap_s(reader.extractor)
    for outcome in _recognize(unfinished, reader, recognizer, cfg.num_workers):
        written = outcome if isinstance(outcome, Failure) else _write(output_dir, outcome, fill_gaps_s)
        if isinstance(written, Failure):
            output_dir.add_failure(written)
            failures.append(written)
        else:
            done, media_s = done + 1, media_s + written.prediction.duration_s
    output_dir.finish()

    for failure in failures[:MAX_LOGGED_FAILURES]:
        log.warning("failed: %s", failure.reason)
    log.info("results in %s", output_dir.folder)
    wall_s = time.monotonic() - started
    summary = Summary(done, len(inputs) - len(unfinished), len(failures), media_s, wall_s)
    show_summary(summary)
    return summary


@dataclass(frozen=True)
class KeyedInput:
    """An input that was read.

    Attributes:
        input: The input.
        media_key: Hash of the media's content and of the part of it that is meant.
    """

    input: Input
    media_key: str


def _recognize(
    inputs: Sequence[Input],
    reader: RecordingReader,
    recognizer: SegmentRecognizer[SegmentResult, PredictionT],
    num_workers: int,
) -> Iterator[Recognized[KeyedInput, PredictionT] | Failure]:
    """Read and recognise inputs; yields each prediction or failure as soon as it is known."""
    queue: RecordingQueue[KeyedInput, SegmentResult, PredictionT] = RecordingQueue(recognizer)
    for item, read in _read(inputs, reader, num_workers):
        if isinstance(read, MediaFailure):
            yield Failure(item.id, str(item.media.path), read.reason)
        else:
            yield from queue.add(KeyedInput(item, read.media_key), read.recording)
    yield from queue.flush()


@dataclass(frozen=True)
class ReadFile:
    """A media file as a worker process has read it.

    Attributes:
        recording: The recording in it.
        media_key: Hash of the media's content and of the part of it that is meant.
    """

    recording: Recording
    media_key: str


@dataclass(frozen=True)
class _KeyedReader:
    """Reads a file and hashes it; picklable, so that it can work in other processes."""

    reader: RecordingReader

    def __call__(self, media: Media) -> ReadFile:
        return ReadFile(self.reader(media), media_key(media, content_hash(media.path)))


def _read(
    inputs: Sequence[Input], reader: RecordingReader, num_workers: int
) -> Iterator[tuple[Input, ReadFile | MediaFailure]]:
    """Read inputs in worker processes, behind a progress bar; yields them in the order in which they are read."""
    if not inputs:
        return
    by_id = {item.id: item for item in inputs}
    media = [(item.id, item.media) for item in inputs]
    reader.extractor.get_ready([item.media for item in inputs])
    results = guarded_map(_KeyedReader(reader), media, num_workers)
    for input_id, read in track_progress(results, len(inputs), "recognising files"):
        yield by_id[input_id], read


def _write(
    output_dir: OutputDir[PredictionT], recognized: Recognized[KeyedInput, PredictionT], fill_gaps_s: float
) -> FileResult[PredictionT] | Failure:
    """Write a result and, if wanted, pictures of it; return the result, or a failure if it cannot be written."""
    item, prediction = recognized.source.input, recognized.prediction
    key = output_dir.result_key(recognized.source.media_key)
    result = FileResult(item.id, str(item.media.path), prediction, key, item.media.start_s)
    if failure := output_dir.add_result(item, result):
        return failure
    paths = output_dir.picture_paths(item)
    if paths and recognized.landmarks is not None:
        from pipelines.inference.sign_pictures import write_sign_pictures  # needs OpenCV, which sound does not

        try:
            write_sign_pictures(paths, item.media, recognized.landmarks, fill_gaps_s, prediction)
        except MediaError as error:
            return Failure(item.id, result.path, str(error))
    return result
