"""python -m tests.fuzz: damage files of every kind in thousands of ways, and report what goes wrong when they are read.

Each file is read in a process with limited time and memory. Reading must return a result or raise an error of the
project. A finding is anything else: another exception, a process that dies, hangs or uses too much memory, or a file
written outside its folder.
"""

import argparse
import itertools
import logging
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from data_prep.workers.process_pool import LostTask, run_in_processes
from tests.fuzz.readers import GUARDED, READERS
from tests.fuzz.samples import write_samples
from tests.fuzz.trial import LIMIT_S, Case, Outcome, Trial


def main() -> int:
    """Run the command and return its exit code: 1 if there are findings, else 0."""
    arguments = _arguments()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder)
        write_samples(samples)
        names = sorted(path.name for path in samples.iterdir())
        if arguments.repeat:
            name, _, seed = arguments.repeat.rpartition(":")
            cases: Iterator[Case] = iter([Case(name, int(seed))])
        else:
            chosen = [name for name in names if not arguments.readers or name.split(".")[0] in arguments.readers]
            cases = _cases(chosen, arguments.seed, time.monotonic() + 60 * arguments.minutes, arguments.mutations)
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        findings: dict[str, list[Outcome]] = {}
        for found in run_in_processes(Trial(samples), cases, arguments.workers, lambda case: LIMIT_S):
            outcome = _outcome_of_loss(found) if isinstance(found, LostTask) else found
            counts[outcome.case.reader][outcome.kind] += 1
            if outcome.what:
                findings.setdefault(outcome.what, []).append(outcome)
    for reader, kinds in sorted(counts.items()):
        print(f"{reader:10}", ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    for what, outcomes in findings.items():
        first = outcomes[0]
        print(f"\n{len(outcomes)} x {what}\n  {first.detail}\n  --repeat {first.case.sample}:{first.case.seed}")
    return int(any(kinds["finding"] for kinds in counts.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long to run (default: 5)")
    parser.add_argument("--mutations", type=int, help="most damaged files of each sample")
    parser.add_argument("--seed", type=int, default=0, help="first seed of the damage (default: 0)")
    parser.add_argument("--workers", type=int, default=1, help="number of processes (default: 1)")
    parser.add_argument("--readers", nargs="*", choices=READERS, help="use only these readers")
    parser.add_argument("--repeat", metavar="SAMPLE:SEED", help="repeat one case")
    return parser.parse_args()


def _cases(names: list[str], seed: int, until: float, mutations: int | None) -> Iterator[Case]:
    for number in itertools.count(seed):
        for name in names:
            if time.monotonic() > until or (mutations is not None and number >= seed + mutations):
                return
            yield Case(name, number)


def _outcome_of_loss(lost: LostTask[Case]) -> Outcome:
    """Return "survived" for a process that died where the pipelines expect it, else a finding."""
    reader = lost.item.reader
    kind = "survived" if reader in GUARDED else "finding"
    return Outcome(lost.item, kind, f"{reader}: the process {lost.how}", f"reading {lost.item.sample}")


if __name__ == "__main__":
    sys.exit(main())
