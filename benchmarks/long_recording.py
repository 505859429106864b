"""Words and word times in a long recording, compared with those of its utterances transcribed one by one.

python -m benchmarks.long_recording RUN AN4                                 # an hour with noise between utterances
python -m benchmarks.long_recording RUN AN4 --minutes 5 --pause silence     # quick

Utterances of AN4 are joined in random order, repeatedly if necessary, with pauses between them. The transcript of the
long recording is compared with the transcripts of the single utterances, whose times are shifted accordingly.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from data_prep.corpora.an4 import An4
from data_prep.errors import InputError
from data_prep.manifest import Clip, write_manifest
from data_prep.media import read_audio


@dataclass(frozen=True)
class Spoken:
    """A word with its start and end in seconds."""

    text: str
    start_s: float
    end_s: float


def main() -> None:
    """Print a table, and the figures as JSON in the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a run directory or a bundle")
    parser.add_argument("corpus", help="folder of AN4")
    parser.add_argument("--split", default="test")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--pause", choices=["noise", "white", "silence", "none"], default="noise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("settings", nargs="*", help="further settings of pipelines.transcribe, such as batch_size=8")
    given = parser.parse_intermixed_args()
    clips = [clip for clip in An4(given.corpus).clips() if clip.split == given.split]
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(clips, Path(folder), given)
    table = Table("figure", "value", title=f"{given.minutes:g} min of {given.split} utterances, pauses: {given.pause}")
    for name, value in figures.items():
        table.add_row(name, f"{value:.4g}")
    Console(stderr=True).print(table)
    print(json.dumps(figures))


def measure(clips: Sequence[Clip], folder: Path, given: argparse.Namespace) -> dict[str, float]:
    """Transcribe the utterances one by one and joined, and compare the results."""
    write_manifest(folder / "clips.jsonl", clips)
    rows, about_alone = transcribe(folder / "clips.jsonl", folder / "alone", given)
    alone = {row["id"]: [Spoken(each["word"], each["start_s"], each["end_s"]) for each in row["words"]] for row in rows}
    joined = join(clips, folder / "joined.wav", given)
    [row], about = transcribe(folder / "joined.wav", folder / "together", given)
    found = [Spoken(each["word"], each["start_s"], each["end_s"]) for each in row["words"]]
    expected = [
        Spoken(word.text, start_s + word.start_s, start_s + word.end_s)
        for clip, start_s in joined
        for word in alone[clip.id]
    ]
    reference = [word for clip, _ in joined for word in str(clip.text).split()]
    errors = time_errors(expected, found)
    figures = {
        "words_alone": len(expected),
        "words_joined": len(found),
        "differing_words": Levenshtein.distance(texts(expected), texts(found)) / max(len(expected), 1),
        "wer_alone": Levenshtein.distance(reference, texts(expected)) / len(reference),
        "wer_joined": Levenshtein.distance(reference, texts(found)) / len(reference),
    }
    if len(errors):  # empty if the transcripts share no word
        figures |= {
            "times_within_100_ms": float((errors <= 0.1).mean()),
            "starts_within_100_ms": float((errors[:, 0] <= 0.1).mean()),
            "ends_within_100_ms": float((errors[:, 1] <= 0.1).mean()),
            "both_within_100_ms": float((errors.max(axis=1) <= 0.1).mean()),
            "error_median_s": float(np.median(errors)),
            "error_p95_s": float(np.quantile(errors, 0.95)),
            "error_max_s": float(errors.max()),
        }
    return figures | {f"{name}_alone": value for name, value in about_alone.items()} | about


def texts(words: Sequence[Spoken]) -> list[str]:
    """Return the texts of words."""
    return [word.text for word in words]


def time_errors(expected: Sequence[Spoken], found: Sequence[Spoken]) -> np.ndarray:
    """Return the absolute errors (words, 2) in seconds of the starts and ends of words that both transcripts share."""
    pairs = [
        (expected[block.a + number], found[block.b + number])
        for block in Levenshtein.editops(texts(expected), texts(found)).as_matching_blocks()
        for number in range(block.size)
    ]
    return np.abs([(first.start_s - second.start_s, first.end_s - second.end_s) for first, second in pairs])


def join(clips: Sequence[Clip], path: Path, given: argparse.Namespace) -> list[tuple[Clip, float]]:
    """Write the joined recording, and return its utterances with their start times in seconds."""
    rng = np.random.default_rng(given.seed)
    joined: list[tuple[Clip, float]] = []
    length, wanted, rate_hz = 0, given.minutes * 60, 16_000
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16") as file:
        while length < wanted * rate_hz:
            for index in rng.permutation(len(clips)):
                samples, rate = read_audio(clips[index].media, dtype="int16")
                if rate != rate_hz:
                    raise InputError(f"{clips[index].path}: found a sample rate of {rate} Hz, expected {rate_hz} Hz")
                joined.append((clips[index], length / rate_hz))
                parts = [samples]
                if given.pause != "none":
                    parts.append(make_pause(given.pause, samples, int(rng.uniform(0.3, 1.0) * rate_hz), rng))
                file.write(np.concatenate(parts))
                length += sum(map(len, parts))
                if length >= wanted * rate_hz:
                    break
    return joined


def make_pause(kind: str, samples: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return digital silence, or noise as loud as the quietest 0.1 s of an utterance, as int16 samples (count,)."""
    if kind == "silence":
        return np.zeros(count, np.int16)
    parts = np.array_split(samples.astype(np.float64), max(1, len(samples) // 1600))
    quietest = min(parts, key=np.std)
    quietest = quietest - quietest.mean()
    if kind == "white":
        return np.rint(rng.normal(0, quietest.std(), count)).astype(np.int16)
    # Filtering white noise with the quietest part gives it the spectrum of that part.
    noise = np.convolve(rng.standard_normal(count + len(quietest) - 1), quietest, mode="valid") / len(quietest) ** 0.5
    return np.rint(noise).astype(np.int16)


def transcribe(
    inputs: Path, output_dir: Path, given: argparse.Namespace
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Run pipelines.transcribe, and return the rows of its results and the time and memory that it took."""
    arguments = [f"model={given.model}", f"inputs={inputs}", f"output_dir={output_dir}", "num_workers=0"]
    command = [sys.executable, "-m", "pipelines.transcribe", *arguments, *given.settings]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)  # peak memory of this process rather than of all child processes so far
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    lines = (output_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    about = {"wall_s": time.monotonic() - began, "peak_mb": usage.ru_maxrss / 1024}
    return [json.loads(line) for line in lines], about


if __name__ == "__main__":
    main()
