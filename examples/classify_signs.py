"""From videos of signs to labels, in about a minute.

    pip install -e '.[demo]'
    python examples/classify_signs.py [FOLDER]

The script renders a few videos of a signing hand, trains a recognizer on them, and classifies the videos of a signer
whom the recognizer never saw. MediaPipe finds the hand, exactly as in videos from a camera. Replace the first step with
videos of your own; the others stay as they are.
"""

import json
import subprocess
import sys
from pathlib import Path

from data_prep.corpora.demo_signs import DemoSigns
from data_prep.manifest import write_manifest
from recognizers import load


def run(command: str, *settings: str) -> dict:
    """Run one of the project's commands and return its last line, which is JSON."""
    line = [sys.executable, "-m", f"pipelines.{command}", *settings]
    print("\n$ python -m", *line[2:], flush=True)
    finished = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(finished.stdout.splitlines()[-1])


def main(folder: Path) -> None:
    """Make a corpus, train, and classify."""
    # 1. A corpus is a folder of videos and a manifest, which names the label, the signer and the split of each. Here
    #    five signers show ten signs; one of the signers is only in the test split.
    corpus = DemoSigns(root=folder / "corpus", train_signers=4, validation_signers=0, test_signers=1, takes=1)
    write_manifest(folder / "corpus/manifest.jsonl", corpus.clips())

    # 2. Train. Hands are tracked first, then the network learns from their landmarks. With so few videos a small
    #    network and no validation are enough.
    trained = run(
        "train",
        "experiment=signs",
        "corpus=manifest",
        f"corpus.root={folder / 'corpus'}",
        "corpus.validation_share=0",
        f"store_dir={folder / 'store'}",
        f"hydra.run.dir={folder / 'run'}",
        "features.frame_rate_hz=15",
        "encoder.layers=1",
        "encoder.hidden_size=64",
        "optimizer.learning_rate=5e-3",
        "batch_size=8",
        "trainer.max_epochs=30",
    )
    print(f"accuracy on an unseen signer: {trained['test/accuracy']:.0%}")

    # 3. Classify from Python. "open" and "close" show the same handshapes in opposite order, so only a recognizer that
    #    follows the movement can tell them apart.
    recognizer = load(trained["run_dir"])
    for name in ("open", "close", "ily"):
        sign = recognizer.classify(folder / f"corpus/test00/{name}_0.mp4")
        best = ", ".join(f"{label} {score:.0%}" for label, score in list(sign.scores.items())[:3])
        print(f"shown: {name:6} recognized: {sign.label:6} ({best})")

    # 4. Classify a whole folder with the command. It writes one table, and each video again with the tracked hand and
    #    the recognised sign drawn in.
    done = run(
        "classify",
        f"model={trained['run_dir']}",
        f"inputs={folder / 'corpus/test00'}",
        f"output_dir={folder / 'labels'}",
        "formats=[csv,video]",
    )
    print(f"{done['done']} videos classified; see {folder / 'labels/results.csv'} and the videos next to it")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/examples/signs"))
