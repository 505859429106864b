"""Division of inputs among shards."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_prep.media import Media
from pipelines.scaling.balance import assign, share_of
from pipelines.scaling.shard import Shard

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
COSTS = st.lists(st.integers(0, 10_000), max_size=60)


@UNHURRIED
@given(COSTS, st.integers(1, 12))
def test_no_shard_has_more_than_one_clip_above_its_fair_part(costs: list[int], num_shards: int) -> None:
    owners = assign([str(index) for index in range(len(costs))], costs, num_shards)
    loads = np.zeros(num_shards)
    np.add.at(loads, owners, costs)
    assert all(0 <= owner < num_shards for owner in owners)
    assert max(loads) <= sum(costs) / num_shards + max(costs, default=0)


@UNHURRIED
@given(COSTS, st.integers(1, 12), st.randoms())
def test_the_order_of_the_inputs_does_not_matter(costs: list[int], num_shards: int, random) -> None:
    ids = [str(index) for index in range(len(costs))]
    owners = dict(zip(ids, assign(ids, costs, num_shards), strict=True))
    shuffled = random.sample(range(len(costs)), len(costs))
    again = assign([ids[index] for index in shuffled], [costs[index] for index in shuffled], num_shards)
    assert dict(zip((ids[index] for index in shuffled), again, strict=True)) == owners


def test_duration_is_balanced_rather_than_the_number_of_clips() -> None:
    media = [Media(Path("long.wav"), 0.0, 60.0), *(Media(Path("short.wav"), i, i + 1.0) for i in range(60))]
    clips = [(str(index), each) for index, each in enumerate(media)]
    shares = [share_of(clips, Shard(index, 2), lambda clip: clip) for index in range(2)]
    assert sorted(len(share.items) for share in shares) == [2, 59]
    lengths_s = [sum(each.end_s - (each.start_s or 0) for _, each in share.items if each.end_s) for share in shares]
    assert lengths_s == [61, 59]
    assert sorted(clip for share in shares for clip in share.items) == sorted(clips, key=lambda clip: clip[0])
    assert shares[0].key == shares[1].key


def test_clips_without_duration_are_divided_by_number() -> None:
    clips = [(str(index), Media(Path(f"missing{index}.jpg"))) for index in range(9)]
    assert [len(share_of(clips, Shard(index, 3), lambda clip: clip).items) for index in range(3)] == [3, 3, 3]


def test_more_shards_than_clips_leave_some_with_nothing() -> None:
    clips = [("only", Media(Path("a.wav"), 0.0, 1.0))]
    assert [len(share_of(clips, Shard(index, 3), lambda clip: clip).items) for index in range(3)] == [1, 0, 0]


def test_another_list_of_inputs_has_another_key() -> None:
    one, other = [("a", Media(Path("a.wav"), 0.0, 1.0))], [("a", Media(Path("a.wav"), 0.0, 2.0))]
    assert share_of(one, Shard(0, 2), lambda clip: clip).key != share_of(other, Shard(0, 2), lambda clip: clip).key
