"""Training speed of the same network on the same clips: this project, a tutorial's loop and SpeechBrain's Brain.

python -m benchmarks.train_step                     # clips of 200 to 1000 frames
python -m benchmarks.train_step --mean-frames 120   # clips of 40 to 200 frames
python -m benchmarks.train_step --malloc tuned      # the peers also use this project's memory settings

Every contender has a process of its own, because memory settings apply to a whole process. Only one contender works at
a time: each takes a turn of a few steps, so other load on the machine affects all contenders equally. All use one
thread and float32 on the CPU. A contender with very slow steps pauses until the others have used the same time.
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

#: Description of each contender.
CONTENDERS = {
    "ours": "this project's Trainer; batches have the frames of 16 average clips",
    "ours_bare": "the same network and batches in a bare loop",
    "ours_sixteen": "this project's Trainer, batches of 16 clips",
    "naive": "tutorial: packed sequences, 16 clips sorted by length",
    "naive_random": "tutorial: packed sequences, 16 random clips",
    "naive_unpacked": "tutorial: the network also reads the padding, 16 clips sorted by length",
    "speechbrain": "Brain with lengths: packed sequences, dynamic batches",
    "speechbrain_random": "Brain with lengths: packed sequences, 16 random clips",
    "speechbrain_unpacked": "Brain without lengths: the network also reads the padding, dynamic batches",
    "gemm": "products of square matrices",
}
#: The settings of `pipelines.training.malloc.reuse_freed_memory`, as environment variables of glibc.
TUNED_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
#: For every contender: one thread, and progress bars as on a terminal although the output goes to a file.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "FORCE_COLOR": "1", "COLUMNS": "100"}


def main() -> None:
    """Run the benchmark."""
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
    """Let the contenders train in turns; the first turn of each is a warm-up."""
    from benchmarks.pacing import Contender, end_all

    contenders: list[Contender] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, run in _contender_functions(names).items():
                tuned = options.malloc == "tuned" and not name.startswith("ours")
                environment = ENVIRONMENT | {"TMPDIR": folder} | (TUNED_MALLOC if tuned else {})
                contenders.append(Contender(name, run, clips, environment, Path(folder) / name, options.flush_denormal))
            for each in contenders:
                each.wait_until_ready()
            for number in range(options.rounds + 1):
                for each in contenders:
                    if sum(turn.seconds for turn in each.turns) <= options.limit * number:
                        each.take_turn(options.steps, options.limit)
                        _log_turn(number, each)
        finally:
            end_all(contenders)
    return contenders


def _contender_functions(names: Sequence[str]) -> "dict[str, Run]":
    from benchmarks import train_step_ours as ours
    from benchmarks import train_step_peers as peers
    from benchmarks.clips import random_batches, sorted_batches
    from benchmarks.gemm import multiply

    runs: dict[str, Run] = {
        "ours": ours.train,
        "ours_bare": ours.train_in_bare_loop,
        "ours_sixteen": ours.train_with_fixed_batches,
        "naive": partial(peers.train_like_tutorials, groups=sorted_batches, packed=True),
        "naive_random": partial(peers.train_like_tutorials, groups=random_batches, packed=True),
        "naive_unpacked": partial(peers.train_like_tutorials, groups=sorted_batches, packed=False),
        "speechbrain": partial(peers.train_with_speechbrain, groups=peers.dynamic_batches, packed=True),
        "speechbrain_random": partial(peers.train_with_speechbrain, groups=random_batches, packed=True),
        "speechbrain_unpacked": partial(peers.train_with_speechbrain, groups=peers.dynamic_batches, packed=False),
        "gemm": multiply,
    }
    return {name: runs[name] for name in names}


def _log_turn(number: int, contender: "Contender") -> None:
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
    add("--clips", type=int, default=1024, help="number of clips (default 1024)")
    add(
        "--mean-frames",
        type=int,
        default=600,
        help="mean length; clips have a third to five thirds of it (default 600)",
    )
    add("--shortest", type=int, help="length of the shortest clip in frames, instead of --mean-frames")
    add("--longest", type=int, help="length of the longest clip in frames, instead of --mean-frames")
    add("--seed", type=int, default=0, help="seed for clips and batches (default 0)")
    add("--rounds", type=int, default=5, help="turns of each contender, after a first one as a warm-up (default 5)")
    add("--steps", type=int, help="training steps per turn (default: about four seconds)")
    add("--limit", type=float, default=10.0, help="seconds after which a turn ends even if steps are left (default 10)")
    add("--malloc", choices=("default", "tuned"), default="default", help="the peers' memory settings")
    add("--flush-denormal", action="store_true", help="flush denormal numbers to 0 in all contenders")
    add("--only", nargs="+", metavar="NAME", choices=CONTENDERS, default=list(CONTENDERS), help=_names())
    options = parser.parse_args()
    options.shortest = options.shortest or options.mean_frames // 3
    options.longest = options.longest or options.mean_frames * 5 // 3
    if min(options.clips, options.rounds, options.shortest) < 1 or options.longest < options.shortest:
        parser.error("--clips, --rounds and --shortest must be at least 1, and --longest at least --shortest")
    options.steps = options.steps or max(2, 2 * 600 * 2 // (options.shortest + options.longest))
    return options


def _names() -> str:
    return "contenders to measure (default: all)\n" + "\n".join(f"{name}: {what}" for name, what in CONTENDERS.items())


if __name__ == "__main__":
    main()
