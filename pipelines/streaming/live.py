"""Recognises what a microphone, a camera or a file gives: the work of ``python -m pipelines.live``."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.media import MediaError
from pipelines.cli.command import INTERRUPTED, CommandOutcome
from pipelines.cli.live_schema import LiveConfig
from pipelines.inference.chosen_models import chosen_models
from pipelines.streaming.devices import Camera, Microphone
from pipelines.streaming.display import Display
from pipelines.streaming.sources import Source, open_file
from recognizers import Final, Stream, StreamSettings
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.streaming.opening import open_stream

log = logging.getLogger(__name__)

#: Pictures a second of a camera, of which a CPU finds hands in about as many, and of a file.
CAMERA_HZ, FILE_HZ = 15.0, 30.0


@dataclass
class Measures:
    """What is measured while a stream is recognised."""

    finals: int = 0
    rows: int = 0
    computed_s: float = 0.0
    slowest_s: float = 0.0
    is_interrupted: bool = field(default=False)

    def result(self, rate_hz: float, latency_s: float, is_sound: bool) -> dict[str, Any]:
        """Return what the command prints."""
        duration_s = self.rows / rate_hz
        return {
            "finals": self.finals,
            "audio_s" if is_sound else "video_s": round(duration_s, 2),
            "latency_s": round(latency_s, 4),
            "compute_share": round(self.computed_s / max(duration_s, 1e-9), 4),
            "slowest_chunk_s": round(self.slowest_s, 4),
        }


def recognize_live(cfg: LiveConfig) -> CommandOutcome:
    """Recognise until the source ends, or the user interrupts."""
    settings = StreamSettings(**cfg.stream_settings())
    models = chosen_models(cfg)
    predictor = load_predictor(models[0] if len(models) == 1 else models, cfg.runtime, cfg.num_threads)
    source = _open_source(cfg, predictor)
    stream = open_stream(predictor, source.rate_hz, settings)
    _say_what_happens(cfg, predictor, stream)
    measures = Measures()
    with Display() as display:
        _recognize(source, stream, display, measures, cfg.max_s)
    result = measures.result(source.rate_hz, stream.latency_s, predictor.extractor.modality == "audio")
    outcome = CommandOutcome(result)
    if measures.is_interrupted:
        outcome.print()
        raise SystemExit(INTERRUPTED)
    return outcome


def _open_source(cfg: LiveConfig, predictor: ClipPredictor) -> Source:
    is_sound = predictor.extractor.modality == "audio"
    if cfg.input is not None:
        try:
            pictures_hz = cfg.pictures_hz or FILE_HZ
            return open_file(Path(cfg.input), predictor.extractor, cfg.chunk_s, cfg.pace, pictures_hz)
        except OSError as error:
            raise MediaError(f"input={cfg.input}: {error}") from None
    return Microphone(cfg.device, cfg.chunk_s) if is_sound else Camera(cfg.device, cfg.pictures_hz or CAMERA_HZ)


def _say_what_happens(cfg: LiveConfig, predictor: ClipPredictor, stream: Stream) -> None:
    what = cfg.input or ("the microphone" if predictor.extractor.modality == "audio" else "the camera")
    log.info("%s: results come %.2f s later at the earliest; Ctrl-C ends", what, stream.latency_s)


def _recognize(source: Source, stream: Stream, display: Display, measures: Measures, max_s: float | None) -> None:
    """Recognise, and show the results; an interruption ends it as the end of the source does."""
    try:
        for chunk in _until(source, max_s):
            begin_s = time.perf_counter()
            results = stream.add(chunk)
            taken_s = time.perf_counter() - begin_s
            measures.rows += 1 if chunk.dtype == np.uint8 else len(chunk)
            measures.computed_s += taken_s
            measures.slowest_s = max(measures.slowest_s, taken_s)
            _show(results, display, measures)
    except KeyboardInterrupt:
        measures.is_interrupted = True
    begin_s = time.perf_counter()
    results = stream.finish()
    measures.computed_s += time.perf_counter() - begin_s
    _show(results, display, measures)


def _until(source: Source, max_s: float | None) -> Iterator[np.ndarray]:
    """The chunks of a source up to a duration."""
    rows = 0
    for chunk in source.chunks():
        yield chunk
        rows += 1 if chunk.dtype == np.uint8 else len(chunk)
        if max_s is not None and rows >= max_s * source.rate_hz:
            return


def _show(results: Any, display: Display, measures: Measures) -> None:
    for result in results:
        display.show(result)
        measures.finals += isinstance(result, Final) and bool(result.text)
