"""How well is speech recognised at 8 kHz, over a telephone and in noise, one by one?

python -m benchmarks.conditions RUN --noises FOLDER --snr 10

The test clips of a run are scored as they are, at lower sampling rates, coded as telephones do, and with noise: white,
and every recording in FOLDER, from a random place, at a level relative to the clip. Each clip is recognised whole.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from rich.console import Console
from rich.table import Table

from data_prep.manifest import Clip, read_manifest
from data_prep.media import read_audio
from recognizers.augment.bandwidth import CODECS, telephone
from recognizers.error_rate import count_errors
from recognizers.inference.predictor import Predictor
from recognizers.training.targets import target_of

#: A condition turns samples (T,) float32 of full scale 32768, and their rate in Hz, into other ones.
Condition = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, int]]


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a run directory")
    parser.add_argument("--noises", type=Path, help="a folder of recorded noises")
    parser.add_argument("--snr", type=float, default=10.0, help="level of the speech above the noise in dB")
    given = parser.parse_args()
    predictor = Predictor.load(given.model)
    clips = [clip for clip in read_manifest(given.model / "manifest.jsonl") if clip.split == "test"]
    table, found = Table("condition", "error rate", title=f"{len(clips)} test clips"), {}
    for name, condition in conditions(given.noises, given.snr).items():
        found[name] = round(score(predictor, clips, condition), 4)
        table.add_row(name, f"{100 * found[name]:.1f} %")
    Console(stderr=True).print(table)
    print(json.dumps({"clips": len(clips), **found}))


def conditions(noises: Path | None, snr_db: float) -> dict[str, Condition]:
    """Return all conditions by name."""
    found: dict[str, Condition] = {"as recorded": lambda samples, rate_hz, rng: (samples, rate_hz)}
    for low_hz in (8000, 11025):
        found[f"{low_hz} Hz"] = lambda samples, rate_hz, rng, low_hz=low_hz: (
            np.round(soxr.resample(samples, rate_hz, low_hz)),
            low_hz,
        )
    for codec in CODECS:
        found[f"telephone, {codec}"] = lambda samples, rate_hz, rng, codec=codec: (
            telephone(samples, rate_hz, codec, rng),
            rate_hz,
        )
    for name, recording in read_noises(noises):
        found[f"{name} at {snr_db:g} dB"] = lambda samples, rate_hz, rng, recording=recording: (
            add_noise(samples, rate_hz, recording, snr_db, rng),
            rate_hz,
        )
    return found


def read_noises(folder: Path | None) -> Iterator[tuple[str, tuple[np.ndarray, int] | None]]:
    """Yield the name of each noise with its samples and their rate; white noise is made anew for each clip."""
    yield "white", None
    for path in sorted(folder.iterdir()) if folder else []:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        yield path.name, (samples.mean(axis=1), rate_hz)


def add_noise(
    samples: np.ndarray,
    rate_hz: int,
    recording: tuple[np.ndarray, int] | None,
    snr_db: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Add white noise, or an excerpt of a recording from a random place."""
    if recording is None:
        noise = rng.standard_normal(len(samples))
    else:
        whole = soxr.resample(recording[0], recording[1], rate_hz)
        start = int(rng.integers(max(1, len(whole) - len(samples))))
        noise = np.resize(whole[start:], len(samples))
    scale = np.sqrt(np.mean(samples**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return samples + scale * noise


def score(predictor: Predictor, clips: list[Clip], condition: Condition) -> float:
    """Return the error rate (of words, or of labels) of clips in a condition; the noise is the same every time."""
    frames, references = [], []
    interpreter = predictor.interpreter
    for number, clip in enumerate(clips):
        samples, rate_hz = read_audio(clip.media, "int16")
        changed, changed_hz = condition(samples.astype(np.float32), rate_hz, np.random.default_rng(number))
        whole = np.round(np.clip(changed, -32768, 32767)).astype(np.int16)
        frames.append(predictor.extractor.frames(predictor.extractor.signal_of(whole, changed_hz)))
        references.append(target_of(clip, interpreter.vocabulary.unit, interpreter.vocabulary.normalize))
    counted = next(iter(interpreter.error_rates.values())).counted
    predictions = [each.text for each in predictor.predict(frames, 16)]
    counts = [count_errors(each, wanted, counted) for each, wanted in zip(predictions, references, strict=True)]
    return sum(errors for errors, _ in counts) / sum(total for _, total in counts)


if __name__ == "__main__":
    main()
