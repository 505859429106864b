"""What the measurements say."""

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

#: Each ratio and the contender it is against. Those that are not packed are faster, but what they make of a clip
#: depends on the padding it happens to get; they show how much of the gain is owed to packed sequences being slow.
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
    """Print a table, and what matters most as JSON in the last line."""
    by_name = {each.name: each for each in contenders}
    console = Console(width=150)
    console.print(_conditions(clips, malloc, flush), highlight=False)
    console.print(_table(by_name, descriptions))
    console.print(
        "frames/s: all frames of all turns over all seconds, padding not counted; the first turn is left out, unless "
        "it was so long that there was no other.\nours is: times as fast as the contender, in frames/s.",
        highlight=False,
    )
    print(json.dumps(figures(by_name)))


def figures(by_name: Mapping[str, Contender]) -> dict[str, float | None]:
    """What matters most; None where a contender it needs was not measured.

    ratio_...: How many times as many frames a second this project's training gets through as another.
    padding_share: Share of padding in the frames of this project's batches.
    gemm_share: Operations in matrix products that its frames need (see `flops_per_frame`) over what this machine does
        in square matrix products alone, in the same time. Padding counts as time lost.
    trainer_share: Its speed over that of the same network and batches in a bare loop.
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


def counted(contender: Contender) -> list[Turn]:
    """Its turns without the first, which is to warm up; that one alone if it was so long that there was no other."""
    return contender.turns[1:] or contender.turns


def speed(contender: Contender) -> float:
    """Frames (or operations) a second, over all turns that count."""
    turns = counted(contender)
    return sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)


def format_speed(contender: Contender, place: int) -> float:
    """Where turns of WAV and of FLAC alternate: over all turns of one format but the first, which is to warm up.

    Args:
        contender: With its turns.
        place: Of the format.
    """
    turns = contender.turns[place::2][1:]
    return sum(turn.amount for turn in turns) / sum(turn.seconds for turn in turns)


def padding_share(contender: Contender) -> float:
    """Share of padding in the frames of all its batches."""
    assert contender.batches is not None
    return 1 - contender.batches.frames / contender.batches.padded_frames


def _table(by_name: Mapping[str, Contender], descriptions: Mapping[str, str]) -> Table:
    table = Table()
    table.add_column("contender", no_wrap=True)
    table.add_column("", ratio=1)
    for heading in ("frames a batch", "padding", "turns", "steps", "frames/s", "median", "ours is", "peak GiB"):
        table.add_column(heading, justify="right")
    for name, each in by_name.items():
        table.add_row(name, descriptions[name], *_cells(each, by_name.get("ours")))
    return table


def _cells(contender: Contender, ours: Contender | None) -> list[str]:
    turns = counted(contender)
    middle = median(turn.amount / turn.seconds for turn in turns)
    peak = f"{contender.turns[-1].peak_bytes / 2**30:.1f}"
    counts = [str(len(turns)), str(sum(turn.steps for turn in turns))]
    assert contender.batches is not None
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
        "default": "the peers' as the environment has it",
        "tuned": "the peers' told through the environment to keep it as well",
    }[malloc]
    denormals = "denormal numbers taken for 0" if flush else "denormal numbers as the processor has them"
    return (
        "3 bidirectional LSTM layers of 256, CTC over 30 symbols, 40 features; float32, 1 thread, AdamW, gradients "
        f"clipped at norm 1\n{clips.count} clips of {clips.shortest} to {clips.longest} frames, seed {clips.seed}\n"
        f"memory: this project's training keeps what it frees; {peers}; {denormals}\n"
        f"{cpu_and_versions('torch', 'pytorch-lightning', 'speechbrain')}"
    )


def cpu_and_versions(*packages: str) -> str:
    """The processor, and the versions of Python and of packages."""
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
