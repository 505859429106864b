"""How well are unseen people recognised after a few recordings of each class, from scratch and from starting points?

python -m benchmarks.few_shot experiment=keywords corpus=manifest corpus.root=DIR corpus.test_share=0.3
python -m benchmarks.few_shot ... --init none speech_en RUN --clips 1 2 5 10 20 --seeds 0 1 2 --labels 10

Settings are those of `pipelines.train`. The corpus holds out whole speakers or signers for its test. Of its training
clips, a few of each class are drawn, others for each seed, and nothing else is learned from; there is no validation.
Finished runs are kept in the output folder, and an interrupted comparison goes on where it was. Clips that cannot be
used are reported, and the comparison goes on without them.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from rich.console import Console
from rich.table import Table

from data_prep.errors import InputError
from data_prep.manifest import Clip, write_manifest
from pipelines.cli.command import CONF_DIR, DONE, SOME_FAILED, register_config
from pipelines.cli.error_messages import explain_error
from pipelines.cli.overrides import rewrite_overrides
from recognizers.instantiate import instantiate
from recognizers.pretrained import is_packaged

#: Settings of every training: no clip is spared for validation, and the comparison is made here.
FIXED = ("corpus=manifest", "corpus.validation_share=0", "corpus.test_share=0", "compare_with_scratch=false")


def main() -> None:
    """Print a table, and the scores as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings", nargs="+", help="settings of pipelines.train, the corpus among them")
    parser.add_argument("--init", nargs="+", default=["none", "speech_en"], help="starting points, or none")
    parser.add_argument("--clips", nargs="+", type=int, default=[1, 2, 5, 10, 20], help="clips of each class")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--labels", type=int, help="take only this many classes, the first by name")
    parser.add_argument("--output", type=Path, default=Path("runs/few_shot"))
    given = parser.parse_args()
    try:
        compare(given)
    except Exception as error:
        message = explain_error(error)
        if message is None:
            raise
        sys.exit(f"error: {message}")


def compare(given: argparse.Namespace) -> None:
    """Train from each starting point on each number of clips, once for each seed, and print the scores."""
    clips = corpus_clips(given.settings, given.labels)
    scores: dict[str, dict[int, list[float]]] = defaultdict(dict)
    for init in given.init:
        for count in given.clips:
            scores[init][count] = [run(given, clips, init, count, seed) for seed in given.seeds]
            print(init, count, scores[init][count], file=sys.stderr, flush=True)
    show(scores, given.clips)
    tested = sum(clip.split == "test" for clip in clips)
    print(json.dumps({"accuracy": scores, "test_clips": tested, "seeds": given.seeds}))


def corpus_clips(settings: Sequence[str], num_labels: int | None) -> list[Clip]:
    """Return the training and the test clips of a corpus, of all or of some classes."""
    register_config()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("train", overrides=rewrite_overrides([*settings, "hydra.run.dir=unused"]))
    clips = [clip for clip in instantiate(cfg.corpus).clips() if clip.split != "validation"]
    labels = sorted({str(clip.label) for clip in clips})[:num_labels]
    return [clip for clip in clips if clip.label in labels]


def draw(clips: Sequence[Clip], count: int, seed: int) -> list[Clip]:
    """Return `count` training clips of each class, drawn at random, and all test clips."""
    by_label = defaultdict(list)
    for clip in clips:
        if clip.split == "train":
            by_label[clip.label].append(clip)
    drawn = []
    for label in sorted(by_label, key=str):
        rng = np.random.default_rng([seed, len(by_label[label])])
        drawn += [by_label[label][index] for index in rng.permutation(len(by_label[label]))[:count]]
    return [replace(clip, path=clip.path.absolute()) for clip in drawn + [c for c in clips if c.split == "test"]]


def run(given: argparse.Namespace, clips: Sequence[Clip], init: str, count: int, seed: int) -> float:
    """Train on a few clips of each class, unless that was done before, and return the accuracy on the test clips.

    Raises:
        InputError: The training failed, or its test has no accuracy.
    """
    folder = given.output / folder_name(init) / f"{count}_clips_seed_{seed}"
    report = folder / "run" / "report.json"
    if not report.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_manifest(folder / "manifest.jsonl", draw(clips, count, seed))
        settings = [each for each in given.settings if not is_of_corpus(each)]
        command = [sys.executable, "-m", "pipelines.train", *settings, *FIXED, f"corpus.root={folder}", f"seed={seed}"]
        command += [f"hydra.run.dir={folder / 'run'}"] + [f"init={init}"] * (init != "none")
        resume = [f"resume={folder / 'run'}"] * (folder / "run" / "run.json").is_file()
        with open(folder / "log.txt", "w", encoding="utf-8") as log:
            exit_code = subprocess.run([*command, *resume], stdout=log, stderr=log).returncode
        if exit_code not in (DONE, SOME_FAILED) or not report.is_file():
            raise InputError(
                f"{folder}: the training ended with exit code {exit_code} without scores; see {folder / 'log.txt'}, "
                "correct the cause and run the same command again, which keeps finished runs"
            )
    return read_accuracy(report)


def read_accuracy(report: Path) -> float:
    """Return the accuracy on the test clips from the report of a run, and say how many clips it left out.

    Raises:
        InputError: The test has no accuracy.
    """
    failures = report.with_name("failures.jsonl")
    if failures.is_file():
        print(f"{len(failures.read_bytes().splitlines())} clips could not be used, see {failures}", file=sys.stderr)
    metrics = json.loads(report.read_text(encoding="utf-8"))["metrics"]
    if "test/accuracy" not in metrics:
        raise InputError(
            f"{report}: found the scores {', '.join(metrics) or '(none)'}, expected test/accuracy; give a recipe that "
            "learns labels, such as experiment=keywords, and a corpus with test clips"
        )
    if unknown := metrics.get("test/unknown_labels"):
        print(f"{unknown} test clips have labels that were not learned; they count as errors", file=sys.stderr)
    return float(metrics["test/accuracy"])


def folder_name(init: str) -> str:
    """Return the name of the folder for the runs from a starting point; each starting point has its own."""
    if init == "none" or is_packaged(Path(init)):
        return init
    path = Path(os.path.abspath(init))
    readable = re.sub(r"[^\w.-]+", "_", "_".join(path.parts[-2:])).strip("._")[:60]
    return f"{readable}_{hashlib.blake2b(os.fsencode(path), digest_size=4).hexdigest()}"


def is_of_corpus(setting: str) -> bool:
    """Tell whether a setting chooses the corpus or is one of its settings, such as ``++corpus.columns.text=said``."""
    return re.match(r"[+~]*corpus(?:[.@=]|$)", setting) is not None


def show(scores: dict[str, dict[int, list[float]]], counts: Sequence[int]) -> None:
    """Print the mean over the seeds, and the lowest and the highest."""
    table = Table("clips of each class", *map(str, counts), title="accuracy on unseen people")
    for init, by_count in scores.items():
        cells = [
            f"{np.mean(values):.3f}\n{min(values):.3f} to {max(values):.3f}"
            for values in (by_count[count] for count in counts)
        ]
        table.add_row("from scratch" if init == "none" else f"init={init}", *cells)
    Console(stderr=True).print(table)


if __name__ == "__main__":
    main()
