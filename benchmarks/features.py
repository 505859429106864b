"""Speed of audio features from the same files: this project, lhotse and librosa, in seconds of audio per CPU second.

python -m benchmarks.features                    # synthetic speech
python -m benchmarks.features --corpus data/an4  # recordings concatenated to clips of 3 to 10 s

Every contender has a process with one thread. Only one contender works at a time: each takes a turn of some WAV files
and a turn of the same files as FLAC, so other load on the machine affects all contenders equally. The first turns are
a warm-up, because librosa compiles for half a minute. This project stores waveforms and computes features when batches
are made; both steps are counted.
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.pacing import Contender
    from benchmarks.sounds import Sounds

#: Description of each contender.
CONTENDERS = {
    "ours": "this project: waveforms to the store, features from the store",
    "ours_keyed": "this project, with a hash of each file's content as the key",
    "ours_written": "this project: features to the store, without the waveforms",
    "decoding": "this project: only decoding",
    "lhotse": "lhotse: Mfcc, LilcomChunkyWriter, one job",
    "librosa": "librosa: load, mfcc, one .npy file per clip",
}
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def main() -> None:
    """Run the benchmark."""
    options = _options()
    missing = [name for name in ("lhotse", "librosa") if name in options.only and not importlib.util.find_spec(name)]
    if missing:
        sys.exit(f"{missing[0]} is not installed: pip install -r benchmarks/requirements.txt")
    from benchmarks.sounds import write_sounds

    with tempfile.TemporaryDirectory() as folder:
        print("writing recordings", file=sys.stderr)
        (Path(folder) / "sounds").mkdir()
        turns = options.clips // options.turn
        sounds = write_sounds(Path(folder) / "sounds", turns, options.turn, options.corpus, options.seed)
        try:
            contenders = measure(options.only, sounds, options.rounds, Path(folder))
        except KeyboardInterrupt:
            sys.exit(130)
    report(contenders, sounds)


def measure(names: Sequence[str], sounds: "Sounds", rounds: int, folder: Path) -> "list[Contender]":
    """Let the contenders work in turns that alternate between WAV and FLAC."""
    from benchmarks import features_contenders
    from benchmarks.pacing import Contender, end_all

    functions: dict[str, features_contenders.FeaturePipeline] = {
        "ours": features_contenders.ours,
        "ours_keyed": features_contenders.ours_keyed,
        "ours_written": features_contenders.ours_written,
        "decoding": features_contenders.decoding,
        "lhotse": features_contenders.run_lhotse,
        "librosa": features_contenders.run_librosa,
    }
    contenders: list[Contender] = []
    try:
        for name in names:
            run = partial(features_contenders.take_turns, functions[name])
            contenders.append(Contender(name, run, sounds, ENVIRONMENT | {"TMPDIR": str(folder)}, folder / name))
        for each in contenders:
            each.wait_until_ready()
        for number in range(2 * (rounds + 1)):
            for each in contenders:
                each.take_turn(sounds.turn, float("inf"))
            print(f"turn {number + 1} of {2 * (rounds + 1)}", file=sys.stderr)
    finally:
        end_all(contenders)
    return contenders


def report(contenders: "Sequence[Contender]", sounds: "Sounds") -> None:
    """Print a table, and the main figures as JSON in the last line."""
    from rich.console import Console
    from rich.table import Table

    from benchmarks.report import cpu_and_versions, format_speed
    from benchmarks.sounds import FORMATS

    speeds = {
        (each.name, suffix): format_speed(each, place) for each in contenders for place, suffix in enumerate(FORMATS)
    }
    table = Table()
    for heading in ("contender", "", *(f"{suffix}{what}" for suffix in FORMATS for what in (" s/s", ": ours"))):
        table.add_column(heading, justify="left" if heading in ("contender", "") else "right", no_wrap=True)
    for each in contenders:
        cells = []
        for suffix in FORMATS:
            ratio = _ratio(speeds, "ours", each.name, suffix)
            cells += [f"{speeds[each.name, suffix]:.0f}", "" if ratio is None else f"{ratio:.2f} x"]
        table.add_row(each.name, CONTENDERS[each.name], *cells)
    console = Console(width=130)
    console.print(
        f"{len(sounds.durations_s)} recordings of {sum(sounds.durations_s):.0f} s in total; 40 MFCC, one thread; "
        f"seconds of audio per CPU second\n{cpu_and_versions('torch', 'lhotse', 'librosa', 'soundfile')}",
        highlight=False,
    )
    console.print(table)
    print(json.dumps(_figures(speeds)))


def _figures(speeds: dict[tuple[str, str], float]) -> dict[str, float | None]:
    return {
        "ratio_vs_lhotse_wav": _ratio(speeds, "ours", "lhotse", "wav"),
        "ratio_vs_lhotse_flac": _ratio(speeds, "ours", "lhotse", "flac"),
        "ratio_vs_librosa_wav": _ratio(speeds, "ours", "librosa", "wav"),
        "ratio_vs_librosa_flac": _ratio(speeds, "ours", "librosa", "flac"),
        "decode_share_flac": _ratio(speeds, "ours", "decoding", "flac"),
    }


def _ratio(speeds: dict[tuple[str, str], float], name: str, other: str, suffix: str) -> float | None:
    if (name, suffix) not in speeds or (other, suffix) not in speeds:
        return None
    return round(speeds[name, suffix] / speeds[other, suffix], 4)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.features", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--corpus", type=Path, metavar="FOLDER", help="recordings for the clips (.raw as in AN4, or .wav)")
    add("--clips", type=int, default=200, help="number of clips (default 200)")
    add("--turn", type=int, default=40, help="files per turn (default 40)")
    add("--rounds", type=int, default=10, help="turns in each format, after a first one as a warm-up (default 10)")
    add("--seed", type=int, default=0, help="seed for the clips (default 0)")
    names = "contenders to measure (default: all)\n" + "\n".join(f"{name}: {what}" for name, what in CONTENDERS.items())
    add("--only", nargs="+", metavar="NAME", choices=CONTENDERS, default=list(CONTENDERS), help=names)
    options = parser.parse_args()
    if not 1 <= options.turn <= options.clips or options.rounds < 1:
        parser.error("--turn and --rounds must be at least 1, and --clips at least --turn")
    return options


if __name__ == "__main__":
    main()
