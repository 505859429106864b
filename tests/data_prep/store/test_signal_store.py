import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import data_prep.store.shard
import data_prep.store.signal_store
from data_prep.features.extractor import Signal
from data_prep.store.shard import ShardError
from data_prep.store.signal_store import SignalStore, SignalWriter


def sound(seed: int, length: int = 100) -> Signal:
    return Signal(np.random.default_rng(seed).integers(-32768, 32768, length, np.int16), 16_000)


def hands(seed: int, length: int = 7) -> Signal:
    values = np.random.default_rng(seed).standard_normal((length, 2, 2, 21, 3)).astype(np.float32)
    values[::2, 1] = np.nan
    return Signal(values, 29.97)


def fill(folder: Path, signals: dict[str, Signal]) -> SignalStore:
    store = SignalStore(folder)
    with SignalWriter(store) as writer:
        for key, signal in signals.items():
            writer.add(key, signal)
    return store


def assert_same(found: Signal, expected: Signal) -> None:
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.values.dtype == expected.values.dtype
    assert found.rate_hz == expected.rate_hz


def test_signals_are_read_as_they_were_written(tmp_path: Path) -> None:
    signals = {"a": sound(0), "b": hands(1), "c": sound(2, 1), "d": Signal(sound(3).values[::2], 8000.0)}
    store = fill(tmp_path / "new" / "store", signals)
    for opened in (store, SignalStore(tmp_path / "new" / "store")):
        assert len(opened) == 4
        for key, signal in signals.items():
            assert key in opened
            assert_same(opened[key], signal)
            assert opened.duration_s(key) == signal.duration_s


def test_a_missing_store_is_empty(tmp_path: Path) -> None:
    store = SignalStore(tmp_path / "none")
    assert len(store) == 0
    assert "a" not in store


def test_a_reopened_store_has_the_signals_of_all_writers(tmp_path: Path) -> None:
    fill(tmp_path, {"a": sound(0)})
    fill(tmp_path, {"b": sound(1)})
    store = SignalStore(tmp_path)
    assert_same(store["a"], sound(0))
    assert_same(store["b"], sound(1))


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with SignalWriter(SignalStore(tmp_path)) as one, SignalWriter(SignalStore(tmp_path)) as other:
        for seed in range(10):
            one.add(f"one{seed}", sound(seed))
            other.add(f"other{seed}", sound(100 + seed))
            one.add("both", sound(7))
            other.add("both", sound(7))
            one.flush()
    store = SignalStore(tmp_path)
    assert len(store) == 21
    assert_same(store["both"], sound(7))
    for seed in range(10):
        assert_same(store[f"one{seed}"], sound(seed))
        assert_same(store[f"other{seed}"], sound(100 + seed))


@pytest.mark.parametrize("damage", [lambda b: b[:-10], lambda b: b[:4], lambda b: b"", lambda b: b"x" * len(b)])
def test_a_damaged_shard_is_renamed_and_the_others_are_kept(
    tmp_path: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, {"a": sound(0)})
    (shard,) = tmp_path.glob("*.safetensors")
    fill(tmp_path, {"b": sound(1)})
    shard.write_bytes(damage(shard.read_bytes()))
    with caplog.at_level(logging.WARNING):
        store = SignalStore(tmp_path)
    assert "a" not in store
    assert_same(store["b"], sound(1))
    assert f"{shard} is damaged" in caplog.text
    assert not shard.exists()
    assert shard.with_suffix(".damaged").exists()
    fill(tmp_path, {"a": sound(0)})
    assert_same(SignalStore(tmp_path)["a"], sound(0))


def test_a_store_with_open_shards_can_be_pickled(tmp_path: Path) -> None:
    store = fill(tmp_path, {"a": sound(0)})
    assert_same(store["a"], sound(0))
    assert_same(pickle.loads(pickle.dumps(store))["a"], sound(0))


def test_signals_are_written_even_if_the_caller_raises(tmp_path: Path) -> None:
    def interrupted() -> None:
        with SignalWriter(SignalStore(tmp_path)) as writer:
            writer.add("a", sound(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert_same(SignalStore(tmp_path)["a"], sound(0))


def test_a_writer_without_signals_writes_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "store", {})
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("limit", "value", "shards"), [("SHARD_CLIPS", 4, 3), ("SHARD_BYTES", 1000, 2), ("SHARD_SECONDS", -1.0, 10)]
)
def test_a_shard_is_written_when_it_is_full_or_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, shards: int
) -> None:
    monkeypatch.setattr(data_prep.store.signal_store, limit, value)
    fill(tmp_path, {str(i): sound(i) for i in range(10)})
    assert len(list(tmp_path.glob("*.safetensors"))) == shards
    assert len(SignalStore(tmp_path)) == 10


def test_a_signal_is_found_after_its_shard_was_merged(tmp_path: Path) -> None:
    fill(tmp_path, {"a": sound(0)})
    fill(tmp_path, {"b": sound(1)})
    reader, other = SignalStore(tmp_path), SignalStore(tmp_path)
    assert_same(reader["a"], sound(0))
    with SignalWriter(other) as writer:
        writer.add("a", sound(0))
        writer.add("b", sound(1))
    for name in list(reader.shards):
        (tmp_path / name).unlink()
    assert_same(reader["a"], sound(0))  # still open
    assert_same(reader["b"], sound(1))
    assert len(reader) == 2


def test_the_number_of_open_shards_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_prep.store.signal_store, "MAX_OPEN", 2)
    for number in range(5):
        fill(tmp_path, {str(number): sound(number)})
    store = SignalStore(tmp_path)
    for number in (0, 1, 2, 0, 3, 4, 1):
        assert_same(store[str(number)], sound(number))
    assert len(store._open) == 2


def test_a_shard_truncated_while_it_is_open_is_an_error(tmp_path: Path) -> None:
    store = fill(tmp_path, {"a": sound(0)})
    (shard,) = tmp_path.glob("*.safetensors")
    os.truncate(shard, shard.stat().st_size - 1)
    with pytest.raises(ShardError, match="truncated while in use"):
        store["a"]
