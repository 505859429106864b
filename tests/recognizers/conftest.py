"""Clips and stored signals made by the tests."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from data_prep.failures import Failure
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.store.signal_store import SignalStore, SignalWriter
from recognizers.augment.augment import Augment

RATE_HZ = 8000
EXTRACTOR = Mfcc(sample_rate_hz=RATE_HZ, num_coefficients=13, num_mels=26)

StoreSignals = Callable[..., Prepared]


def play(augment: Augment, signal: Signal, rng: np.random.Generator) -> Signal:
    """Draw a variation of a signal."""
    return augment.signal(signal, augment.draw_speed(rng), rng)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def store_signals(tmp_path: Path) -> StoreSignals:
    """Store noise for each clip, a second of it unless durations are given."""

    def store(
        clips: Sequence[Clip], durations_s: Sequence[float] | None = None, failed: Sequence[Clip] = ()
    ) -> Prepared:
        signals = SignalStore(tmp_path / "store")
        rng = np.random.default_rng(0)
        with SignalWriter(signals) as writer:
            for clip, duration_s in zip(clips, durations_s or [1.0] * len(clips), strict=True):
                samples = (3000 * rng.standard_normal(round(duration_s * RATE_HZ))).astype(np.int16)
                writer.add(f"key of {clip.id}", Signal(samples, RATE_HZ))
        failures = [Failure(clip.id, str(clip.path), "cannot be read") for clip in failed]
        return Prepared(list(clips), failures, signals, {clip.id: f"key of {clip.id}" for clip in clips})

    return store
