"""The annotations of SHREC'21: the gestures of each sequence, and when they are made."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_prep.corpora.corpus import read_lines
from data_prep.errors import InputError
from data_prep.features.shrec21_skeleton import FRAME_RATE_HZ

log = logging.getLogger(__name__)

#: The 17 gestures of the revised annotations: static, dynamic, and fine movements of the fingers.
GESTURES = (
    *("ONE", "TWO", "THREE", "FOUR", "OK", "MENU"),
    *("LEFT", "RIGHT", "CIRCLE", "V", "CROSS"),
    *("GRAB", "PINCH", "TAP", "DENY", "KNOB", "EXPAND"),
)
_EXPECTED = "expected 'sequence;GESTURE;first frame;last frame;GESTURE;…'"


@dataclass(frozen=True)
class Gesture:
    """A gesture and when it is made.

    Attributes:
        name: One of `GESTURES`.
        start_s: Where its first frame begins, in seconds from the beginning of the sequence.
        end_s: Where its last frame ends; not after `start_s` where the annotation is wrong.
    """

    name: str
    start_s: float
    end_s: float

    @property
    def is_timed(self) -> bool:
        """Whether its times are usable."""
        return self.end_s > self.start_s


def read_annotations(path: Path) -> dict[str, tuple[Gesture, ...]]:
    """Read the gestures of each sequence, in the order in which they are made.

    One gesture of the distribution ends before it begins. It stays in its sequence, with a warning, and has no usable
    times.

    Raises:
        InputError: A line is not a sequence and its gestures, or gives a sequence twice; names the file and the line.
    """
    found: dict[str, tuple[Gesture, ...]] = {}
    for place, line in read_lines(path):
        fields = [field.strip() for field in line.split(";")]
        while fields and not fields[-1]:  # each line ends with a semicolon, some with a space after it
            fields.pop()
        if fields:
            if fields[0] in found:
                raise InputError(f"{place}: sequence {fields[0]} has a line already; give each sequence one line")
            found[fields[0]] = _gestures(place, fields)
    return found


def _gestures(place: str, fields: Sequence[str]) -> tuple[Gesture, ...]:
    name, *rest = fields
    if not name.isdecimal():
        raise InputError(f"{place}: found {name!r} as the number of the sequence; {_EXPECTED}")
    if not rest:
        raise InputError(f"{place}: sequence {name} has no gesture; {_EXPECTED}")
    if len(rest) % 3:
        raise InputError(
            f"{place}: found {len(rest)} values after the sequence's number, not three a gesture; {_EXPECTED}"
        )
    gestures = [_gesture(place, *rest[first : first + 3]) for first in range(0, len(rest), 3)]
    return tuple(sorted(gestures, key=lambda gesture: gesture.start_s))


def _gesture(place: str, name: str, first: str, last: str) -> Gesture:
    if name not in GESTURES:
        raise InputError(
            f"{place}: unknown gesture {name!r}; expected one of {', '.join(GESTURES)}. Use the revised annotations, "
            "annotations_revised*.txt: the first ones had a gesture more, POINTING"
        )
    if not (first.isdecimal() and last.isdecimal()):
        raise InputError(f"{place}: found {first!r} and {last!r} as the frames of {name}; expected whole numbers")
    gesture = Gesture(name, int(first) / FRAME_RATE_HZ, (int(last) + 1) / FRAME_RATE_HZ)
    if not gesture.is_timed:
        log.warning(
            "%s: %s ends in frame %s, before it begins in frame %s; its times are not used", place, name, last, first
        )
    return gesture
