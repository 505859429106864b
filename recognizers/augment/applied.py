"""What an augmentation did to one clip, for people who listen to it.

Augmentations call `note` where they vary a clip; it costs nothing unless a caller collects the notes:

    with collect_notes() as notes:
        augment.signal(signal, speed, rng)
    print(notes)  # {"pitch": "0.94", "noise": "boiler at 12 dB"}
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collected: ContextVar[dict[str, str] | None] = ContextVar("collected", default=None)


def note(name: str, value: str) -> None:
    """Note that a variation was applied to the clip at hand.

    Args:
        name: The variation, in a word, such as "noise".
        value: What was drawn for it, with its unit, such as "boiler at 12 dB".
    """
    notes = _collected.get()
    if notes is not None:
        notes[name] = value


@contextmanager
def collect_notes() -> Iterator[dict[str, str]]:
    """Collect the notes of the block, by name, in the order in which the variations were applied."""
    notes: dict[str, str] = {}
    token = _collected.set(notes)
    try:
        yield notes
    finally:
        _collected.reset(token)
