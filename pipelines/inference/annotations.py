"""Results as annotations with times: TextGrid for Praat, and EAF for ELAN.

Both formats are described by their programs: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html (the
long text form) and https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf.
"""

import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

#: What XML cannot hold, even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Interval:
    """An annotated stretch of a recording: its times in seconds, and its text."""

    start_s: float
    end_s: float
    text: str


#: Intervals in order of time, by the name of their tier.
Tiers = Mapping[str, Sequence[Interval]]


def text_grid(tiers: Tiers, duration_s: float) -> str:
    """Write tiers of intervals that cover the whole recording, with empty text between the given ones.

    Args:
        tiers: What to write.
        duration_s: Duration of the recording.
    """
    kept = {name: _without_overlap(intervals) for name, intervals in tiers.items()}
    ends_s = [each.end_s for intervals in kept.values() for each in intervals]
    end_s = max(round(duration_s, 3), 0.001, *ends_s)
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end_s:.3f}"]
    lines += ["tiers? <exists>", f"size = {len(kept)}", "item []:"]
    for item, (name, intervals) in enumerate(kept.items(), start=1):
        covering = list(_with_gaps(intervals, end_s))
        lines += [f"    item [{item}]:", '        class = "IntervalTier"', f"        name = {_quoted(name)}"]
        lines += ["        xmin = 0", f"        xmax = {end_s:.3f}", f"        intervals: size = {len(covering)}"]
        for number, each in enumerate(covering, start=1):
            lines += [f"        intervals [{number}]:", f"            xmin = {each.start_s:.3f}"]
            lines += [f"            xmax = {each.end_s:.3f}", f"            text = {_quoted(each.text)}"]
    return "\n".join(lines) + "\n"


def eaf(tiers: Tiers, media: str, start_s: float = 0.0) -> str:
    """Write tiers of time-aligned annotations, and a link to the recording.

    Args:
        tiers: What to write.
        media: Path of the recording.
        start_s: Time in the recording from which the annotations' times count.
    """
    path = Path(media).absolute()
    root = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "",
            "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    link = {"MEDIA_URL": _clean(path.as_uri()), "MIME_TYPE": mimetypes.guess_type(path.name)[0] or "unknown"}
    origin = {"TIME_ORIGIN": str(round(start_s * 1000))} if start_s else {}
    ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", link | origin)
    order = ElementTree.SubElement(root, "TIME_ORDER")
    times_ms: dict[str, int] = {}
    for name, intervals in tiers.items():
        tier = ElementTree.SubElement(root, "TIER", {"TIER_ID": name, "LINGUISTIC_TYPE_REF": "default-lt"})
        for each in _without_overlap(intervals):
            _add_annotation(tier, each, times_ms)
    for slot, time_ms in sorted(times_ms.items(), key=lambda slot: slot[1]):
        ElementTree.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(time_ms)})
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true"})
    ElementTree.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_annotation(tier: ElementTree.Element, interval: Interval, times_ms: dict[str, int]) -> None:
    """Add an annotation to a tier, and the times of its slots to those of all tiers."""
    number = len(times_ms)
    slots = {f"ts{number + 1}": interval.start_s, f"ts{number + 2}": interval.end_s}
    times_ms |= {slot: round(time_s * 1000) for slot, time_s in slots.items()}
    annotation = ElementTree.SubElement(ElementTree.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION")
    annotation.set("ANNOTATION_ID", f"a{number // 2 + 1}")
    for name, slot in zip(("TIME_SLOT_REF1", "TIME_SLOT_REF2"), slots, strict=True):
        annotation.set(name, slot)
    ElementTree.SubElement(annotation, "ANNOTATION_VALUE").text = _clean(interval.text)


def _with_gaps(intervals: Iterable[Interval], end_s: float) -> Iterator[Interval]:
    """Yield the intervals, and empty ones between them, from 0 to the end."""
    reached = 0.0
    for each in intervals:
        if each.start_s > reached:
            yield Interval(reached, each.start_s, "")
        yield each
        reached = each.end_s
    if reached < end_s:
        yield Interval(reached, end_s, "")


def _without_overlap(intervals: Sequence[Interval]) -> list[Interval]:
    """Return the intervals in order, in whole milliseconds, none shorter than one, each after the one before."""
    kept: list[Interval] = []
    reached = 0.0
    for each in sorted(intervals, key=lambda each: each.start_s):
        start_s = max(round(each.start_s, 3), reached)
        reached = round(max(each.end_s, start_s + 0.001), 3)
        kept.append(Interval(start_s, reached, each.text))
    return kept


def _quoted(text: str) -> str:
    return '"' + _clean(text).replace('"', '""') + '"'


def _clean(text: str) -> str:
    """Replace what XML cannot hold, such as control characters and lone surrogates."""
    return _NOT_IN_XML.sub("\ufffd", text)
