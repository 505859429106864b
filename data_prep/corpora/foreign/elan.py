"""Annotation files of ELAN (.eaf).

The format is described in "ELAN - EAF Annotation Format 3.0"
(https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.parsers import expat

from data_prep.corpora.foreign.tiers import Annotation, Tier
from data_prep.errors import InputError


def read_eaf(path: Path) -> tuple[list[Tier], list[tuple[str, float]]]:
    """Read the tiers of a file, and the names of its media with the time in each at which the annotations begin, in s.

    A tier goes by its own name, by that of its type, and by its name without the participant ("gloss@ann"). Annotations
    that refer to others have their times, divided among them if there are several.

    Raises:
        InputError: The file is not one of ELAN, or it declares entities.
    """
    root = _parse(path)
    times = {slot.get("TIME_SLOT_ID", ""): slot.get("TIME_VALUE") for slot in root.iter("TIME_SLOT")}
    spans: dict[str, tuple[float, float]] = {}
    pending = list(root.iter("TIER"))
    try:
        for tier in pending:
            spans |= _aligned_spans(tier, times)
        while unresolved := [tier for tier in pending if tier.find("ANNOTATION/REF_ANNOTATION") is not None]:
            pending = unresolved
            found = {name: span for tier in unresolved for name, span in _referred_spans(tier, spans).items()}
            if found.keys() <= spans.keys():
                break
            spans |= found
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: an annotation has no times as expected ({error}); save the file in ELAN again"
        ) from None
    media = [
        (Path(unquote(urlsplit(url).path)).name, float(each.get("TIME_ORIGIN", 0)) / 1000)
        for each in root.iter("MEDIA_DESCRIPTOR")
        if (url := each.get("MEDIA_URL") or each.get("RELATIVE_MEDIA_URL"))
    ]
    return [_tier(tier, spans, str(path)) for tier in root.iter("TIER")], media


def _parse(path: Path) -> ElementTree.Element:
    content = path.read_bytes()

    def refuse(*_: object) -> None:
        raise InputError(f"{path}: declares a document type, which ELAN does not write; remove the DOCTYPE")

    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = refuse  # entities could stand for gigabytes, or for other files
    try:
        checker.Parse(content, True)
        root = ElementTree.fromstring(content)
    except (expat.ExpatError, ElementTree.ParseError) as error:
        raise InputError(f"{path}: not valid XML ({error}); save the file in ELAN again") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise InputError(
            f"{path}: found an XML file with <{root.tag}>, expected <ANNOTATION_DOCUMENT> as ELAN writes it"
        )
    return root


def _tier(tier: ElementTree.Element, spans: dict[str, tuple[float, float]], where: str) -> Tier:
    name, kind = tier.get("TIER_ID", ""), tier.get("LINGUISTIC_TYPE_REF", "")
    annotations = []
    for annotation in tier.iterfind("ANNOTATION/*"):
        key = annotation.get("ANNOTATION_ID", "")
        if key not in spans:
            raise InputError(f"{where}: the annotation {key!r} refers to one that is not there; save it in ELAN again")
        text = annotation.findtext("ANNOTATION_VALUE") or ""
        annotations.append(Annotation(*spans[key], text, f"{where}: annotation {key}"))
    plain, at, participant = name.partition("@")
    names = dict.fromkeys((name, plain, kind)) if at else dict.fromkeys((name, kind))
    return Tier(tuple(names), tier.get("PARTICIPANT") or participant or None, tuple(annotations))


def _aligned_spans(tier: ElementTree.Element, times: dict[str, str | None]) -> dict[str, tuple[float, float]]:
    """Return the times in seconds of the annotations that have time slots."""
    aligned = tier.findall("ANNOTATION/ALIGNABLE_ANNOTATION")
    slots = [each.get(name, "") for each in aligned for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]
    moments = dict(_fill_gaps([(slot, times.get(slot)) for slot in dict.fromkeys(slots)]))
    return {
        each.get("ANNOTATION_ID", ""): (moments[first], moments[second])
        for each, first, second in zip(aligned, slots[::2], slots[1::2], strict=True)
    }


def _fill_gaps(slots: Sequence[tuple[str, str | None]]) -> Iterator[tuple[str, float]]:
    """Yield each slot with its time in seconds; slots without a time are evenly spread between their neighbours."""
    known = [number for number, (_, value) in enumerate(slots) if value is not None]
    for number, (slot, value) in enumerate(slots):
        if value is None:
            before = max((each for each in known if each < number), default=None)
            after = min((each for each in known if each > number), default=None)
            if before is None or after is None:
                raise ValueError(f"time slot {slot!r}")
            low, high = float(slots[before][1] or 0), float(slots[after][1] or 0)
            yield slot, (low + (high - low) * (number - before) / (after - before)) / 1000
        else:
            yield slot, float(value) / 1000


def _referred_spans(tier: ElementTree.Element, spans: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return the times of the annotations that refer to others whose times are known."""
    found: dict[str, tuple[float, float]] = {}
    references: dict[str, list[str]] = {}
    for each in tier.iterfind("ANNOTATION/REF_ANNOTATION"):
        references.setdefault(each.get("ANNOTATION_REF", ""), []).append(each.get("ANNOTATION_ID", ""))
    for parent, children in references.items():
        if parent in spans:
            start_s, end_s = spans[parent]
            step_s = (end_s - start_s) / len(children)
            for number, child in enumerate(children):
                found[child] = (start_s + number * step_s, start_s + (number + 1) * step_s)
    return found
