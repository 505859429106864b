"""The report of the benchmark `train_step`, and functions that the other benchmarks share."""

import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.clips import Clips
from benchmarks.gemm import flops_per_frame
from benchmarks.pacing import Contender, Turn

#: Name of each ratio, and the contender to which this project is compared. Contenders without packed sequences are
#: faster, but their output for a clip depends on its padding. They show how much of the gain comes from the slowness of
#: packed sequences.
RATIOS = {
    "ratio_vs_naive": "naive",
    "ratio_vs_speechbrain": "speechbrain",
    "ratio_vs_naive_random": "naive_random",
    "ratio_vs_speechbrain_random": "speechbrain_random",
    "ratio_vs_naive_unpacked": "naive_unpacked",
    "ratio_vs_speechbrain_unpacked": "speechbrain_unpacked",
}


def report(
    contenders: Sequence[Contender], clips: Clips, descriptions: Mapping[str, str], malloc: str, flush: bool
) -> None:
    """Print a table, and the main figures as JSON in the last line."""
    by_name = {each.name: each for each in contenders}
    console = Console(width=150)
    console.print(_conditions(clips, malloc, flush), highlight=False)
    console.print(_table(by_name, descriptions))
    console.print(
        "frames/s: frames without padding per second, over all turns; the first turn is a warm-up and only counts if "
        "there is no other.\nours: speed of this project relative to the contender.",
        highlight=False,
    )
    print(json.dumps(figures(by_name)))


def figures(by_name: Mapping[str, Contender]) -> dict[str, float | None]:
    """Return the main figures; a figure is None if a contender for it was not measured.

    ratio_...: Speed of this project's training relative to another contender.
    padding_share: Fraction of padding in the frames of this project's batches.
    gemm_share: Speed of this project in the matrix products that its frames need (see `flops_per_frame`), relative to
        the speed of this machine in square matrix products. Work on padding counts as lost time.
    trainer_share: Speed of this project relative to a bare loop with the same network and batches.
    """
    speeds = {name: speed(each) for name, each in by_name.items()}

    def over(name: str, factor: float = 1.0) -> float | None:
        if "ours" not in speeds or name not in speeds:
            return None
        return round(factor * speeds["ours"] / speeds[name], 4)

    padding = padding_share(by_name["ours"]) if "ours" in by_name else None
    return {
        **{ratio: over(name) for ratio, name in RATIOS.items()},
        "padding_share": None if padding is None else round(padding, 4),
        "gemm_share": over("gemm", flops_per_frame()),
        "trainer_share": over("ours_bare"),
    }


def counted_turns(contender: Contender) -> list[Turn]:
    """Return the turns without the first, which is a warm-up, or the first if there is no other."""
    return contender.turns[1:] or contender.turns


def speed(contender: Contender) -> float:
    """Return the frames (or operations) per second over all turns that count."""
    turns = counted_turns(contender)
    return sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)


def format_speed(contender: Contender, place: int) -> float:
    """Return the seconds of audio per second for a format, by its place in `FORMATS`, without the warm-up turn."""
    turns = contender.turns[place::2][1:]
    return sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)


def padding_share(contender: Contender) -> float:
    """Return the fraction of padding in the frames of all batches."""
    return 1 - contender.batches.frames / contender.batches.padded_frames


def _table(by_name: Mapping[str, Contender], descriptions: Mapping[str, str]) -> Table:
    table = Table()
    table.add_column("contender", no_wrap=True)
    table.add_column("", ratio=1)
    for heading in ("frames/batch", "padding", "turns", "steps", "frames/s", "median", "ours", "peak GiB"):
        table.add_column(heading, justify="right")
    for name, each in by_name.items():
        table.add_row(name, descriptions[name], *_cells(each, by_name.get("ours")))
    return table


def _cells(contender: Contender, ours: Contender | None) -> list[str]:
    turns = counted_turns(contender)
    middle = median(turn.amount / turn.seconds for turn in turns)
    peak = f"{contender.turns[-1].peak_bytes / 2**30:.1f}"
    counts = [str(len(turns)), str(sum(turn.steps for turn in turns))]
    if not contender.batches.count:  # matrix products
        return ["", "", *counts, f"{speed(contender) / 1e9:.1f} GFLOP/s", f"{middle / 1e9:.1f}", "", peak]
    return [
        f"{contender.batches.frames / contender.batches.count:.0f}",
        f"{padding_share(contender):.1%}",
        *counts,
        f"{speed(contender):.0f}",
        f"{middle:.0f}",
        f"{speed(ours) / speed(contender):.2f} x" if ours else "",
        peak,
    ]


def _conditions(clips: Clips, malloc: str, flush: bool) -> str:
    peers = {
        "default": "peers use the settings of the environment",
        "tuned": "so do the peers, by environment variables",
    }[malloc]
    denormals = "denormal numbers are flushed to 0" if flush else "denormal numbers are kept"
    return (
        "3 bidirectional LSTM layers of 256, CTC over 30 symbols, 40 features; float32, 1 thread, AdamW, gradients "
        f"clipped at norm 1\n{clips.count} clips of {clips.shortest} to {clips.longest} frames, seed {clips.seed}\n"
        f"memory: this project reuses the memory it frees; {peers}; {denormals}\n"
        f"{cpu_and_versions('torch', 'pytorch-lightning', 'speechbrain')}"
    )


def cpu_and_versions(*packages: str) -> str:
    """Return the name of the processor and the versions of Python and of packages."""
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return f"{_cpu()}; Python {platform.python_version()}, {versions}"


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
