"""The steps of recognising files: the same for sound and for signs."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Table

from data_prep.attempts import attempt_all
from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import Frames
from data_prep.media import Media
from data_prep.progress import counted
from pipelines.command import Outcome
from pipelines.decoding import change_decoder
from pipelines.formats import check_formats
from pipelines.inputs import Input, find_inputs
from pipelines.recordings import Piece, Reader, Recording, pieces_of
from pipelines.result import Result
from pipelines.result_folder import ResultFolder, settings_key
from pipelines.threads import free_cores
from recognizers.alignment import align
from recognizers.passage import Passage, put_together
from recognizers.prediction import Prediction
from recognizers.predictor import Predictor

log = logging.getLogger(__name__)

#: Pieces whose frames are held in memory at once, to be batched by length: so many, and so many seconds of them.
CHUNK_PIECES, CHUNK_S = 256, 1800.0
COMMAND_OF_TARGET = {"text": "transcribe", "label": "classify"}


def recognize_files(cfg: dict[str, Any], target: Literal["text", "label"]) -> Outcome:
    """Recognise files; write results.jsonl, a file of each format for each, and failures.jsonl.

    Inputs that have a result of the same content, model and settings in the output folder are skipped.

    Args:
        cfg: The keys of conf/transcribe.yaml or conf/classify.yaml, as plain values.
        target: What the command promises; a recognizer of the other kind is refused.
    """
    started = time.monotonic()
    check_formats(cfg["formats"], target)
    predictor = _predictor(cfg, target)
    reader = Reader(predictor.extractor, cfg.get("whole_up_to_s"))
    inputs, failures = find_inputs(cfg["inputs"], predictor.extractor.suffixes, cfg["encoding"])
    folder = ResultFolder(Path(cfg["output_dir"]), target, cfg["formats"], settings_key(cfg))
    if not cfg["overwrite"]:
        folder.check_nothing_is_lost(inputs)
    folder.begin(inputs, failures)
    waiting = inputs if cfg["overwrite"] else folder.unfinished(inputs)
    done, seconds = 0, 0.0
    pieces = _pieces(waiting, reader, cfg["num_workers"], folder, failures)
    for item, result in _results(pieces, predictor, folder, cfg):
        if failure := folder.add(item, result):
            failures.append(failure)
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
        return Outcome(counts | {"audio_s": round(seconds, 2), "rtfx": round(seconds / wall_s, 2)}, len(failures))
    return Outcome(counts, len(failures))


def _predictor(cfg: dict[str, Any], target: str) -> Predictor:
    predictor = Predictor.load(Path(cfg["model"]), cfg["runtime"], free_cores(cfg["num_workers"]))
    if predictor.interpreter.target != target:
        raise InputError(
            f"model={cfg['model']} gives a {predictor.interpreter.target} for a clip, not a {target}; use "
            f"python -m pipelines.{COMMAND_OF_TARGET[predictor.interpreter.target]}"
        )
    if cfg.get("decoder"):
        change_decoder(cfg["decoder"], predictor)
    return predictor


def _pieces(
    inputs: Sequence[Input], reader: Reader, num_workers: int, folder: ResultFolder, failures: list[Failure]
) -> Iterator[Piece]:
    """The pieces of each input as it is read; what cannot be read is added to the failures."""
    if not inputs:
        return
    by_id = {item.id: item for item in inputs}
    reader.extractor.get_ready()
    items: list[tuple[str, Media]] = [(item.id, item.media) for item in inputs]
    for name, read in counted(attempt_all(reader, items, num_workers), len(items), "recognising files"):
        if isinstance(read, Recording):
            yield from pieces_of(by_id[name], read, reader.extractor)
        else:
            failures.append(Failure(name, str(by_id[name].media.path), read.reason))
            folder.fail(failures[-1])


def _chunks(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    """Pieces that are recognised together; of two inputs or of one, whichever way they come."""
    chunk: list[Piece] = []
    seconds = 0.0
    for piece in pieces:
        chunk.append(piece)
        seconds += piece.stretch.end_s - piece.stretch.start_s if piece.stretch else 0.0
        if len(chunk) == CHUNK_PIECES or seconds > CHUNK_S:
            yield chunk
            chunk, seconds = [], 0.0
    if chunk:
        yield chunk


def _results(
    pieces: Iterator[Piece], predictor: Predictor, folder: ResultFolder, cfg: dict[str, Any]
) -> Iterator[tuple[Input, Result]]:
    """The result of each input, as soon as all its pieces are recognised."""
    target = predictor.interpreter.target
    recognize = _passages if target == "text" else _labels
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for chunk in _chunks(pieces):
        audible = [piece for piece in chunk if piece.frames is not None]
        answers = dict(zip(map(id, audible), recognize(audible, predictor, cfg), strict=True))
        for piece in chunk:
            item = piece.item
            if piece.frames is not None:
                found[item.id].append(answers[id(piece)])
            if len(found[item.id]) < piece.of:
                continue
            answer = found.pop(item.id)
            if target == "text":
                prediction = put_together(answer, predictor.interpreter.vocabulary, piece.duration_s, piece.heard)
            else:
                [prediction] = answer
            path, key = str(item.media.path), folder.key(piece.key)
            yield item, Result(item.id, path, target, prediction, piece.duration_s, key)


def _passages(pieces: Sequence[Piece], predictor: Predictor, cfg: dict[str, Any]) -> list[Passage]:
    """What is said in each piece, and when; a batch's emissions are let go before the next one's are made."""
    by_length = sorted(range(len(pieces)), key=lambda index: len(_frames(pieces[index]).values))
    passages: dict[int, Passage] = {}
    for start in range(0, len(pieces), cfg["batch_size"]):
        batch = by_length[start : start + cfg["batch_size"]]
        emissions = predictor.emissions([_frames(pieces[index]) for index in batch], cfg["batch_size"])
        for index, emission in zip(batch, emissions, strict=True):
            passages[index] = _passage(pieces[index], emission, predictor)
    return [passages[index] for index in range(len(pieces))]


def _passage(piece: Piece, log_probs: np.ndarray, predictor: Predictor) -> Passage:
    assert piece.stretch is not None
    ids, confidence = predictor.decode(log_probs)
    symbols = align(log_probs, ids, predictor.emission_rate_hz, predictor.extractor.frame_rate_hz)
    start_s, end_s = piece.stretch.start_s, piece.stretch.end_s
    placed = [
        replace(symbol, start_s=start_s + symbol.start_s, end_s=min(start_s + symbol.end_s, end_s))
        for symbol in symbols
    ]
    return Passage(placed, confidence, start_s, end_s, piece.stretch.overlap_s)


def _labels(pieces: Sequence[Piece], predictor: Predictor, cfg: dict[str, Any]) -> list[Prediction]:
    """The labels of each clip, the best `top_k` of them."""
    predictions = predictor.predict([_frames(piece) for piece in pieces], cfg["batch_size"])
    return [replace(each, scores=dict(list(each.scores.items())[: cfg["top_k"]])) for each in predictions]


def _frames(piece: Piece) -> Frames:
    assert piece.frames is not None  # pieces without are left out before
    return piece.frames


def _show(counts: dict[str, int], seconds: float, wall_s: float) -> None:
    """What was done, as a table for people."""
    table = Table(*counts, "hours", "speed")
    table.add_row(*map(str, counts.values()), f"{seconds / 3600:.2f}", f"{seconds / wall_s:.3g}x")
    Console(stderr=True).print(table)
