"""The steps of recognising files: the same for sound and for signs."""

import contextlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from data_prep.attempts import attempt_all
from data_prep.errors import InputError
from data_prep.failures import Failure, write_failures
from data_prep.features.extractor import Frames
from data_prep.media import Media
from data_prep.progress import counted
from pipelines.command import Outcome
from pipelines.decoding import change_decoder
from pipelines.inputs import Input, find_inputs
from pipelines.threads import free_cores
from recognizers.prediction import Prediction
from recognizers.predictor import Predictor

log = logging.getLogger(__name__)

#: Files whose frames are held in memory at once, to be batched by length.
CHUNK_FILES = 256
COMMAND_OF_TARGET = {"text": "transcribe", "label": "classify"}


def recognize_files(cfg: dict[str, Any], target: Literal["text", "label"]) -> Outcome:
    """Recognise files; write a .txt for each, results.jsonl and failures.jsonl.

    Args:
        cfg: The keys of conf/transcribe.yaml or conf/classify.yaml, as plain values.
        target: What the command promises; a recognizer of the other kind is refused.
    """
    started = time.monotonic()
    predictor = Predictor.load(Path(cfg["model"]), cfg["runtime"], free_cores(cfg["num_workers"]))
    if predictor.interpreter.target != target:
        raise InputError(
            f"model={cfg['model']} gives a {predictor.interpreter.target} for a clip, not a {target}; use "
            f"python -m pipelines.{COMMAND_OF_TARGET[predictor.interpreter.target]}"
        )
    if cfg.get("decoder"):
        change_decoder(cfg["decoder"], predictor)
    inputs, failures = find_inputs(cfg["inputs"], predictor.extractor.suffixes, cfg["encoding"])
    output_dir = Path(cfg["output_dir"])
    output_dir.mkdir(parents=True, exist_ok=True)
    earlier = _earlier_results(output_dir / "results.jsonl")
    if not cfg["overwrite"]:
        _check_nothing_is_lost(inputs, output_dir, earlier)
    done, seconds = 0, 0.0
    _keep_latest(output_dir / "results.jsonl")  # without a line that was cut off: the next would be joined to it
    with open(output_dir / "results.jsonl", "a", encoding="utf-8", errors="backslashreplace") as results:
        for chunk in _chunks(_frames_of(inputs, predictor, cfg["num_workers"], failures)):
            predictions = predictor.predict([frames for _, frames in chunk], cfg["batch_size"])
            for (item, frames), prediction in zip(chunk, predictions, strict=True):
                duration_s = len(frames.values) / frames.frame_rate_hz
                _write(item, prediction, target, duration_s, output_dir, results)
                done, seconds = done + 1, seconds + duration_s
    _keep_latest(output_dir / "results.jsonl", failures)
    write_failures(output_dir / "failures.jsonl", failures)
    for failure in failures[:10]:
        log.warning("failed: %s", failure.reason)
    log.info("%d done, %d failed; results in %s", done, len(failures), output_dir)
    wall_s = time.monotonic() - started
    result: dict[str, Any] = {"done": done, "failed": len(failures)}
    if target == "text":
        result |= {"audio_s": round(seconds, 2), "rtfx": round(seconds / wall_s, 2)}
    return Outcome(result, len(failures))


def _output_path(item: Input, output_dir: Path) -> Path:
    return output_dir / item.output.parent / (item.output.name + ".txt")


def _earlier_results(path: Path) -> dict[str, str]:
    """The lines of an earlier call's results, by the id of the file."""
    if not path.is_file():
        return {}
    lines = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a line cut off when a call was killed
            lines[str(json.loads(line)["id"])] = line
    return lines


def _check_nothing_is_lost(inputs: Sequence[Input], output_dir: Path, earlier: Mapping[str, str]) -> None:
    """Refuse to write over what is not a result of ours: an input of that name, or a transcript made by hand."""
    strangers = [
        path for item in inputs if item.id not in earlier and (path := _output_path(item, output_dir)).exists()
    ]
    if strangers:
        raise InputError(
            f"output_dir={output_dir}: {strangers[0]} is there already and is no earlier result of this folder "
            f"({len(strangers)} such file(s)); give another output_dir, or overwrite=true to replace them"
        )


def _keep_latest(path: Path, failures: Sequence[Failure] = ()) -> None:
    """Keep one line of results a file, the latest, and none of files that failed this time.

    Those are left out at the end: a call that is interrupted leaves the lines of the earlier one, which tell whose
    results these are.
    """
    failed = {failure.id for failure in failures}
    kept = [line + "\n" for name, line in _earlier_results(path).items() if name not in failed]
    partial_path = path.with_name(path.name + ".partial")
    partial_path.write_text("".join(kept), encoding="utf-8")
    os.replace(partial_path, path)


def _frames_of(
    inputs: Sequence[Input], predictor: Predictor, num_workers: int, failures: list[Failure]
) -> Iterator[tuple[Input, Frames]]:
    """Frames of each input as they are done; what fails is added to the failures."""
    by_id = {item.id: item for item in inputs}
    predictor.extractor.get_ready()
    items: list[tuple[str, Media]] = [(item.id, item.media) for item in inputs]
    workers = num_workers if len(items) > 1 else 0  # a single file can spoil nothing but its own result
    results = attempt_all(predictor.extractor, items, workers)
    for key, result in counted(results, len(items), "recognising files"):
        if isinstance(result, Frames):
            yield by_id[key], result
        else:
            failures.append(Failure(key, str(by_id[key].media.path), result.reason))


def _chunks(items: Iterator[tuple[Input, Frames]]) -> Iterator[list[tuple[Input, Frames]]]:
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK_FILES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _write(
    item: Input, prediction: Prediction, target: str, duration_s: float, output_dir: Path, results: IO[str]
) -> None:
    """One .txt, under a temporary name first, and one line of results.jsonl."""
    path = _output_path(item, output_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(path.name + ".partial")
    partial_path.write_text(prediction.value + "\n", encoding="utf-8")
    os.replace(partial_path, path)
    row: dict[str, Any] = {
        "id": item.id,
        "path": str(item.media.path),
        target: prediction.value,
        "confidence": round(prediction.confidence, 6),
        "duration_s": round(duration_s, 3),
    }
    if prediction.scores:
        row["scores"] = {label: round(score, 6) for label, score in prediction.scores.items()}
    results.write(json.dumps(row, ensure_ascii=False) + "\n")
    results.flush()
