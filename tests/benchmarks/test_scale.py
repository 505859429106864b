"""The simulation of many workers, held against cases that can be computed by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.scale import WORKERS, draw_durations, growth
from benchmarks.scale_measurements import clip_costs, stretches
from benchmarks.scale_simulation import Machine, divide, divide_by_count, simulate
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip

STEADY = Machine(start_s=10, clip_s=0, media_s=0.01, slowness=np.ones(1), flush_s=5, deaths_per_hour=0, requeue_s=60)


def test_equal_workers_that_never_die_take_their_share_and_their_start() -> None:
    outcome = simulate([100.0] * 4, 4, STEADY, np.random.default_rng(0))
    assert outcome.wall_s == pytest.approx(110)
    assert outcome.worker_s == pytest.approx(440)
    assert outcome.ideal_s == pytest.approx(410)
    assert outcome.deaths == 0


def test_a_free_worker_does_the_next_shard() -> None:
    outcome = simulate([50.0, 20.0, 20.0], 2, replace(STEADY, start_s=0), np.random.default_rng(0))
    assert outcome.wall_s == pytest.approx(50)
    assert outcome.worker_s == pytest.approx(90)


def test_the_slowest_worker_decides() -> None:
    halves = replace(STEADY, start_s=0, slowness=np.array([1.0, 2.0]))
    outcome = simulate([100.0] * 64, 64, halves, np.random.default_rng(0))
    assert outcome.wall_s == pytest.approx(200)
    assert 6400 < outcome.worker_s < 12_800


def test_a_death_costs_what_was_not_written_the_wait_and_another_start() -> None:
    mortal = replace(STEADY, deaths_per_hour=36)  # every 100 s
    outcomes = [simulate([1000.0], 1, mortal, np.random.default_rng(seed)) for seed in range(300)]
    deaths = np.mean([each.deaths for each in outcomes])
    assert deaths == pytest.approx(10, rel=0.1)
    lost_s = np.mean([each.wall_s for each in outcomes]) - 1010
    assert lost_s == pytest.approx(deaths * (60 + 10 + 2.5), rel=0.03)
    paid_s = np.mean([each.worker_s for each in outcomes])
    assert paid_s == pytest.approx(1010 + deaths * 12.5, rel=0.03)


def test_shards_by_duration_are_more_equal_than_shards_by_count() -> None:
    durations_s = draw_durations(10, 6, 1.0, np.random.default_rng(0))
    assert durations_s.sum() == pytest.approx(36_000)
    even, uneven = divide(durations_s, STEADY, 50), divide_by_count(durations_s, STEADY, 50)
    assert even.sum() == pytest.approx(uneven.sum()) == pytest.approx(360)
    assert even.max() / even.mean() < 1.01 < uneven.max() / uneven.mean()


def test_the_cost_grows_with_the_starts() -> None:
    durations_s = draw_durations(100, 6, 0.8, np.random.default_rng(0))
    rows = growth(durations_s, STEADY, WORKERS, 1, draws=1)
    ideal_s = 3_610
    for row in rows:
        assert row["paid_share"] == pytest.approx((3_600 + 10 * row["workers"]) / ideal_s, rel=0.01)
    assert [row["speedup"] for row in rows] == sorted(row["speedup"] for row in rows)


def test_costs_are_measured_on_real_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clips = []
    for index in range(40):
        path = tmp_path / f"{index}.wav"
        soundfile.write(path, rng.normal(0, 0.1, int(16_000 * rng.uniform(0.5, 5))), 16_000)
        clips.append(Clip(str(index), path))
    costs = clip_costs(Mfcc(), clips, budget_s=0.0)
    assert costs.clip_s >= 0
    assert costs.media_s > 0
    assert costs.slowness.mean() == pytest.approx(1)


def test_stretches_of_equal_work_are_compared() -> None:
    expected_s = np.full(40, 0.1)
    spent_s = np.repeat([0.1, 0.2, 0.1, 0.4], 10)
    assert stretches(spent_s, expected_s) == pytest.approx([1, 2, 1, 4], rel=0.35)
    assert stretches(spent_s[:5], expected_s[:5]) == pytest.approx([1])
