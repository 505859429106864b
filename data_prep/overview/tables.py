"""An overview in the terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_prep.overview.contents import SymbolCounts
from data_prep.overview.overview import Overview
from data_prep.overview.printable import symbol_name

MOST_COMMON, LEAST_COMMON = 20, 5


def show_overview(overview: Overview) -> None:
    """Print the sizes, lengths and symbols of a corpus to stderr."""
    console = Console(stderr=True)
    console.print(_sizes(overview))
    for counts in overview.counts:
        console.print(_symbols(counts))


def _sizes(overview: Overview) -> Table:
    table = _table(
        ["split", "clips", "hours", "speakers", "classes", "texts", "5 % s", "half s", "95 % s"],
        "Clips by split, with the lengths that 5, 50 and 95 % of them do not exceed",
    )
    for size in overview.sizes:
        lengths = overview.lengths.get(size.split)
        seconds = (lengths.p5_s, lengths.median_s, lengths.p95_s) if lengths else ()
        numbers = (f"{size.clips:,}", f"{size.hours:.3f}", size.speakers, size.classes, size.texts)
        _add(table, [size.split, *numbers, *(f"{value:.3g}" for value in seconds)])
    return table


def _symbols(counts: SymbolCounts) -> Table:
    splits = list(counts.by_split)
    totals = counts.totals
    cut = len(totals) > MOST_COMMON + LEAST_COMMON
    title = f"Clips of each {counts.kind}" if counts.kind == "class" else f"Occurrences of each {counts.kind}"
    table = _table([counts.kind, *splits], title + (f", {MOST_COMMON} most and {LEAST_COMMON} least common" * cut))
    for symbol, _ in totals[:MOST_COMMON] if cut else totals:
        _add(table, [symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits)])
    if cut:
        _add(table, [f"… {len(totals) - MOST_COMMON - LEAST_COMMON} more", *("" for _ in splits)])
        for symbol, _ in totals[-LEAST_COMMON:]:
            _add(table, [symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits)])
    return table


def _table(columns: list[str], title: str) -> Table:
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if number == 0 else "right")
    return table


def _add(table: Table, cells: Iterable[object]) -> None:
    # As Text: in a plain string, rich would take [red] for its own.
    table.add_row(*(Text(str(cell)) for cell in cells))
