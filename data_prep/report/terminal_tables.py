"""The corpus report as tables in the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data_prep.report.corpus_report import CorpusReport
from data_prep.report.printable import printable, symbol_name
from data_prep.report.signal_stats import group_hands_by_split, share_with_hand
from data_prep.report.statistics import SymbolCounts, format_seconds

#: A longer list of symbols is shortened to its most and least frequent ones.
MOST_FREQUENT, LEAST_FREQUENT = 20, 5
MAX_REASONS = 20


def print_report(report: CorpusReport) -> None:
    """Print sizes, lengths, symbols, hands and failures to stderr."""
    tables = [_tabulate_sizes(report), _tabulate_lengths(report), *map(_tabulate_symbols, report.symbols)]
    if report.signals.hands:
        tables.append(_tabulate_hands(report))
    if report.failures:
        tables.append(_tabulate_failures(report))
    console = Console(stderr=True)
    for table in tables:
        console.print(table)


def _tabulate_sizes(report: CorpusReport) -> Table:
    table = _new_table("Splits", "split", "clips", "hours", *report.counted.values())
    for size in report.splits:
        values = (getattr(size, name) for name in report.counted)
        _add_row(table, size.split, f"{size.clips:,}", f"{size.hours:.3f}", *values)
    return table


def _tabulate_lengths(report: CorpusReport) -> Table:
    table = _new_table(
        "Clip lengths in seconds (5 % and 95 %: percentiles)", "split", "5 %", "median", "95 %", "shortest", "longest"
    )
    for name, stats in report.lengths.items():
        values = (stats.p5_s, stats.median_s, stats.p95_s, stats.shortest[1], stats.longest[1])
        _add_row(table, name, *map(format_seconds, values))
    return table


def _tabulate_symbols(counts: SymbolCounts) -> Table:
    splits = list(counts.by_split)
    symbols = [symbol for symbol, _ in counts.totals]
    hidden = len(symbols) - MOST_FREQUENT - LEAST_FREQUENT
    table = _new_table(f"{counts.title}: {len(symbols)}", counts.kind, *splits)
    for symbol in symbols[:MOST_FREQUENT] if hidden > 0 else symbols:
        _add_row(table, symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits))
    if hidden > 0:
        _add_row(table, f"… {hidden} more", *("" for _ in splits))
        for symbol in symbols[-LEAST_FREQUENT:]:
            _add_row(table, symbol_name(symbol), *(counts.by_split[split][symbol] for split in splits))
    return table


def _tabulate_hands(report: CorpusReport) -> Table:
    table = _new_table("Hands", "split", "frames with a hand", "clips with one hand", "clips with two hands")
    for name, clips in group_hands_by_split(report.signals.hands).items():
        clips_by_hands = [sum(clip.hands == hands for clip in clips) for hands in (1, 2)]
        _add_row(table, name, f"{share_with_hand(clips):.1%}", *clips_by_hands)
    return table


def _tabulate_failures(report: CorpusReport) -> Table:
    table = _new_table("Clips that cannot be used", "reason", "clips", "first clip")
    for reason, failures in list(report.failures.items())[:MAX_REASONS]:
        _add_row(table, printable(reason), len(failures), printable(failures[0].id))
    return table


def _new_table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, no_wrap=True), title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if number == 0 else "right")
    return table


def _add_row(table: Table, *cells: object) -> None:
    # In a plain string, rich would interpret "[red]" as markup.
    table.add_row(*(Text(str(cell)) for cell in cells))
