"""Training throughput of the same network on the same clips: this project, a tutorial's loop, SpeechBrain's Brain.

python -m benchmarks.train_step                     # clips of 200 to 1000 frames
python -m benchmarks.train_step --mean-frames 120   # clips of 40 to 200 frames
python -m benchmarks.train_step --malloc tuned      # the peers with this project's memory settings too

Every contender has a process of its own, since how memory is allocated is a property of a process; but only one works
at a time, for a few steps, and then the next: what else the machine does hits all alike. One thread, float32, CPU.
A contender that takes very long for a step sits out until the others have had as much time.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.clips import Clips
    from benchmarks.pacing import Contender, Run

#: Each contender and what it does.
CONTENDERS = {
    "ours": "this project's Trainer, batches of as many frames as 16 clips",
    "ours_bare": "the same in a bare loop",
    "ours_sixteen": "this project's Trainer, batches of 16 clips",
    "naive": "tutorial: packed sequences, 16 clips sorted by length",
    "naive_random": "tutorial: packed sequences, 16 random clips",
    "naive_unpacked": "tutorial: padding read as if it were frames, 16 clips sorted by length",
    "speechbrain": "Brain with lengths: packed sequences; its dynamic batches",
    "speechbrain_random": "the same, 16 random clips",
    "speechbrain_unpacked": "Brain without lengths: padding read as if it were frames; its dynamic batches",
    "gemm": "square matrix products",
}
#: As glibc reads them; the same that `pipelines.training.malloc.reuse_freed_memory` sets.
TUNED_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
#: Of every contender: one thread, and progress bars drawn as on a terminal although they go to a file.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "FORCE_COLOR": "1", "COLUMNS": "100"}


def main() -> None:
    """Measure and report."""
    options = _options()
    if any(name.startswith("speechbrain") for name in options.only) and not importlib.util.find_spec("speechbrain"):
        sys.exit("SpeechBrain is not installed: pip install -r benchmarks/requirements.txt")
    from benchmarks.clips import Clips
    from benchmarks.report import report

    clips = Clips(options.clips, options.shortest, options.longest, options.seed)
    try:
        contenders = measure(options.only, clips, options)
    except KeyboardInterrupt:
        sys.exit(130)
    report(contenders, clips, CONTENDERS, options.malloc, options.flush_denormal)


def measure(names: Sequence[str], clips: "Clips", options: argparse.Namespace) -> "list[Contender]":
    """Let contenders train in turns; the first turn of each is to warm up."""
    from benchmarks.pacing import Contender, end_all

    contenders: list[Contender] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, run in _runs(names).items():
                tuned = options.malloc == "tuned" and not name.startswith("ours")
                environment = ENVIRONMENT | {"TMPDIR": folder} | (TUNED_MALLOC if tuned else {})
                contenders.append(Contender(name, run, clips, environment, Path(folder) / name, options.flush_denormal))
            for each in contenders:
                each.wait_until_ready()
            for number in range(options.rounds + 1):
                for each in contenders:
                    if sum(turn.seconds for turn in each.turns) <= options.limit * number:
                        each.take_turn(options.steps, options.limit)
                        _say(number, each)
        finally:
            end_all(contenders)
    return contenders


def _runs(names: Sequence[str]) -> "dict[str, Run]":
    from benchmarks import train_step_ours as ours
    from benchmarks import train_step_peers as peers
    from benchmarks.clips import random_sixteens, sorted_sixteens
    from benchmarks.gemm import multiply

    runs: dict[str, Run] = {
        "ours": ours.by_trainer,
        "ours_bare": ours.by_bare_loop,
        "ours_sixteen": ours.by_trainer_in_sixteens,
        "naive": partial(peers.by_tutorial, groups=sorted_sixteens, packed=True),
        "naive_random": partial(peers.by_tutorial, groups=random_sixteens, packed=True),
        "naive_unpacked": partial(peers.by_tutorial, groups=sorted_sixteens, packed=False),
        "speechbrain": partial(peers.by_speechbrain, groups=peers.by_dynamic_batches, packed=True),
        "speechbrain_random": partial(peers.by_speechbrain, groups=random_sixteens, packed=True),
        "speechbrain_unpacked": partial(peers.by_speechbrain, groups=peers.by_dynamic_batches, packed=False),
        "gemm": multiply,
    }
    return {name: runs[name] for name in names}


def _say(number: int, contender: "Contender") -> None:
    turn = contender.turns[-1]
    print(
        f"round {number}{' (warm-up)' if number == 0 else ''}: {contender.name:<20}"
        f"{turn.steps:>3} steps {turn.seconds:7.2f} s {turn.amount / turn.seconds:12.4g}/s",
        file=sys.stderr,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.train_step", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--clips", type=int, default=1024, help="how many clips there are (default 1024)")
    add("--mean-frames", type=int, default=600, help="lengths from a third to five thirds of it (default 600)")
    add("--shortest", type=int, help="frames of the shortest clip, in place of that")
    add("--longest", type=int, help="frames of the longest clip")
    add("--seed", type=int, default=0, help="of the clips and batches (default 0)")
    add(
        "--rounds", type=int, default=5, help="turns of each contender after the first, which is to warm up (default 5)"
    )
    add("--steps", type=int, help="training steps a turn (default: about as many as last for four seconds)")
    add("--limit", type=float, default=10.0, help="seconds after which a turn ends before its steps do (default 10)")
    add("--malloc", choices=("default", "tuned"), default="default", help="the peers' memory settings")
    add("--flush-denormal", action="store_true", help="take numbers too small for full precision for 0, all contenders")
    add("--only", nargs="+", metavar="NAME", choices=CONTENDERS, default=list(CONTENDERS), help=_names())
    options = parser.parse_args()
    options.shortest = options.shortest or options.mean_frames // 3
    options.longest = options.longest or options.mean_frames * 5 // 3
    if min(options.clips, options.rounds, options.shortest) < 1 or options.longest < options.shortest:
        parser.error("clips, rounds and lengths must be at least 1, and the longest clip no shorter than the shortest")
    options.steps = options.steps or max(2, 2 * 600 * 2 // (options.shortest + options.longest))
    return options


def _names() -> str:
    return "contenders to measure (default: all)\n" + "\n".join(f"{name}: {what}" for name, what in CONTENDERS.items())


if __name__ == "__main__":
    main()
