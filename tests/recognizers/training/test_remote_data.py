"""Batches from a store in object storage, read by shards through a small cache."""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from data_prep.store.remote_store import RemoteStore
from data_prep.store.signal_store import SignalStore, SignalWriter
from data_prep.streaming import transfer
from data_prep.streaming.file_cache import FileCache
from recognizers.augment.none import NoAugment
from recognizers.training.datamodule import ClipData
from recognizers.training.targets import TargetClip
from tests.recognizers.conftest import EXTRACTOR, RATE_HZ

SHARDS, CLIPS_PER_SHARD, BUFFER = 12, 5, 2


@dataclass(frozen=True)
class Stored:
    """The same signals in a store on disk and in one at a URL, with a cache that holds a few of its shards."""

    local: Prepared
    remote: Prepared
    targets: list[TargetClip]

    def data(self, prepared: Prepared, buffer_shards: int | None = BUFFER, num_workers: int = 0) -> ClipData:
        return ClipData(
            self.targets, prepared, EXTRACTOR, NoAugment(), 3, num_workers=num_workers, buffer_shards=buffer_shards
        )


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    rng = np.random.default_rng(0)
    local = SignalStore(tmp_path / "store")
    remote = RemoteStore(f"memory://{uuid.uuid4().hex}", FileCache(tmp_path / "cache"))
    targets, keys = [], {}
    for number in range(SHARDS * CLIPS_PER_SHARD):
        split = "train" if number < (SHARDS - 2) * CLIPS_PER_SHARD else "validation"
        clip = Clip(f"c{number}", Path(f"{number}.wav"), text="a", split=split)
        keys[clip.id] = hashlib.md5(clip.id.encode()).hexdigest()
        targets.append(TargetClip(clip, (1,), 10 + number % 7, 1))
    for start in range(0, len(targets), CLIPS_PER_SHARD):
        with SignalWriter(local) as writer:
            for entry in targets[start : start + CLIPS_PER_SHARD]:
                samples = rng.integers(-999, 999, round(0.01 * entry.num_frames * RATE_HZ)).astype(np.int16)
                writer.add(keys[entry.clip.id], Signal(samples, RATE_HZ))
    for name in local.shards:
        remote.publish(local.folder / name)
    remote.cache.max_bytes = 2 * BUFFER * max((local.folder / name).stat().st_size for name in local.shards)
    clips = [entry.clip for entry in targets]
    return Stored(Prepared(clips, [], local, keys), Prepared(clips, [], remote, keys), targets)


def epoch_of(data: ClipData, epoch: int) -> list[tuple[list[str], np.ndarray]]:
    loader = data.train_dataloader()
    loader.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]
    return [(list(batch.ids), batch.frames.numpy().copy()) for batch in loader]  # type: ignore[attr-defined]


def assert_same(found: Any, expected: Any) -> None:
    assert [ids for ids, _ in found] == [ids for ids, _ in expected]
    for (_, frames), (_, others) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(frames, others)


@pytest.mark.parametrize("buffer_shards", [BUFFER, None])
def test_batches_are_those_of_a_store_on_disk(stored: Stored, buffer_shards: int | None) -> None:
    for epoch in (0, 1):
        found = epoch_of(stored.data(stored.remote, buffer_shards), epoch)
        assert_same(found, epoch_of(stored.data(stored.local, buffer_shards), epoch))
        assert sorted(name for ids, _ in found for name in ids) == sorted(
            entry.clip.id for entry in stored.targets if entry.clip.split == "train"
        )


def test_each_shard_is_fetched_once_in_an_epoch(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    original = transfer._complete
    monkeypatch.setattr(transfer, "_complete", lambda url, *rest: fetched.append(url) or original(url, *rest))
    data = stored.data(stored.remote)
    epoch_of(data, 1)
    assert len(fetched) == len(set(fetched)) == SHARDS - 2
    cached = sum(path.stat().st_size for path in (stored.remote.store.cache.folder / "files").iterdir())  # type: ignore[union-attr]
    assert cached <= stored.remote.store.cache.max_bytes  # type: ignore[union-attr]
    fetched.clear()
    for _ in data.val_dataloader():
        pass
    assert len(fetched) == 2


def test_the_scale_of_the_features_is_learned_without_fetching_shards(stored: Stored) -> None:
    remote, local = (list(stored.data(prepared).train.plain_frames(20)) for prepared in (stored.remote, stored.local))
    for found, expected in zip(remote, local, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert not (stored.remote.store.cache.folder / "files").exists()  # type: ignore[union-attr]


def test_a_resumed_epoch_has_the_batches_that_were_left(stored: Stored, caplog: pytest.LogCaptureFixture) -> None:
    expected = epoch_of(stored.data(stored.remote), 1)
    data = stored.data(stored.remote)
    loader = data.train_dataloader()
    loader.batch_sampler.set_epoch(1)  # type: ignore[union-attr]
    for _, _batch in zip(range(4), loader, strict=False):
        pass
    state = data.state_dict()
    assert (state["epoch"], state["done"]) == (1, 4)
    resumed = stored.data(stored.remote)
    resumed.load_state_dict(state)
    with caplog.at_level(logging.WARNING):
        assert_same(epoch_of(resumed, 1), expected[4:])
        assert caplog.text == ""
        moved = Prepared(stored.remote.clips, [], _reversed_shards(stored), stored.remote.keys)
        other = stored.data(moved)
        other.load_state_dict(state)
        other.train_dataloader()
    assert "the shards of the store have changed since the checkpoint was written: the rest of epoch 1" in caplog.text


def _reversed_shards(stored: Stored) -> RemoteStore:
    """The store, with its clips in shards of other names."""

    class Renamed(RemoteStore):
        def shard_numbers(self, keys: Any) -> np.ndarray:
            return super().shard_numbers(keys)[::-1]

    store = stored.remote.store
    return Renamed(store.folder, store.cache)  # type: ignore[arg-type, union-attr]
