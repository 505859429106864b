"""Which shard does which inputs: shares of equal duration, computed by every shard for itself."""

import hashlib
import heapq
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from data_prep.media import Media
from data_prep.media.duration import estimate_durations_s
from pipelines.scaling.shard import Shard

Item = TypeVar("Item")

#: What a clip costs besides its duration, in milliseconds of media, so that photos and tiny clips are divided too.
FIXED_MS = 50


@dataclass(frozen=True)
class Share(Generic[Item]):
    """What one shard does.

    Attributes:
        items: Its inputs, in the order in which they were given.
        key: Hash of the ids and durations of all inputs. Shards whose keys are equal divided the same inputs in the
            same way, so that together they do each input once.
    """

    items: list[Item]
    key: str


def share_of(items: Sequence[Item], shard: Shard, identify: Callable[[Item], tuple[str, Media]]) -> Share[Item]:
    """Return the inputs of a shard.

    Args:
        items: All inputs.
        shard: The shard.
        identify: Returns the id and the media of an input; ids are unique.
    """
    names = [identify(item) for item in items]
    durations_s = estimate_durations_s([media for _, media in names])
    # Whole milliseconds add up to the same sum on every machine and in every order.
    costs_ms = [round(1000 * duration_s) + FIXED_MS for duration_s in durations_s]
    ids = [name for name, _ in names]
    owners = assign(ids, costs_ms, shard.count)
    own = [index for index, owner in enumerate(owners) if owner == shard.index]
    digest = hashlib.blake2b(digest_size=16)
    for each in zip(ids, costs_ms, strict=True):
        digest.update(json.dumps(each).encode())
    return Share([items[index] for index in own], digest.hexdigest())


def assign(ids: Sequence[str], costs: Sequence[int], num_shards: int) -> list[int]:
    """Divide items so that the costs of the shards are as equal as one item allows; return the shard of each.

    The items are taken from the most to the least costly, and each goes to the shard that has the least so far
    (Graham, "Bounds on multiprocessing timing anomalies", 1969: at most 4/3 of the best division). Equal costs are
    taken in the order of their ids, so the order of the items does not matter.
    """
    loads = [(0, shard) for shard in range(num_shards)]
    owners = [0] * len(ids)
    for index in sorted(range(len(ids)), key=lambda index: (-costs[index], ids[index])):
        load, shard = loads[0]
        owners[index] = shard
        heapq.heapreplace(loads, (load + costs[index], shard))
    return owners
