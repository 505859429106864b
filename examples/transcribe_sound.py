"""From recordings to words with their times, in about a minute.

    pip install -e '.[demo]'
    python examples/transcribe_sound.py [FOLDER]

The script makes a small corpus of spoken commands, trains a recognizer on it, and transcribes a recording in a voice
that the recognizer never heard. Replace the first step with recordings of your own; the others stay as they are.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from data_prep.manifest import write_manifest
from data_prep.synthesis.spoken_corpus import make_spoken_clips
from recognizers import load

WORDS = ("left", "right", "forward", "stop")


def choose_text(number: int, rng: np.random.Generator) -> str:
    """Two to four commands in random order."""
    return " ".join(rng.choice(WORDS, size=rng.integers(2, 5)))


def run(command: str, *settings: str) -> dict:
    """Run one of the project's commands and return its last line, which is JSON."""
    line = [sys.executable, "-m", f"pipelines.{command}", *settings]
    print("\n$ python -m", *line[2:], flush=True)
    finished = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(finished.stdout.splitlines()[-1])


def main(folder: Path) -> None:
    """Make a corpus, train, and transcribe."""
    # 1. A corpus is a folder of recordings and a manifest, which names the text, the speaker and the split of each.
    #    Here espeak-ng speaks in 72 voices, with noise; no voice occurs in two splits.
    clips = make_spoken_clips(
        name="commands",
        root=folder / "corpus",
        seed=0,
        num_voices={"train": 60, "validation": 4, "test": 8},
        num_utterances={"train": 320, "validation": 20, "test": 20},
        choose_text=choose_text,
        num_workers=2,
    )
    write_manifest(folder / "corpus/manifest.jsonl", clips)

    # 2. Train. The recipe "speech" emits characters and is made for hours of recordings. With four words and a few
    #    minutes of sound, a small network that emits whole words learns faster.
    trained = run(
        "train",
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={folder / 'corpus'}",
        f"store_dir={folder / 'store'}",
        f"hydra.run.dir={folder / 'run'}",
        "head.unit=word",
        "encoder.layers=1",
        "encoder.hidden_size=64",
        "encoder.subsampling=6",
        "optimizer.learning_rate=1e-2",
        "batch_size=16",
        "trainer.max_epochs=12",
    )
    print(f"word error rate on unheard voices: {trained['test/wer']:.1%}")

    # 3. Transcribe one recording from Python: the words, and when each was said.
    recognizer = load(trained["run_dir"])
    clip = next(clip for clip in clips if clip.split == "test")
    transcript = recognizer.transcribe(clip.path)
    print(f"\nspoken:     {clip.text}\nrecognized: {transcript.text}")
    for word in transcript.words:
        print(f"  {word.start_s:5.2f} to {word.end_s:5.2f} s  {word.text:8} {word.confidence:4.0%}")

    # 4. Transcribe a whole folder with the command, and write captions for each recording.
    done = run(
        "transcribe",
        f"model={trained['run_dir']}",
        f"inputs={folder / 'corpus/test'}",
        f"output_dir={folder / 'captions'}",
        "formats=[txt,srt]",
    )
    print(f"{done['done']} recordings transcribed; their captions are in {folder / 'captions'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/examples/sound"))
