"""Recordings of 3 to 10 s, each as WAV and as FLAC, with 16 bits at 16 kHz."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from data_prep.media import Media, read_audio

RATE_HZ = 16_000
SHORTEST_S, LONGEST_S = 3.0, 10.0
FORMATS = ("wav", "flac")
#: Frequencies of three formants of five vowels (Peterson & Barney, 1952, rounded).
VOWELS_HZ = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
FORMANT_WIDTH_HZ = 120.0


@dataclass(frozen=True)
class Sounds:
    """Recordings on disk.

    Attributes:
        folder: Folder of the files 0.wav, 0.flac, 1.wav, ...
        durations_s: Duration of each recording in seconds.
        turn: Number of recordings that a contender processes in a turn.
        seed: Seed with which they were made.
    """

    folder: Path
    durations_s: tuple[float, ...]
    turn: int
    seed: int

    def items(self) -> list[tuple[Path, float]]:
        """Return the files and their durations in turns: WAV files, the same as FLAC, the next WAV files, and so on."""
        turns = [range(start, start + self.turn) for start in range(0, len(self.durations_s), self.turn)]
        return [
            (self.folder / f"{index}.{suffix}", self.durations_s[index])
            for indices in turns
            for suffix in FORMATS
            for index in indices
        ]


def write_sounds(folder: Path, turns: int, turn: int, corpus: Path | None, seed: int) -> Sounds:
    """Write recordings for some turns from the files in `corpus` (.raw as in AN4, or .wav at 16 kHz), or synthetic."""
    rng = np.random.default_rng(seed)
    source = _synthesise(rng) if corpus is None else _read_recordings(corpus, rng)
    rest = np.zeros(0, np.int16)
    durations_s = []
    for index in range(turns * turn):
        length = round(rng.uniform(SHORTEST_S, LONGEST_S) * RATE_HZ)
        pieces = [rest]
        while sum(map(len, pieces)) < length:
            pieces.append(next(source))
        samples, rest = np.split(np.concatenate(pieces), [length])
        for suffix in FORMATS:
            soundfile.write(folder / f"{index}.{suffix}", samples, RATE_HZ, subtype="PCM_16")
        durations_s.append(length / RATE_HZ)
    return Sounds(folder, tuple(durations_s), turn, seed)


def _read_recordings(corpus: Path, rng: np.random.Generator) -> Iterator[np.ndarray]:
    paths = sorted([*corpus.rglob("*.raw"), *corpus.rglob("*.wav")])
    if not paths:
        raise SystemExit(f"{corpus}: found neither .raw nor .wav files; give a folder of recordings at 16 kHz")
    while True:
        for index in rng.permutation(len(paths)):
            encoding = f"s16be@{RATE_HZ}" if paths[index].suffix == ".raw" else None
            samples, rate_hz = read_audio(Media(paths[index], encoding=encoding), dtype="int16")
            if rate_hz != RATE_HZ:
                raise SystemExit(f"{paths[index]}: found a sample rate of {rate_hz} Hz, expected {RATE_HZ} Hz")
            yield samples


def _synthesise(rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield synthetic syllables: a hiss, then a vowel of gliding pitch, then a pause, all with some noise."""
    pitch_hz = rng.uniform(90, 220)
    while True:
        time_s = np.arange(round(rng.uniform(0.12, 0.4) * RATE_HZ)) / RATE_HZ
        pitch_hz = np.clip(pitch_hz * rng.uniform(0.8, 1.25), 90, 220)
        phase = 2 * np.pi * np.cumsum(pitch_hz * (1 - 0.2 * time_s)) / RATE_HZ
        formants_hz = np.array(VOWELS_HZ[rng.integers(len(VOWELS_HZ))])
        voice = np.zeros(len(time_s))
        for number in range(1, int(4000 / pitch_hz)):
            distances = (number * pitch_hz - formants_hz) / FORMANT_WIDTH_HZ
            voice += np.sum(1 / (1 + distances**2)) / number**0.5 * np.sin(number * phase)
        voice *= np.sin(np.pi * time_s / time_s[-1])
        hiss = np.diff(rng.standard_normal(round(rng.uniform(0.02, 0.1) * RATE_HZ)), prepend=0.0)
        pause = np.zeros(round(rng.choice([0.0, 0.05, 0.4]) * RATE_HZ))
        loudness = rng.uniform(1000, 5000)
        sound = np.concatenate([0.1 * loudness * hiss, loudness * voice, pause])
        yield np.clip(sound + 20 * rng.standard_normal(len(sound)), -32768, 32767).astype(np.int16)
