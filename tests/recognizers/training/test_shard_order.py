import numpy as np
import pytest

from recognizers.training.balance import BalancedDraw
from recognizers.training.sampler import BucketBatchSampler
from recognizers.training.shard_order import ShardOrder

RNG = np.random.default_rng(0)
LENGTHS = RNG.lognormal(5, 0.8, 3000).astype(int) + 1
SHARDS = RNG.integers(0, 40, 3000)


def batches(sampler: BucketBatchSampler, epoch: int) -> list[list[int]]:
    sampler.set_epoch(epoch)
    return [[index for _, index, _ in batch] for batch in sampler]


def misses(found: list[list[int]], cache_shards: int) -> int:
    """Count how often a shard is fetched into a cache that keeps the ones that were used last."""
    cached: list[int] = []
    count = 0
    for batch in found:
        for shard in SHARDS[batch].tolist():
            if shard in cached:
                cached.remove(shard)
            else:
                count += 1
            cached = [*cached, shard][-cache_shards:]
    return count


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("num_ranks", [1, 2, 3])
@pytest.mark.parametrize(
    ("clips", "batch_size", "batch_frames"), [(3000, 16, 4000), (97, 8, 1e9), (7, 4, 300), (5, 100, 1e9)]
)
@pytest.mark.parametrize("buffer_shards", [1, 7, 100])
def test_every_clip_occurs_once(
    clips: int, batch_size: int, batch_frames: float, buffer_shards: int, num_ranks: int, shuffle: bool
) -> None:
    order = ShardOrder(SHARDS[:clips], buffer_shards)
    samplers = [
        BucketBatchSampler(
            LENGTHS[:clips], batch_size, batch_frames, 0, shuffle, None, rank, num_ranks, shard_order=order
        )
        for rank in range(num_ranks)
    ]
    for epoch in range(3):
        shares = [batches(sampler, epoch) for sampler in samplers]
        assert sorted(index for share in shares for batch in share for index in batch) == list(range(clips))
        assert {len(share) for share in shares} == {len(samplers[0])}


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_each_shard_is_fetched_about_once(epoch: int) -> None:
    order = ShardOrder(SHARDS, 4)
    sampler = BucketBatchSampler(LENGTHS, 16, 4000, shard_order=order)
    assert misses(batches(sampler, epoch), cache_shards=8) <= 40 + 4
    everywhere = BucketBatchSampler(LENGTHS, 16, 4000)
    assert misses(batches(everywhere, epoch), cache_shards=8) > 1000


def test_batches_are_of_similar_length_and_vary() -> None:
    sampler = BucketBatchSampler(LENGTHS, 16, 4000, shard_order=ShardOrder(SHARDS, 8))
    first, second = batches(sampler, 0), batches(sampler, 1)
    assert {frozenset(batch) for batch in first}.isdisjoint({frozenset(batch) for batch in second})
    for found in (first, second):
        padded = sum(len(batch) * LENGTHS[batch].max() for batch in found)
        assert 1 - LENGTHS.sum() / padded < 0.1
        assert len(set(SHARDS[found[5]].tolist())) > 1
    sizes = [len(batch) * LENGTHS[batch].max() for batch in first]
    assert sizes[0] == max(sizes)


@pytest.mark.parametrize("done", [0, 5, 37])
def test_a_resumed_epoch_has_the_batches_that_were_left(done: int) -> None:
    def sampler() -> BucketBatchSampler:
        return BucketBatchSampler(LENGTHS, 16, 4000, seed=3, shard_order=ShardOrder(SHARDS, 4, 3))

    expected = batches(sampler(), 2)
    resumed = sampler()
    resumed.resume_from(2, done)
    assert [[index for _, index, _ in batch] for batch in resumed] == expected[done:]


def test_balanced_clips_are_read_by_shards_too() -> None:
    draw = BalancedDraw([f"g{min(number % 10, 2)}" for number in range(3000)])
    sampler = BucketBatchSampler(LENGTHS, 16, 4000, draw=draw.indices, shard_order=ShardOrder(SHARDS, 4))
    for epoch in range(3):
        found = batches(sampler, epoch)
        assert sorted(index for batch in found for index in batch) == draw.indices(epoch).tolist()
        assert misses(found, cache_shards=8) <= 44


def test_the_order_of_clips_in_other_shards_has_another_fingerprint() -> None:
    assert ShardOrder(SHARDS, 4).fingerprint == ShardOrder(SHARDS + 7, 4).fingerprint
    assert ShardOrder(SHARDS, 4).fingerprint != ShardOrder(SHARDS[::-1], 4).fingerprint
