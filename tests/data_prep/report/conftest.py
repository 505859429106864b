"""Tiny prepared corpora."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_prep.failures import Failure
from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.store.signal_store import SignalStore, SignalWriter

RATE_HZ = 1000


def clip_of(name: str, split: str | None = "train", **fields: str) -> Clip:
    return Clip(name, Path(f"{name}.wav"), split=split, **fields)


def hand_signal(seen: np.ndarray) -> Signal:
    """Landmarks of two hands, each present where `seen` (T, 2) is true, with the fingers above the wrist."""
    values = np.full((len(seen), 2, 2, 21, 3), np.nan, np.float32)
    finger, joint = np.divmod(np.arange(20), 4)
    hand = np.zeros((21, 3), np.float32)
    hand[1:, 0] = (finger - 2) * 0.05
    hand[1:, 1] = -(joint + 1) * 0.1
    for frame, which in zip(*np.nonzero(seen), strict=True):
        values[frame, which] = hand + np.array([0.3 + 0.4 * which, 0.8, 0], np.float32)
    return Signal(values, 30.0)


def with_body(hands: Signal) -> Signal:
    """The same landmarks with those of a body in the third place, in all frames."""
    body = np.full((len(hands.values), 1, 2, 21, 3), np.nan, np.float32)
    body[:, :, :, :7] = np.arange(7)[:, None]
    return Signal(np.concatenate([hands.values, body], axis=1), hands.rate_hz)


@pytest.fixture
def prepared_of(tmp_path: Path) -> Callable[..., Prepared]:
    """Return a function that prepares pairs of a clip and its samples, signal or duration in seconds.

    Its argument `same` maps the id of a clip to the id of another clip with the same content.
    """

    def make(
        pairs: list[tuple[Clip, Signal | np.ndarray | float]],
        same: dict[str, str] | None = None,
        failures: list[Failure] | None = None,
    ) -> Prepared:
        store = SignalStore(tmp_path / "store")
        with SignalWriter(store) as writer:
            for clip, what in pairs:
                if isinstance(what, int | float):
                    what = np.full(round(what * RATE_HZ), 1000, np.int16) * np.resize([1, -1], round(what * RATE_HZ))
                writer.add(clip.id, what if isinstance(what, Signal) else Signal(what.astype(np.int16), RATE_HZ))
        keys = {clip.id: (same or {}).get(clip.id, clip.id) for clip, _ in pairs}
        return Prepared([clip for clip, _ in pairs], failures or [], store, keys)

    return make
