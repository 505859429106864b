"""Time and memory of a large manifest: read at once as a list, or lazily.

python -m benchmarks.manifests                      # a million rows
python -m benchmarks.manifests --rows 100000        # quick

Each way runs in a process of its own, which reads and checks all rows, assigns splits, warns of what is odd in them,
collects the vocabulary and reads ten thousand clips in random order. Memory is the growth of the process's largest
resident size over what it has after its imports.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

WORDS = [
    "go",
    "stop",
    "left",
    "right",
    "up",
    "down",
    "yes",
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
]
READS = 10_000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=("list", "lazy"), help=argparse.SUPPRESS)
    parser.add_argument("--manifest", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=("list", "lazy"), help="measure one way instead of both")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.manifest, options.measure == "lazy")))
        return
    table = Table("way", "read and check, s", "splits, s", "checks, s", "vocabulary, s", "a random clip, µs", "MB")
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_rows(Path(folder) / "manifest.jsonl", options.rows)
        for way in [options.only] if options.only else ["list", "lazy"]:
            command = [sys.executable, "-m", "benchmarks.manifests", "--measure", way, "--manifest", str(manifest)]
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
            table.add_row(way, *(f"{value:.4g}" for value in found.values()))
        print(f"{options.rows} rows, {manifest.stat().st_size / 1e6:.0f} MB")
    Console(width=120).print(table)


def write_rows(path: Path, count: int) -> Path:
    """Write a manifest of clips with texts of eight words, of one speaker in a hundred clips, without splits."""
    rng = np.random.default_rng(0)
    (path.parent / "a.wav").touch()
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            text = " ".join(WORDS[index] for index in rng.integers(len(WORDS), size=8))
            row = {"id": f"corpus/part-{number % 97}/clip-{number:07d}", "path": "a.wav", "start_s": number / 10}
            file.write(json.dumps(row | {"text": text, "speaker": f"speaker-{number // 100}"}) + "\n")
    return path


def measure(manifest: Path, lazy: bool) -> dict[str, float]:
    """Read a manifest in one way, and return the seconds of each step and the megabytes in all."""
    from data_prep.corpora.foreign import sources
    from data_prep.report.split_checks import check_splits, check_unseen_classes, spell_labels
    from data_prep.report.text_checks import check_texts
    from data_prep.splits import assign_splits
    from recognizers.training.targets import build_vocabulary

    sources.LAZY_BYTES = 0 if lazy else 1 << 60
    before = _peak_mb()
    started = time.perf_counter()
    times = []

    def lap() -> None:
        times.append(time.perf_counter() - started - sum(times))

    clips = sources.read_clips(manifest, {})
    lap()
    clips = assign_splits(clips, 0.1, 0.1)
    lap()
    spelled = spell_labels(clips, ())
    assert check_splits(spelled) + check_unseen_classes(spelled) + check_texts(clips, ()) == []
    lap()
    assert len(build_vocabulary(clips, "word").symbols) == len(WORDS)
    lap()
    for index in np.random.default_rng(1).integers(len(clips), size=READS).tolist():
        assert clips[index].start_s == index / 10
    lap()
    steps = dict(zip(("read", "splits", "checks", "vocabulary"), times, strict=False))
    return steps | {"random_us": times[-1] / READS * 1e6, "mb": _peak_mb() - before}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
