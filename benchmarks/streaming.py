"""Is a stream equal to whole clips, and what does it cost?

python -m benchmarks.streaming RUN --export EXPORT --clips 50

RUN is a run directory of a recognizer of the text of sound; EXPORT is what `pipelines.export` made of it. Its test
clips are joined with a second of soft noise between them. For each runtime, kind of stream and length of the chunks the
table says: the largest difference of log-probabilities from those of each utterance as a whole; how many final results
differ from what `transcribe` gives for their samples; the word error rate; the latency; how long the chunk took to
compute that ended an utterance; and CPU seconds for each second of sound.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from data_prep.features.extractor import Signal
from data_prep.manifest import read_manifest
from data_prep.media import read_audio
from recognizers import Final, Recognizer, StreamSettings
from recognizers.inference.loading import load_predictor
from recognizers.inference.predictor import Predictor
from recognizers.streaming.emission_stream import EmissionStream

PAUSE_S, NOISE = 1.0, 15.0
CHUNKS_S = (0.02, 0.1, 1.0)


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--export", type=Path, help="the exported recognizer")
    parser.add_argument("--clips", type=int, default=50)
    options = parser.parse_args()
    clips = [clip for clip in read_manifest(options.model / "manifest.jsonl") if clip.split == "test"][: options.clips]
    sounds = [read_audio(clip.media, dtype="int16") for clip in clips]
    rate_hz = sounds[0][1]
    sound = join([samples for samples, _ in sounds], rate_hz)
    texts = [str(clip.text) for clip in clips]
    rows = []
    for runtime, path in (("torch", options.model), ("onnx", options.export)):
        predictor = load_predictor(path, runtime, 1) if path else None
        if predictor is None:
            continue
        can_step = not isinstance(predictor.steps(), list)  # type: ignore[attr-defined]
        for incremental in [True, False] if can_step else [False]:
            for chunk_s in CHUNKS_S:
                row = measure(predictor, incremental, chunk_s, sound, rate_hz, texts)
                rows.append({"runtime": runtime, "frames once": incremental, "chunk_s": chunk_s, **row})
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=140).print(table)
    print(json.dumps(rows))


def join(sounds: list[np.ndarray], rate_hz: int) -> np.ndarray:
    """Join clips with pauses of soft noise: (T,) int16."""
    pause = round(PAUSE_S * rate_hz)
    parts = [part for samples in sounds for part in (np.zeros(pause), samples)]
    joined = np.concatenate([*parts, np.zeros(pause)])
    noisy = joined + np.random.default_rng(0).normal(0, NOISE, len(joined))
    return noisy.round().clip(-32768, 32767).astype(np.int16)


def measure(
    predictor: Any, incremental: bool, chunk_s: float, sound: np.ndarray, rate_hz: int, texts: list[str]
) -> dict[str, Any]:
    """Stream the sound once."""
    recognizer = Recognizer(predictor)
    stream = recognizer.stream(rate_hz, StreamSettings(incremental=incremental))
    size = round(chunk_s * rate_hz)
    finals: list[Final] = []
    waits_s, cpu_s = [], time.process_time()
    for start in range(0, len(sound), size):
        begin_s = time.perf_counter()
        found = [each for each in stream.add(sound[start : start + size]) if isinstance(each, Final)]
        if found:
            waits_s.append(time.perf_counter() - begin_s)
        finals += found
    finals += [each for each in stream.finish() if isinstance(each, Final)]
    cpu_s = time.process_time() - cpu_s
    changed, difference = compare(recognizer, predictor, incremental, finals, sound, rate_hz, size)
    words = " ".join(texts).split()
    errors = Levenshtein.distance(" ".join(each.text for each in finals).split(), words)
    return {
        "max_abs_diff": difference,
        "changed finals": f"{changed} of {len(finals)}",
        "wer": errors / len(words),
        "latency_s": stream.latency_s,
        "final after, ms": 1000 * float(np.median(waits_s)),
        "cpu share": cpu_s / (len(sound) / rate_hz),
    }


def compare(
    recognizer: Recognizer,
    predictor: Predictor,
    incremental: bool,
    finals: list[Final],
    sound: np.ndarray,
    rate_hz: int,
    size: int,
) -> tuple[int, float]:
    """How many finals differ from what `transcribe` gives, and the largest difference of log-probabilities."""
    changed, largest = 0, 0.0
    signal = predictor.extractor.signal_of(sound, rate_hz)
    for final in finals:
        part = signal.values[round(final.start_s * signal.rate_hz) : round(final.end_s * signal.rate_hz)]
        changed += recognizer.transcribe(part, signal.rate_hz).text != final.text
        if not incremental:
            continue
        steps = predictor.steps()
        assert not isinstance(steps, list)
        emissions = EmissionStream(predictor.extractor, steps)  # type: ignore[arg-type]
        rows = [emissions.add(part[start : start + size]) for start in range(0, len(part), size)]
        found = np.concatenate([*rows, emissions.finish()])
        [expected] = predictor.emissions([predictor.extractor.frames(Signal(part, signal.rate_hz))], batch_size=1)
        largest = max(largest, float(np.abs(found - expected).max()))
    return changed, largest


if __name__ == "__main__":
    main()
