"""A simulated preparation by many workers, which are not equally fast and may die."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.scaling.balance import FIXED_MS, assign


@dataclass(frozen=True)
class Machine:
    """What is known about a worker, in measured figures.

    Attributes:
        start_s: Time from the start of a worker to its first clip, in seconds.
        clip_s: Time of a clip besides that of its duration, in seconds.
        media_s: Time of a second of media, in seconds.
        slowness: Measured factors (K,) by which stretches of equal work took longer than on average.
        flush_s: Most work that a death can cost, in seconds, because it was not yet written.
        deaths_per_hour: Deaths of a worker in an hour of work; an assumption.
        requeue_s: Time until a dead worker is replaced, in seconds; an assumption.
    """

    start_s: float
    clip_s: float
    media_s: float
    slowness: np.ndarray
    flush_s: float
    deaths_per_hour: float
    requeue_s: float


@dataclass(frozen=True)
class Outcome:
    """What a simulated preparation took.

    Attributes:
        wall_s: Until the last worker was done.
        worker_s: Paid time of all workers, each until it has no more shards to do.
        ideal_s: Time of a single worker of average speed that never dies and starts once.
        deaths: Workers that died.
    """

    wall_s: float
    worker_s: float
    ideal_s: float
    deaths: int


def divide(durations_s: np.ndarray, machine: Machine, num_shards: int) -> np.ndarray:
    """Divide clips as the shards of `pipelines.prepare` do, and return the time of each shard on average, (shards,)."""
    costs_ms = (np.round(1000 * durations_s).astype(int) + FIXED_MS).tolist()
    ids = [f"{index:09d}" for index in range(len(costs_ms))]
    owners = np.array(assign(ids, costs_ms, num_shards))
    counts = np.bincount(owners, minlength=num_shards)
    media_s = np.bincount(owners, weights=durations_s, minlength=num_shards)
    return counts * machine.clip_s + media_s * machine.media_s


def divide_by_count(durations_s: np.ndarray, machine: Machine, num_shards: int) -> np.ndarray:
    """Divide clips in their order into shards of equal numbers, for comparison; see `divide`."""
    parts = np.array_split(durations_s, num_shards)
    return np.array([len(part) * machine.clip_s + part.sum() * machine.media_s for part in parts])


def simulate(shards_s: Sequence[float], num_workers: int, machine: Machine, rng: np.random.Generator) -> Outcome:
    """Let workers do shards in their order, each the next one as soon as it is free, as launchers do.

    A worker draws its speed once, from the measured ones. If it dies, its shard is started again by a new worker, which
    does what had not been written.

    Args:
        shards_s: Average time of each shard, in seconds.
        num_workers: Number of workers at the same time.
        machine: What is known about the workers.
        rng: Draws speeds and deaths.
    """
    speeds = rng.choice(machine.slowness, num_workers)
    queue = [(0.0, worker) for worker in range(num_workers)]
    ends = np.zeros(num_workers)
    deaths, idle_s = 0, 0.0
    for work_s in shards_s:
        now_s, worker = heapq.heappop(queue)
        left_s = work_s * speeds[worker]
        now_s += machine.start_s
        while (life_s := _lifetime_s(machine, rng)) < left_s:
            deaths += 1
            lost_s = min(rng.uniform(0, machine.flush_s), life_s)
            left_s -= life_s - lost_s
            now_s += life_s + machine.requeue_s + machine.start_s
            idle_s += machine.requeue_s  # nobody pays for a worker that is gone
            speeds[worker] = rng.choice(machine.slowness)
        ends[worker] = now_s + left_s
        heapq.heappush(queue, (ends[worker], worker))
    return Outcome(float(ends.max()), float(ends.sum() - idle_s), float(np.sum(shards_s)) + machine.start_s, deaths)


def _lifetime_s(machine: Machine, rng: np.random.Generator) -> float:
    if machine.deaths_per_hour == 0:
        return np.inf
    return float(rng.exponential(3600 / machine.deaths_per_hour))
