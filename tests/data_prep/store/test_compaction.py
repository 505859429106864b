from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import data_prep.store.compaction
from data_prep.features.extractor import Signal
from data_prep.store.compaction import compact_shards
from data_prep.store.signal_store import SignalStore, SignalWriter


def fill(folder: Path, *shards: Sequence[int]) -> None:
    for numbers in shards:
        with SignalWriter(SignalStore(folder)) as writer:
            for number in numbers:
                writer.add(str(number), Signal(np.full(100, number, np.int16), 8000.0 + number))


def sizes(folder: Path) -> list[int]:
    return sorted(len(entries) for entries in SignalStore(folder).shards.values())


def merge(folder: Path) -> list[int]:
    store = SignalStore(folder)
    compact_shards(store)
    for opened in (store, SignalStore(folder)):
        for key in {key for entries in opened.shards.values() for key in entries}:
            assert set(opened[key].values) == {int(key)}
            assert opened[key].rate_hz == 8000.0 + int(key)
    return sizes(folder)


def test_many_small_shards_become_one(tmp_path: Path) -> None:
    fill(tmp_path, *([2 * number, 2 * number + 1] for number in range(8)))
    assert merge(tmp_path) == [16]


def test_a_few_small_shards_are_not_merged(tmp_path: Path) -> None:
    fill(tmp_path, [0], [1], [2, 3])
    assert merge(tmp_path) == [1, 1, 2]


@pytest.mark.parametrize(("limit", "value"), [("SHARD_CLIPS", 6), ("SHARD_BYTES", 1200)])
def test_merged_shards_keep_the_usual_size_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    fill(tmp_path, *([2 * number, 2 * number + 1] for number in range(8)), range(20, 30))
    monkeypatch.setattr(data_prep.store.compaction, limit, value)
    assert merge(tmp_path) == [4, 6, 6, 10]


def test_duplicate_signals_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_prep.store.compaction, "SHARD_CLIPS", 20)
    fill(tmp_path, range(10), [1, 2], [3, 30])
    assert merge(tmp_path) == [1, 10]


def test_a_read_only_store_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    fill(tmp_path, *([number] for number in range(8)))
    monkeypatch.setattr(data_prep.store.compaction, "write_shard", refused)
    assert merge(tmp_path) == [1] * 8


def test_two_processes_that_merge_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, *([number] for number in range(8)))
    write = data_prep.store.compaction.write_shard

    def meanwhile(*arguments: object) -> None:
        monkeypatch.setattr(data_prep.store.compaction, "write_shard", write)
        compact_shards(SignalStore(tmp_path))
        write(*arguments)

    monkeypatch.setattr(data_prep.store.compaction, "write_shard", meanwhile)
    assert merge(tmp_path) == [8, 8]
    assert merge(tmp_path) == [8]


def test_a_missing_store_is_not_created(tmp_path: Path) -> None:
    compact_shards(SignalStore(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
