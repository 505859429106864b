"""How well is speech recognised at 8 kHz, over a telephone and in noise, one by one?

python -m benchmarks.conditions RUN --noises FOLDER --snr 10

The test clips of a run are scored as they are, at lower sampling rates, coded as telephones do, and with noise: white,
and every recording in FOLDER, from a random place that is not silent, at a level relative to the clip. Each clip is
recognised whole.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from rich.console import Console
from rich.table import Table

from data_prep.errors import InputError
from data_prep.manifest import Clip, read_manifest
from data_prep.media import Media, read_audio
from data_prep.operating_system import expand_home
from recognizers.augment.bandwidth import CODECS, telephone
from recognizers.augment.sound_files import find_sound_files
from recognizers.error_rate import count_errors
from recognizers.inference.predictor import Predictor
from recognizers.training.targets import target_of

#: A condition turns samples (T,) float32 of full scale 32768, and their rate in Hz, into other ones.
Condition = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, int]]
#: Noise is silent if its RMS is below the last bit of 16, where full scale is 1.
SILENT_RMS = 2.0**-15


@dataclass(frozen=True)
class Noise:
    """A recorded noise.

    Attributes:
        path: Its file.
        samples: (T,) float32 with a full scale of 1.
        rate_hz: Samples per second.
    """

    path: Path
    samples: np.ndarray
    rate_hz: int


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a run directory")
    parser.add_argument("--noises", type=Path, help="a folder of recorded noises")
    parser.add_argument("--snr", type=float, default=10.0, help="level of the speech above the noise in dB")
    given = parser.parse_args()
    try:
        compare(given.model, given.noises, given.snr)
    except InputError as error:
        sys.exit(f"error: {error}")


def compare(model: Path, noises: Path | None, snr_db: float) -> None:
    """Score a run in all conditions, and print the error rates."""
    every_condition = conditions(noises, snr_db)  # first, so that a wrong file is known at once
    predictor = Predictor.load(model)
    clips = [clip for clip in read_manifest(model / "manifest.jsonl") if clip.split == "test"]
    table, found = Table("condition", "error rate", title=f"{len(clips)} test clips"), {}
    for name, condition in every_condition.items():
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
    found[f"white at {snr_db:g} dB"] = lambda samples, rate_hz, rng: (
        mix(samples, rng.standard_normal(len(samples)), snr_db),
        rate_hz,
    )
    for name, noise in read_noises(noises):
        found[f"{name} at {snr_db:g} dB"] = lambda samples, rate_hz, rng, noise=noise: (
            mix(samples, excerpt(noise, len(samples), rate_hz, rng), snr_db),
            rate_hz,
        )
    return found


def read_noises(folder: Path | None) -> Iterator[tuple[str, Noise]]:
    """Yield the sound files of a folder and its subfolders, each with its name in the folder.

    Raises:
        InputError: There is none, or one cannot be read or is silent.
    """
    if folder is None:
        return
    root = expand_home(str(folder)).absolute()
    paths = find_sound_files(str(folder), "--noises")
    if others := sorted(path for path in root.rglob("*") if path.is_file() and path not in paths):
        print(f"left out {len(others)} files that are not sound files, such as {others[0]}", file=sys.stderr)
    for path in paths:
        samples, rate_hz = read_audio(Media(path))
        if rms(samples) < SILENT_RMS:
            raise InputError(f"--noises: {path} holds nothing but silence; remove it, or replace it by recorded noise")
        name = path.relative_to(root).as_posix() if root.is_dir() else path.name
        yield name, Noise(path, samples, rate_hz)


def excerpt(noise: Noise, count: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Return `count` samples from a random place of a recording; one that is too short is repeated.

    If there is silence at that place, another one is drawn from those where there is none.

    Raises:
        InputError: The recording is silent at this sampling rate, because all of its frequencies are too high.
    """
    whole = soxr.resample(noise.samples, noise.rate_hz, rate_hz)
    found = np.resize(whole[int(rng.integers(max(1, len(whole) - count))) :], count)
    if rms(found) >= SILENT_RMS:
        return found
    size = min(count, len(whole))
    energies = np.concatenate([[0.0], np.cumsum(whole.astype(np.float64) ** 2)])
    powers = (energies[size:] - energies[: len(energies) - size]) / size  # of the excerpt from each place
    places = np.flatnonzero(powers >= SILENT_RMS**2 / 2)  # the loudest excerpt has at least half the mean power
    if not len(places):
        raise InputError(
            f"--noises: {noise.path} is silent at {rate_hz} Hz, as it has only high frequencies; remove it"
        )
    return np.resize(whole[int(rng.choice(places)) :], count)


def mix(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise (T,) to a clip (T,) at a level below that of the clip."""
    return samples + rms(samples) / rms(noise) * 10 ** (-snr_db / 20) * noise


def rms(samples: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


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
