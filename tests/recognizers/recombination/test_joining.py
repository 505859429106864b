"""Units are cut where they should be, and joined without jumps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from recognizers.recombination.joining import HandsJoiner, SoundJoiner
from recognizers.recombination.unit_pools import Unit

RATE_HZ = 8000


def unit(
    start_s: float, end_s: float, before_s: float | None = None, after_s: float | None = None, name: str = "a"
) -> Unit:
    return Unit(Clip(name, Path("a.wav")), "x", (1,), start_s, end_s, before_s, after_s, 2.0)


def reader(signals: dict[str, Signal]) -> Callable[[Unit], Signal]:
    return lambda each: signals[each.clip.id]


def tone(hz: float, start_s: float, end_s: float) -> np.ndarray:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    return np.where((time_s >= start_s) & (time_s < end_s), 8000 * np.sin(2 * np.pi * hz * time_s), 0)


def share(samples: np.ndarray, hz: float) -> float:
    """Share of the energy within 50 Hz of a frequency."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[abs(frequencies - hz) < 50].sum() / power.sum())


def test_words_follow_each_other_without_their_neighbours() -> None:
    two_words = Signal((tone(500, 0.2, 0.8) + tone(2000, 1.0, 1.6)).astype(np.int16), RATE_HZ)
    first, second = unit(0.2, 0.8, after_s=1.0), unit(1.0, 1.6, before_s=0.8)
    joined = SoundJoiner().join([second, first], reader({"a": two_words}), np.random.default_rng(0))
    assert joined is not None
    assert joined.values.dtype == np.int16
    assert joined.rate_hz == RATE_HZ
    middle = len(joined.values) // 2
    assert share(joined.values[: middle - 800], 2000) > 0.95
    assert share(joined.values[middle + 800 :], 500) > 0.95
    assert joined.duration_s == pytest.approx(SoundJoiner().duration_s([second, first]), abs=0.1)


def test_joins_have_no_jumps() -> None:
    loud = Signal(np.full(2 * RATE_HZ, 20000, np.int16), RATE_HZ)
    units = [unit(0.5, 1.0, 0.5, 1.0)] * 4
    joiner = SoundJoiner()
    joined = joiner.join(units, reader({"a": loud}), np.random.default_rng(0))
    assert joined is not None
    assert np.abs(np.diff(joined.values.astype(int))).max() < 2.1 * 20000 / (joiner.fade_s * RATE_HZ)
    assert joined.values.max() <= 20001  # where two words overlap, neither is louder


def test_pauses_depend_only_on_the_generator() -> None:
    noise = Signal(np.random.default_rng(0).integers(-999, 999, 2 * RATE_HZ).astype(np.int16), RATE_HZ)
    joined = [
        SoundJoiner().join([unit(0.5, 1.0)] * 5, reader({"a": noise}), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    first, again, other = (each.values for each in joined if each is not None)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("joiner", [SoundJoiner(), HandsJoiner()])
def test_units_beyond_the_end_of_a_clip_are_no_error(joiner: SoundJoiner | HandsJoiner) -> None:
    shape = (40,) if isinstance(joiner, SoundJoiner) else (2, 2, 2, 21, 3)
    values = np.ones(shape, np.int16 if isinstance(joiner, SoundJoiner) else np.float32)
    joined = joiner.join([unit(1.9, 5.0, 1.8)] * 2, reader({"a": Signal(values, 25.0)}), np.random.default_rng(0))
    assert joined is not None
    assert len(joined.values) > 0


@pytest.mark.parametrize("joiner", [SoundJoiner(), HandsJoiner()])
def test_signals_of_different_rates_are_not_joined(joiner: SoundJoiner | HandsJoiner) -> None:
    signals = {"a": Signal(np.zeros((400, 2, 2, 21, 3), np.float32), 25.0)}
    signals["b"] = Signal(signals["a"].values, 30.0)
    if isinstance(joiner, SoundJoiner):
        signals = {name: Signal(np.zeros(4000, np.int16), each.rate_hz) for name, each in signals.items()}
    units = [unit(0.1, 0.2), unit(0.1, 0.2, name="b")]
    assert joiner.join(units, reader(signals), np.random.default_rng(0)) is None


def moving(still: slice) -> np.ndarray:
    """Hands (50, 2, 2, 21, 3) that move all the time but in some frames; their first coordinate tells the frame."""
    steps = np.ones(50, np.float32)
    steps[still] = 0.01
    return np.cumsum(steps)[:, None, None, None, None] * np.ones((1, 2, 2, 21, 3), np.float32)


def test_signs_are_cut_where_the_hands_move_least() -> None:
    values = moving(slice(24, 29))
    first = unit(0.4, 0.6, after_s=1.5)
    joined = HandsJoiner().join([first], reader({"a": Signal(values, 25.0)}), np.random.default_rng(0))
    assert joined is not None
    assert 24 <= len(joined.values) <= 28
    assert np.array_equal(joined.values, values[: len(joined.values)])


def test_hands_glide_from_one_sign_to_the_next() -> None:
    low, high = np.zeros((50, 2, 2, 21, 3), np.float32), np.ones((50, 2, 2, 21, 3), np.float32)
    high[:, 1] = np.nan  # only one hand is seen
    signals = {"a": Signal(low, 25.0), "b": Signal(high, 25.0)}
    units = [unit(0.9, 1.0), unit(0.9, 1.0, name="b")]
    joined = HandsJoiner().join(units, reader(signals), np.random.default_rng(0))
    assert joined is not None
    steps = np.abs(np.diff(joined.values[:, 0, 0, 0, 0]))
    assert steps.max() < 0.3
    assert steps.sum() == pytest.approx(1)
    assert np.isnan(joined.values[-1, 1]).all()
    assert not np.isnan(joined.values[: len(joined.values) // 2, 1]).any()
