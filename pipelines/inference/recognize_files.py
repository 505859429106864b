"""Recognising files: the commands transcribe and classify.

The two differ in what they check, in the recognizer that they set up, and in their summaries. Everything else is in
`_recognize_files`, which both call.
"""

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
from pipelines.inference.output_dir import OutputDir, settings_key
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


@dataclass(frozen=True)
class Summary:
    """Totals of one call of a command.

    Attributes:
        done: Inputs that were recognised.
        skipped: Inputs that were finished by an earlier call.
        failed: Inputs that could not be found, read or written.
        media_s: Duration of the media that was recognised, in seconds.
        wall_s: Duration of the call, in seconds.
    """

    done: int
    skipped: int
    failed: int
    media_s: float
    wall_s: float

    def counts(self) -> dict[str, int]:
        """Return the numbers of inputs for the command's JSON line."""
        return {"done": self.done, "failed": self.failed, "skipped": self.skipped}


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
    summary = _recognize_files(cfg, reader, Transcriber(predictor, cfg.batch_size), TRANSCRIPT_FORMATS, started)
    speed = {"audio_s": round(summary.media_s, 2), "rtfx": round(summary.media_s / summary.wall_s, 2)}
    return CommandOutcome(summary.counts() | speed, summary.failed)


def classify_files(cfg: ClassifyConfig) -> CommandOutcome:
    """Classify files, and write results.jsonl, failures.jsonl and the files of the formats.

    Inputs that have a result for the same content, model and settings in the output folder are skipped.
    """
    started = time.monotonic()
    cfg = replace(cfg, formats=CLASSIFICATION_FORMATS.check(cfg.formats))
    predictor = _load_predictor(cfg, "label")
    reader = RecordingReader(predictor.extractor, cfg.whole_up_to_s, "label")
    recognizer = Classifier(predictor, cfg.batch_size, cfg.top_k)
    summary = _recognize_files(cfg, reader, recognizer, CLASSIFICATION_FORMATS, started)
    return CommandOutcome(summary.counts(), summary.failed)


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
    started: float,
) -> Summary:
    """Find the inputs, recognise those that are not finished, and write a result or a failure for each."""
    channel = None if cfg.channel == "mix" else cfg.channel
    reading = ReadingSettings(cfg.encoding, channel, cfg.audio_stream)
    inputs, failures = find_inputs(cfg.inputs, reader.extractor.suffixes, reading)
    output_dir = OutputDir(Path(cfg.output_dir), formats, cfg.formats, settings_key(cfg))
    if not cfg.overwrite:
        output_dir.check_overwrites_only_results(inputs)
    output_dir.check_replaces_only_results()
    output_dir.begin(inputs)
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
    _show(summary)
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


def _show(summary: Summary) -> None:
    """Show the summary as a table on stderr."""
    counts, speed = summary.counts(), summary.media_s / summary.wall_s
    table = Table(*counts, "hours", "speed")
    table.add_row(*map(str, counts.values()), f"{summary.media_s / 3600:.2f}", f"{speed:.3g}x")
    Console(stderr=True).print(table)
