"""An overview in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_prep.report.corpus_report import CLASS, Overview
from data_prep.report.printable import printable, symbol_name
from data_prep.report.signal_stats import hands_by_split, share_of_frames
from data_prep.report.statistics import SymbolCounts, seconds

MOST_COMMON, LEAST_COMMON = 20, 5


def show_overview(overview: Overview) -> None:
    """Print the sizes, lengths, symbols, hands and failures of a corpus to stderr."""
    console = Console(stderr=True)
    console.print(_sizes(overview))
    console.print(_lengths(overview))
    for counts in overview.counts:
        console.print(_symbols(counts))
    if overview.measured.hands:
        console.print(_hands(overview))
    if overview.failures:
        console.print(_failures(overview))


def _sizes(overview: Overview) -> Table:
    table = _table(["split", "clips", "hours", "speakers", "classes", "texts"], "Splits")
    for size in overview.sizes:
        _add(table, [size.split, f"{size.clips:,}", f"{size.hours:.3f}", size.speakers, size.classes, size.texts])
    return table


def _lengths(overview: Overview) -> Table:
    table = _table(
        ["seconds", "5 %", "50 %", "95 %", "shortest", "longest"],
        "Lengths: 5, 50 and 95 % of the clips are at most as long",
    )
    for name, each in overview.lengths.items():
        values = (each.p5_s, each.median_s, each.p95_s, each.shortest[1], each.longest[1])
        _add(table, [name, *map(seconds, values)])
    return table


def _hands(overview: Overview) -> Table:
    table = _table(["split", "frames with a hand", "clips with one", "with two"], "Hands")
    for name, group in hands_by_split(overview.measured.hands).items():
        with_hands = [sum(seen.hands == number for seen in group) for number in (1, 2)]
        _add(table, [name, f"{share_of_frames(group):.1%}", *with_hands])
    return table


def _failures(overview: Overview) -> Table:
    table = _table(["cannot be used because", "clips", "such as"], "Failures")
    for reason, found in list(overview.failures.items())[:MOST_COMMON]:
        _add(table, [printable(reason), len(found), printable(found[0].id)])
    return table


def _symbols(counts: SymbolCounts) -> Table:
    splits = list(counts.by_split)
    totals = counts.totals
    cut = len(totals) > MOST_COMMON + LEAST_COMMON
    plural = "Classes" if counts.kind == CLASS else f"{counts.kind.capitalize()}s of the texts"
    table = _table([counts.kind, *splits], f"{plural}: {len(totals)}")
    for symbol, _ in totals[:MOST_COMMON] if cut else totals:
        _add(table, [symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits)])
    if cut:
        _add(table, [f"… {len(totals) - MOST_COMMON - LEAST_COMMON} more", *("" for _ in splits)])
        for symbol, _ in totals[-LEAST_COMMON:]:
            _add(table, [symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits)])
    return table


def _table(columns: list[str], title: str) -> Table:
    table = Table(title=Text(title, no_wrap=True), title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if number == 0 else "right")
    return table


def _add(table: Table, cells: Iterable[object]) -> None:
    # As Text: in a plain string, rich would take [red] for its own.
    table.add_row(*(Text(str(cell)) for cell in cells))
