"""Are generated clips real? Are they recognised, and does a recognizer of few real clips learn from them?

python -m benchmarks.generated_clips --root SHREC17 --output runs/generated_clips

First, a classifier and a generator learn from the same clips of SHREC'17's training list, without three in ten of its
subjects. The classifier is tested on those subjects, and on clips that the generator draws.

Second, five clips of each gesture are drawn from the training clips. A classifier learns from these alone; from these
and clips of a generator that learned from the same five; and from these and clips of the first generator, which has
learned from all training clips. All are trained for the same number of steps and tested on the unseen subjects.

Finished runs are kept in the output folder, and an interrupted benchmark goes on where it was.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.few_shot import corpus_clips, draw
from data_prep.manifest import Clip, read_manifest, write_manifest

SPLIT = ("corpus.test_share=0.3", "corpus.validation_share=0")
#: A corpus that was put together here: no clip is spared for validation, and the number of steps is fixed.
OF_MANIFEST = ("corpus=manifest", "corpus.validation_share=0", "corpus.test_share=0", "trainer.max_epochs=10000")
CONDITIONS = ("real", "and generated from these", "and generated from all")


def main() -> None:
    """Print both tables, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="folder of SHREC'17")
    parser.add_argument("--output", type=Path, default=Path("runs/generated_clips"))
    parser.add_argument("--temperatures", nargs="+", type=float, default=[0.0, 0.5, 1.0])
    parser.add_argument("--drawn", type=int, default=50, help="generated clips of each gesture that are classified")
    parser.add_argument("--real", type=int, default=5, help="real clips of each gesture to learn from")
    parser.add_argument("--added", type=int, default=20, help="generated clips of each gesture to add")
    parser.add_argument("--steps", type=int, default=400, help="steps of each training on few clips")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--settings", nargs="*", default=["num_workers=0"], help="further settings of all trainings")
    given = parser.parse_args()
    recognised = recognise_generated(given)
    learned = {name: [learn_from_few(given, name, seed) for seed in given.seeds] for name in CONDITIONS}
    show(recognised, learned, given)
    print(json.dumps({"recognised": recognised, "learned_from_few": learned}))


def recognise_generated(given: argparse.Namespace) -> dict[str, float]:
    """Return the accuracy of the classifier on real clips of unseen subjects, and on generated clips."""
    corpus = [f"corpus.root={given.root}", *SPLIT, *given.settings]
    classifier = given.output / "classifier"
    report = train(classifier, ["experiment=shrec17", *corpus, "trainer.max_epochs=20"])
    train(given.output / "generator", ["experiment=generate_gestures", *corpus])
    accuracies = {"real clips of unseen subjects": report["metrics"]["test/accuracy"]}
    for temperature in given.temperatures:
        clips = given.output / f"drawn_at_{temperature:g}"
        generate(given.output / "generator", clips, given.drawn, 0, temperature)
        settings = [f"model={classifier}", "corpus=manifest", f"corpus.root={clips}", "split=train", "num_workers=0"]
        result = run("evaluate", [*settings, f"output_dir={clips.with_name(clips.name + '_scores')}"])
        accuracies[f"generated clips, temperature {temperature:g}"] = result["accuracy"]
    return accuracies


def learn_from_few(given: argparse.Namespace, condition: str, seed: int) -> float:
    """Train a classifier on few real clips, and generated ones if the condition says so; return its test accuracy."""
    folder = given.output / f"seed_{seed}" / condition.replace(" ", "_")
    few = given.output / f"seed_{seed}" / "few.jsonl"
    clips = draw(corpus_clips([f"corpus.root={given.root}", "experiment=shrec17", *SPLIT], None), given.real, seed)
    few.parent.mkdir(parents=True, exist_ok=True)
    write_manifest(few, clips)
    steps = [*OF_MANIFEST, f"trainer.max_steps={given.steps}", f"seed={seed}", *given.settings]
    if condition != "real":
        generator = given.output / "generator"
        if condition.endswith("these"):
            generator = given.output / f"seed_{seed}" / "generator"
            train(generator, ["experiment=generate_gestures", f"corpus.root={few}", *steps])
        drawn = folder.with_name(folder.name + "_drawn")
        generate(generator, drawn, given.added, seed, 0.5)
        clips += [replace(clip, id=f"generated/{clip.id}") for clip in read_manifest(drawn / "manifest.jsonl")]
    manifest = folder.with_name(folder.name + ".jsonl")
    write_manifest(manifest, with_absolute_paths(clips))
    report = train(folder, ["experiment=shrec17", f"corpus.root={manifest}", *steps])
    return float(report["metrics"]["test/accuracy"])


def with_absolute_paths(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips with absolute paths."""
    return [replace(clip, path=clip.path.absolute()) for clip in clips]


def train(run_dir: Path, settings: Sequence[str]) -> dict[str, Any]:
    """Train, unless that was done before, and return the report."""
    report = run_dir / "report.json"
    if not report.is_file():
        resume = [f"resume={run_dir}"] * (run_dir / "run.json").is_file()
        run("train", [*settings, f"hydra.run.dir={run_dir}", *resume])
    return json.loads(report.read_text(encoding="utf-8"))


def generate(model: Path, output: Path, count: int, seed: int, temperature: float) -> None:
    """Draw clips of all labels, unless that was done before."""
    if not output.is_dir():
        settings = [f"count={count}", f"seed={seed}", f"temperature={temperature}", "formats=[npz]"]
        run("generate", [f"model={model}", f"output={output}", *settings])


def run(command: str, settings: Sequence[str]) -> dict[str, Any]:
    """Run one of our commands, and return its result."""
    arguments = [sys.executable, "-m", f"pipelines.{command}", *settings]
    print(" ".join(arguments[1:]), file=sys.stderr, flush=True)
    out = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out.splitlines()[-1])


def show(recognised: dict[str, float], learned: dict[str, list[float]], given: argparse.Namespace) -> None:
    """Print the tables."""
    first = Table("clips", "accuracy", title="a classifier of real clips")
    for name, accuracy in recognised.items():
        first.add_row(name, f"{accuracy:.3f}")
    second = Table(
        "learned from", "mean", *(f"seed {seed}" for seed in given.seeds), title="accuracy on unseen subjects"
    )
    for name, scores in learned.items():
        row = f"{given.real} real clips a gesture" if name == "real" else f"{name} ({given.added} a gesture)"
        second.add_row(row, f"{np.mean(scores):.3f}", *(f"{score:.3f}" for score in scores))
    console = Console(stderr=True)
    console.print(first)
    console.print(second)


if __name__ == "__main__":
    main()
