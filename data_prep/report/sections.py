"""The parts of an overview's page, each from the numbers it shows."""

import re
import statistics
from collections.abc import Sequence

from data_prep.report.checks import Finding
from data_prep.report.corpus_report import CLASS, SUBSAMPLINGS, Overview
from data_prep.report.markup import Markup, element
from data_prep.report.printable import symbol_name
from data_prep.report.signal_stats import SoundLevel, hands_by_split, share_of_frames
from data_prep.report.statistics import SymbolCounts, seconds

#: Longer lists are cut, and say so: a page of 100 MB helps nobody.
LIST_ROWS, SYMBOL_ROWS = 200, 5000
OPEN_ROWS = 40
LEAST_HANDS = 10


def findings_section(findings: Sequence[Finding]) -> Markup:
    """What is likely to be wrong."""
    if not findings:
        return section("Warnings", element("p", "None.", class_="good"))
    items = [
        element(
            "li",
            element("strong", finding.what),
            element("p", finding.advice, class_="advice"),
            _names(finding.examples),
        )
        for finding in findings
    ]
    return section(f"Warnings ({len(findings)})", element("ul", items, class_="findings"))


def sizes_section(overview: Overview) -> Markup:
    """Clips, hours, speakers, classes and texts of each split."""
    rows = [
        [size.split, f"{size.clips:,}", f"{size.hours:.3f}", size.speakers, size.classes, size.texts]
        for size in overview.sizes
    ]
    columns = ["split", "clips", "hours", "speakers", "classes", "distinct texts"]
    return section("Splits", table(columns, rows))


def lengths_section(overview: Overview) -> Markup:
    """How long clips last."""
    columns = ["seconds", "5 %", "50 %", "95 %", "shortest", "which", "longest", "which"]
    rows = [
        [
            name,
            *(seconds(value) for value in (each.p5_s, each.median_s, each.p95_s, each.shortest[1])),
            code(each.shortest[0]),
            seconds(each.longest[1]),
            code(each.longest[0]),
        ]
        for name, each in overview.lengths.items()
    ]
    note = element("p", "5, 50 and 95 % of the clips are at most as long.", class_="note")
    return section("Lengths", table(columns, rows), note)


def symbols_section(counts: SymbolCounts) -> Markup:
    """How often each symbol occurs in each split."""
    splits = list(counts.by_split)
    most = counts.totals[0][1]
    rows = [
        [
            symbol_name(symbol),
            *(f"{counts.by_split[split][symbol]:,}" for split in splits),
            element("span", "", class_="bar", style=f"width:{100 * total / most:.1f}%"),
            "not in training" if symbol in counts.clips_without_training else "",
        ]
        for symbol, total in counts.totals[:SYMBOL_ROWS]
    ]
    plural = "Classes" if counts.kind == CLASS else f"{counts.kind.capitalize()}s of the texts"
    return section(
        f"{plural} ({len(counts.totals):,})",
        folded("occurrences by split", rows, [counts.kind, *splits, "total", ""], of=len(counts.totals)),
    )


def tight_section(overview: Overview) -> Markup | None:
    """Which clips CTC cannot fit."""
    if overview.tight is None:
        return None
    tight = overview.tight
    counts = [[each, sum(not clip.fits(each) for clip in tight)] for each in SUBSAMPLINGS]
    rows = [
        [
            code(clip.id),
            clip.frames,
            clip.needed,
            max((each for each in SUBSAMPLINGS if clip.fits(each)), default="none"),
        ]
        for clip in tight[:LIST_ROWS]
    ]
    return section(
        "Texts too long for their clips",
        element(
            "p",
            f"CTC needs one encoded frame for each {overview.tight_unit}, and one more between each two equal "
            "neighbours. The encoder makes one frame of as many as its subsampling says.",
            class_="note",
        ),
        table(["encoder.subsampling", "clips that do not fit"], counts),
        folded("which", rows, ["clip", "frames", "needed", "fits up to subsampling"], of=len(tight)),
    )


def levels_section(overview: Overview) -> Markup | None:
    """How loud the recordings are."""
    levels = overview.measured.levels
    if not levels:
        return None
    loudness = [level.rms_dbfs for level in levels if not level.is_constant]
    middle = f"{statistics.median(loudness):.1f} dBFS" if loudness else "none"
    groups = {
        "near-silent, below -60 dBFS": [level for level in levels if level.is_silent],
        "of these constant: all samples equal": [level for level in levels if level.is_constant],
        "clipped: over 0.1 % of samples at full scale": [level for level in levels if level.is_clipped],
        "off zero by over 5 % of full scale": [level for level in levels if level.is_offset],
    }
    columns = ["clip", "RMS dBFS", "at full scale", "offset"]
    return section(
        "Levels",
        element("p", f"Median RMS {middle}, of the stored sound without its offset. ", _read(overview), class_="note"),
        table(["recordings that are", "count"], [[name, f"{len(found):,}"] for name, found in groups.items()]),
        [
            folded(name, [_level(level) for level in found[:LIST_ROWS]], columns, of=len(found))
            for name, found in groups.items()
        ],
    )


def hands_section(overview: Overview) -> Markup | None:
    """In how many frames hands are seen."""
    hands = overview.measured.hands
    if not hands:
        return None
    rows = [
        [name, len(group), f"{share_of_frames(group):.1%}", *(sum(seen.hands == n for seen in group) for n in (1, 2))]
        for name, group in hands_by_split(hands).items()
    ]
    least = [seen for seen in sorted(hands, key=lambda seen: seen.share)[:LEAST_HANDS] if seen.share < 1]
    return section(
        "Hands",
        element("p", _read(overview), class_="note"),
        table(["split", "clips", "frames with a hand", "clips with one hand", "with two"], rows),
        folded(
            "clips with the fewest hands",
            [[code(seen.id), seen.frames, f"{seen.share:.1%}", seen.hands] for seen in least],
            ["clip", "frames", "with a hand", "hands"],
        ),
    )


def sharing_section(overview: Overview) -> Markup:
    """Speakers in two splits, and the same recordings under several ids."""
    speakers = [[code(speaker), ", ".join(splits)] for speaker, splits in overview.speakers.items()]
    groups = {
        "in several splits": [repeat for repeat in overview.repeats if len(repeat.splits) > 1],
        "within a split": [repeat for repeat in overview.repeats if len(repeat.splits) == 1],
    }
    rows = [["speakers in more than one split", len(speakers)]]
    rows += [[f"recordings that occur again {name}", len(found)] for name, found in groups.items()]
    columns = ["clips", "splits", "labels or texts"]
    return section(
        "What splits share",
        table(["", "count"], rows),
        folded("speakers in more than one split", speakers[:LIST_ROWS], ["speaker", "splits"], of=len(speakers)),
        [
            folded(
                f"recordings that occur again {name}",
                [[", ".join(each.ids), ", ".join(each.splits), ", ".join(each.targets)] for each in found[:LIST_ROWS]],
                columns,
                of=len(found),
            )
            for name, found in groups.items()
        ],
    )


def failures_section(overview: Overview) -> Markup | None:
    """Why clips could not be used."""
    if not overview.failures:
        return None
    rows = [
        [reason, f"{len(found):,}", code(found[0].id), found[0].reason]
        for reason, found in list(overview.failures.items())[:LIST_ROWS]
    ]
    total = sum(map(len, overview.failures.values()))
    return section(
        f"Clips that cannot be used ({total:,})",
        table(["reason", "clips", "such as", "in full"], rows),
        element("p", "All of them are in failures.jsonl.", class_="note"),
    )


def section(title: str, *content: object) -> Markup:
    """A heading and what stands below it."""
    return element("section", element("h2", title), *content)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table; after the first column, those of numbers alone are set to the right."""
    kinds = [
        "number" if index and all(_is_number(row[index]) for row in rows) else None for index in range(len(columns))
    ]
    head = [element("th", name, scope="col", class_=kind) for name, kind in zip(columns, kinds, strict=True)]
    body = [
        element("tr", [element("td", _shown(cell), class_=kind) for cell, kind in zip(row, kinds, strict=True)])
        for row in rows
    ]
    whole = element("table", element("thead", element("tr", head)), element("tbody", body))
    return element("div", whole, class_="wide")


def folded(
    title: str, rows: Sequence[Sequence[object]], columns: Sequence[str], of: int | None = None
) -> Markup | None:
    """A table to be unfolded, open if it is short; nothing if it is empty.

    Args:
        title: What stands on it.
        rows: Its rows, at most `LIST_ROWS` or `SYMBOL_ROWS` of them.
        columns: Its heads.
        of: How many rows there would be in all.
    """
    if not rows:
        return None
    cut = f" (the first {len(rows):,} of {of:,})" if of and of > len(rows) else ""
    opened = {"open": "open"} if len(rows) <= OPEN_ROWS else {}
    return element("details", element("summary", title + cut), table(columns, rows), **opened)


def code(text: str) -> Markup:
    """An id."""
    return element("code", text)


def _names(names: Sequence[str]) -> Markup | None:
    if not names:
        return None
    more = len(names) - LIST_ROWS
    listed = [element("li", code(name)) for name in names[:LIST_ROWS]]
    return element(
        "details",
        element("summary", f"which ({len(names):,})"),
        element("ul", listed, element("li", f"… {more:,} more") if more > 0 else None),
    )


def _level(level: SoundLevel) -> list[object]:
    return [code(level.id), f"{level.rms_dbfs:.1f}", f"{level.full_scale_share:.2%}", f"{level.offset:+.2%}"]


def _read(overview: Overview) -> str:
    measured = overview.measured
    if measured.read == measured.clips:
        return f"All {measured.clips:,} clips were read."
    return f"{measured.read:,} of {measured.clips:,} clips were read, drawn by chance."


def _is_number(cell: object) -> bool:
    """Whether a cell holds a number, formatted or not; markup never does."""
    return not isinstance(cell, Markup) and re.fullmatch(r"[-+]?[\d,.]+%?|-inf|none", str(cell)) is not None


def _shown(cell: object) -> Markup:
    # Text may run from right to left; bdi keeps it from turning its neighbours around.
    return cell if isinstance(cell, Markup) else element("bdi", cell)
