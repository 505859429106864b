"""Which clips go together."""

import numpy as np
import pytest

from recognizers.sampler import BucketBatchSampler

SKEWED = np.random.default_rng(0).lognormal(5, 0.8, 3000).astype(int) + 1


def padding_share(batches: list[np.ndarray]) -> float:
    padded = sum(len(batch) * SKEWED[batch].max() for batch in batches)
    return 1 - sum(SKEWED[batch].sum() for batch in batches) / padded


def indices(sampler: BucketBatchSampler) -> list[list[int]]:
    return [[index for _, index in batch] for batch in sampler]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("num_ranks", [1, 2, 3])
@pytest.mark.parametrize(("clips", "batch_size"), [(1000, 16), (97, 8), (7, 4), (3, 2), (5, 100), (801, 8)])
def test_every_clip_comes_once_and_every_rank_gets_as_many_batches(
    clips: int, batch_size: int, num_ranks: int, shuffle: bool
) -> None:
    samplers = [
        BucketBatchSampler(SKEWED[:clips], batch_size, shuffle=shuffle, rank=rank, num_ranks=num_ranks)
        for rank in range(num_ranks)
    ]
    shares = [indices(sampler) for sampler in samplers]
    assert sorted(index for share in shares for batch in share for index in batch) == list(range(clips))
    assert {len(share) for share in shares} == {len(samplers[0])}
    assert all(1 <= len(batch) <= batch_size for share in shares for batch in share)


@pytest.mark.parametrize(("clips", "batch_size", "num_ranks"), [(1, 4, 2), (5, 1, 2), (2, 8, 3), (7, 1, 3)])
def test_too_few_clips_are_repeated_rather_than_lost(clips: int, batch_size: int, num_ranks: int) -> None:
    shares = [
        indices(BucketBatchSampler(SKEWED[:clips], batch_size, rank=rank, num_ranks=num_ranks))
        for rank in range(num_ranks)
    ]
    assert {index for share in shares for batch in share for index in batch} == set(range(clips))
    assert {len(share) for share in shares} == {-(-clips // num_ranks)}


def test_no_clips_give_no_batches() -> None:
    sampler = BucketBatchSampler([], 4, num_ranks=2)
    assert len(sampler) == 0
    assert list(sampler) == []


def test_batches_depend_on_seed_and_epoch_alone() -> None:
    first, second = (BucketBatchSampler(SKEWED, 16, seed=3) for _ in range(2))
    epoch_0 = indices(first)
    assert indices(second) == epoch_0
    second.set_epoch(1)
    epoch_1 = indices(second)
    assert epoch_1 != epoch_0
    assert {frozenset(batch) for batch in epoch_1} != {frozenset(batch) for batch in epoch_0}
    assert indices(BucketBatchSampler(SKEWED, 16, seed=4)) != epoch_0
    second.set_epoch(0)
    assert indices(second) == epoch_0


def test_the_epoch_travels_with_each_clip() -> None:
    sampler = BucketBatchSampler(SKEWED[:20], 8)
    sampler.sampler.set_epoch(5)
    assert {epoch for batch in sampler for epoch, _ in batch} == {5}


def test_clips_of_a_batch_are_of_similar_length() -> None:
    # Measured: 69 % at random, 8.2 % in buckets, 2.0 % sorted.
    rng = np.random.default_rng(0)
    at_random = padding_share(np.array_split(rng.permutation(len(SKEWED)), len(SKEWED) // 16))
    bucketed = padding_share([np.array(batch) for batch in indices(BucketBatchSampler(SKEWED, 16))])
    in_order = padding_share([np.array(batch) for batch in indices(BucketBatchSampler(SKEWED, 16, shuffle=False))])
    assert at_random > 0.6
    assert bucketed < 0.1
    assert in_order < 0.025


def test_batches_come_in_no_order_of_length() -> None:
    means = [SKEWED[batch].mean() for batch in indices(BucketBatchSampler(SKEWED, 16))]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_validation_is_sorted_and_always_the_same() -> None:
    sampler = BucketBatchSampler(SKEWED, 16, shuffle=False)
    lengths = [SKEWED[index] for batch in indices(sampler) for index in batch]
    assert lengths == sorted(lengths)
    before = indices(sampler)
    sampler.set_epoch(9)
    assert indices(sampler) == before


@pytest.mark.parametrize("num_ranks", [1, 2])
def test_a_resumed_epoch_has_the_batches_that_were_left(num_ranks: int) -> None:
    lengths = list(range(10, 90))
    whole = BucketBatchSampler(lengths, 4, num_ranks=num_ranks)
    whole.set_epoch(3)
    resumed = BucketBatchSampler(lengths, 4, num_ranks=num_ranks)
    resumed.go_on_from(epoch=3, done=5)
    assert len(resumed) == len(whole)
    assert list(resumed) == list(whole)[5:]
    resumed.go_on_from(epoch=3, done=len(whole))
    whole.set_epoch(4)
    assert list(resumed) == list(whole)
