"""From series of numbers to labels, in about a minute.

    pip install -e '.[train]'
    python examples/classify_series.py [FOLDER]

The script computes the Synthetic Control Chart time series by their published formulas (Alcock & Manolopoulos, 1999):
600 series of 60 values in six classes, such as those of a machine that runs as it should, drifts, or has jumped. It
trains a recognizer on them and classifies series that the recognizer never saw. Replace the first step with series of
your own, such as weather or prices; the others stay as they are.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from recognizers import load

LENGTH, EACH = 60, 100


def control_chart(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Compute a series (60,) of a class: a level of 30 with noise of up to 6 in either direction, and a pattern."""
    time = np.arange(1, LENGTH + 1)
    series = 30 + 2 * rng.uniform(-3, 3, LENGTH)
    shift = np.where(time >= rng.uniform(LENGTH / 3, 2 * LENGTH / 3), rng.uniform(7.5, 20), 0)
    trend = rng.uniform(0.2, 0.5) * time
    patterns = {
        "normal": np.zeros(LENGTH),
        "cyclic": rng.uniform(10, 15) * np.sin(2 * np.pi * time / rng.uniform(10, 15)),
        "increasing": trend,
        "decreasing": -trend,
        "upward_shift": shift,
        "downward_shift": -shift,
    }
    return series + patterns[kind]


KINDS = ("normal", "cyclic", "increasing", "decreasing", "upward_shift", "downward_shift")


def run(command: str, *settings: str) -> dict:
    """Run one of the project's commands and return its last line, which is JSON."""
    line = [sys.executable, "-m", f"pipelines.{command}", *settings]
    print("\n$ python -m", *line[2:], flush=True)
    finished = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(finished.stdout.splitlines()[-1])


def main(folder: Path) -> None:
    """Make a corpus, train, and classify."""
    # 1. A corpus is a folder for each class, with a file for each series: an array (frames, features) or a CSV file
    #    with a row for each frame. Here each frame is a single number.
    rng = np.random.default_rng(0)
    for kind in KINDS:
        (folder / "corpus" / kind).mkdir(parents=True, exist_ok=True)
        for number in range(EACH):
            np.save(folder / "corpus" / kind / f"{number:03}.npy", control_chart(kind, rng))

    # 2. Train. The network learns the scale of the numbers by itself. Half of the series are the test.
    trained = run(
        "train",
        "experiment=arrays",
        f"corpus.root={folder / 'corpus'}",
        "corpus.test_share=0.5",
        "features.num_features=1",
        "encoder.layers=1",
        "optimizer.learning_rate=5e-3",
        "batch_size=16",
        "trainer.max_epochs=30",
        f"store_dir={folder / 'store'}",
        f"hydra.run.dir={folder / 'run'}",
    )
    print(f"accuracy on unseen series: {trained['test/accuracy']:.1%}")

    # 3. Classify from Python, where a series is an array.
    recognizer = load(trained["run_dir"])
    for kind in ("normal", "increasing", "upward_shift"):
        series = recognizer.classify(control_chart(kind, rng))
        best = ", ".join(f"{label} {score:.0%}" for label, score in list(series.scores.items())[:3])
        print(f"made: {kind:12} recognized: {series.label:12} ({best})")

    # 4. Classify files with the command, here CSV files.
    (folder / "new").mkdir(exist_ok=True)
    for kind in KINDS:
        np.savetxt(folder / "new" / f"{kind}.csv", control_chart(kind, rng), fmt="%.3f")
    done = run(
        "classify",
        f"model={trained['run_dir']}",
        f"inputs={folder / 'new'}",
        f"output_dir={folder / 'labels'}",
        "formats=[csv]",
    )
    print(f"{done['done']} series classified; see {folder / 'labels/results.csv'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/examples/series"))
