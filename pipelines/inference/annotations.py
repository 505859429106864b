"""Results as annotations with times: TextGrid for Praat, and EAF for ELAN.

Both formats are described by their programs: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html (the
long text form) and https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf.
"""

import mimetypes
import re
from collections.abc import Sequence
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


def text_grid(name: str, intervals: Sequence[Interval], duration_s: float) -> str:
    """Write one tier of intervals that cover the whole recording, with empty text between the given ones.

    Args:
        name: Name of the tier.
        intervals: What to write, in order of time.
        duration_s: Duration of the recording.
    """
    covering: list[Interval] = []
    reached = 0.0
    end_s = max([duration_s, *(each.end_s for each in intervals)])
    for each in _without_overlap(intervals):
        if each.start_s > reached:
            covering.append(Interval(reached, each.start_s, ""))
        covering.append(each)
        reached = each.end_s
    if reached < end_s or not covering:
        covering.append(Interval(reached, max(end_s, reached + 0.001), ""))
    end_s = covering[-1].end_s
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end_s:.3f}"]
    lines += ["tiers? <exists>", "size = 1", "item []:", "    item [1]:", '        class = "IntervalTier"']
    lines += [f"        name = {_quoted(name)}", "        xmin = 0", f"        xmax = {end_s:.3f}"]
    lines += [f"        intervals: size = {len(covering)}"]
    for number, each in enumerate(covering, start=1):
        lines += [f"        intervals [{number}]:", f"            xmin = {each.start_s:.3f}"]
        lines += [f"            xmax = {each.end_s:.3f}", f"            text = {_quoted(each.text)}"]
    return "\n".join(lines) + "\n"


def eaf(name: str, intervals: Sequence[Interval], media: str) -> str:
    """Write one tier of time-aligned annotations, and a link to the recording.

    Args:
        name: Name of the tier.
        intervals: What to write, in order of time.
        media: Path of the recording.
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
    kind = mimetypes.guess_type(path.name)[0] or "unknown"
    ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", {"MEDIA_URL": _clean(path.as_uri()), "MIME_TYPE": kind})
    kept = _without_overlap(intervals)
    times = ElementTree.SubElement(root, "TIME_ORDER")
    tier = ElementTree.SubElement(root, "TIER", {"TIER_ID": name, "LINGUISTIC_TYPE_REF": "default-lt"})
    for number, each in enumerate(kept):
        slots = [f"ts{2 * number + 1}", f"ts{2 * number + 2}"]
        for slot, time_s in zip(slots, (each.start_s, each.end_s), strict=True):
            ElementTree.SubElement(times, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(round(time_s * 1000))})
        annotation = ElementTree.SubElement(ElementTree.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION")
        annotation.set("ANNOTATION_ID", f"a{number + 1}")
        annotation.set("TIME_SLOT_REF1", slots[0])
        annotation.set("TIME_SLOT_REF2", slots[1])
        ElementTree.SubElement(annotation, "ANNOTATION_VALUE").text = _clean(each.text)
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true"})
    ElementTree.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _without_overlap(intervals: Sequence[Interval]) -> list[Interval]:
    """Return the intervals in order, in whole milliseconds, none shorter than one, each after the one before."""
    kept: list[Interval] = []
    reached = 0.0
    for each in sorted(intervals, key=lambda each: each.start_s):
        start_s = max(round(each.start_s, 3), reached)
        reached = max(round(each.end_s, 3), round(start_s + 0.001, 3))
        kept.append(Interval(start_s, reached, each.text))
    return kept


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _clean(text: str) -> str:
    """Replace what XML cannot hold, such as control characters and lone surrogates."""
    return _NOT_IN_XML.sub("\ufffd", text)
