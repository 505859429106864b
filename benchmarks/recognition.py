"""Sound files to transcripts: this project's runtimes and a plain loop, seconds of sound a second of CPU time.

python -m benchmarks.recognition
python -m benchmarks.recognition --corpus data/an4 --model RUN  # RUN/onnx made by python -m pipelines.export

Every contender has a process and one thread of its own, but only one works at a time, on some files as WAV, then as
FLAC, and then the next: what else the machine does hits all alike. The first turns are to warm up. All decode, compute
features and the network, and spell; without --model the network is untrained, which costs the same.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.pacing import Contender
    from benchmarks.sounds import Sounds

#: Each contender and what it does.
CONTENDERS = {
    "plain": "librosa's load and mfcc, then the packed network, file by file",
    "torch": "this project, runtime=torch",
    "onnx": "this project, runtime=onnx",
    "onnx_int8": "this project, runtime=onnx_int8",
}
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def main() -> None:
    """Measure and report."""
    options = _options()
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # its exporter remarks on every recurrent layer
    from benchmarks.sounds import write_sounds

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sounds").mkdir()
        sounds = write_sounds(
            folder / "sounds", options.clips // options.turn, options.turn, options.corpus, options.seed
        )
        try:
            model = options.model or _untrained(folder / "model", options.hidden_size)
            contenders = measure(sounds, model, options.batch_size, options.rounds, folder)
        except KeyboardInterrupt:
            sys.exit(130)
    report(contenders)


def measure(sounds: "Sounds", model: Path, batch_size: int, rounds: int, folder: Path) -> "list[Contender]":
    """Let contenders work in turns: a turn of WAV, a turn of FLAC, and so on."""
    from benchmarks import recognition_contenders as ways
    from benchmarks.pacing import Contender, end_all

    contenders: list[Contender] = []
    try:
        for name in CONTENDERS:
            run = partial(ways.take_turns, name, model, batch_size)
            contenders.append(Contender(name, run, sounds, ENVIRONMENT, folder / name))
        for each in contenders:
            each.wait_until_ready()
        for number in range(2 * (rounds + 1)):
            for each in contenders:
                each.take_turn(sounds.turn, float("inf"))
            print(f"turn {number + 1} of {2 * (rounds + 1)}", file=sys.stderr)
    finally:
        end_all(contenders)
    return contenders


def report(contenders: "Sequence[Contender]") -> None:
    """Print a table, and the ratios as JSON in the last line."""
    from rich.console import Console
    from rich.table import Table

    from benchmarks.report import cpu_and_versions
    from benchmarks.sounds import FORMATS

    speeds = {(each.name, suffix): _speed(each, place) for each in contenders for place, suffix in enumerate(FORMATS)}
    ratios = {(name, suffix): speed / speeds["plain", suffix] for (name, suffix), speed in speeds.items()}
    headings = [f"{suffix}{what}" for what in (" s/s", ", plain is 1") for suffix in FORMATS]
    table = Table("contender", "", *headings)
    for name, what in CONTENDERS.items():
        cells = [f"{speeds[name, suffix]:.0f}" for suffix in FORMATS]
        table.add_row(name, what, *cells, *(f"{ratios[name, suffix]:.2f}" for suffix in FORMATS))
    console = Console(width=130)
    console.print(cpu_and_versions("torch", "onnxruntime", "librosa", "soundfile"), highlight=False)
    console.print(table)
    print(json.dumps({f"ratio_{name}_{suffix}": round(ratio, 4) for (name, suffix), ratio in ratios.items()}))


def _untrained(folder: Path, hidden_size: int) -> Path:
    from pipelines.exporting import export
    from recognizers.bundle import save_bundle
    from recognizers.spec import RecognizerSpec
    from recognizers.vocabulary import Vocabulary

    encoder = {"_target_": "recognizers.encoder.bilstm.BiLstm", "hidden_size": hidden_size, "subsampling": 3}
    head = {"_target_": "recognizers.head.ctc.Ctc"}
    vocabulary = Vocabulary("character", tuple(" abcdefghijklmnopqrstuvwxyz'"))
    spec = RecognizerSpec({"_target_": "data_prep.features.mfcc.Mfcc"}, encoder, head, vocabulary)
    _, *modules = spec.build()
    save_bundle(folder / "bundle", spec, *modules)
    export({"model": str(folder), "output_dir": None})
    return folder


def _speed(contender: "Contender", place: int) -> float:
    """Over all turns of one format but the first, which is to warm up."""
    turns = contender.turns[place::2][1:]
    return sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recognition", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, metavar="RUN", help="a run on 16 kHz sound with text, exported (default: untrained)")
    add("--hidden-size", type=int, default=256, help="of the untrained network (default 256)")
    add("--corpus", type=Path, metavar="FOLDER", help="recordings to make the clips of (.raw as AN4 has it, or .wav)")
    add("--clips", type=int, default=160, help="how many clips there are (default 160)")
    add("--turn", type=int, default=80, help="files a contender works off in a turn (default 80)")
    add("--batch-size", type=int, default=8, help="clips a batch (default 8)")
    add("--rounds", type=int, default=4, help="turns in each format after the first, which is to warm up (default 4)")
    add("--seed", type=int, default=0, help="of the clips (default 0)")
    options = parser.parse_args()
    if not 1 <= options.turn <= options.clips or options.rounds < 1:
        parser.error("turn and rounds must be at least 1, and clips no fewer than a turn")
    return options


if __name__ == "__main__":
    main()
