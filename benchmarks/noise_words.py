"""How many words does a recognizer of speech hear in noise alone, without a voice activity detector before it?

python -m benchmarks.noise_words RUN                     # made noises
python -m benchmarks.noise_words RUN --noises FOLDER     # recorded ones too, at 16 kHz

Each noise is cut into pieces of ten seconds, at levels from the last bit of a sample to a tenth of full scale.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.voice_activity import RATE_HZ, make_noise, recorded_noises
from recognizers.inference.predictor import Predictor

PIECE_S = 10.0
#: RMS of the noise in steps of 16-bit samples.
LEVELS = (0.5, 10.0, 300.0, 3000.0)
NAMES = ("silence", "white", "pink", "hum", "clatter", "tones")


def main() -> None:
    """Print the words per minute of each noise and level, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a run directory, a bundle or an export")
    parser.add_argument("--noises", type=Path, help="a folder of recorded noises, at 16 kHz")
    parser.add_argument("--minutes", type=float, default=1.0, help="minutes of each noise at each level")
    given = parser.parse_args()
    predictor = Predictor.load(Path(given.model))
    noises = dict.fromkeys(NAMES) | recorded_noises(given.noises)
    rates = {
        name: {level: words_per_minute(predictor, name, recording, level, given.minutes) for level in LEVELS}
        for name, recording in noises.items()
    }
    table = Table("noise", *(f"{level:g}" for level in LEVELS), title="words per minute, by level")
    for name, by_level in rates.items():
        table.add_row(name, *(f"{rate:.1f}" for rate in by_level.values()))
    Console(stderr=True).print(table)
    print(
        json.dumps({"words_per_minute": rates, "mean": float(np.mean([[*each.values()] for each in rates.values()]))})
    )


def words_per_minute(
    predictor: Predictor, name: str, recording: np.ndarray | None, level: float, minutes: float
) -> float:
    """Count the words that are recognised in a noise, given by its name or as a recording, per minute of it."""
    rng = np.random.default_rng(0)
    count = round(60 * minutes * RATE_HZ)
    noise = np.zeros(count) if name == "silence" else make_noise(name, recording, [], count, rng)
    pieces = np.round(np.clip(level * noise, -32768, 32767)).astype(np.int16).reshape(-1, round(PIECE_S * RATE_HZ))
    frames = [predictor.extractor.frames(predictor.extractor.signal_of(piece, RATE_HZ)) for piece in pieces]
    return sum(len(each.text.split()) for each in predictor.predict(frames, 8)) / minutes


if __name__ == "__main__":
    main()
