"""How does the time and the cost of a preparation grow with the number of workers, and with the work?

python -m benchmarks.scale --root AN4 --corpus an4                  # sound
python -m benchmarks.scale --root KARSL --corpus karsl --features hand_keypoints --hours 2000 --clip-s 4   # video

One worker is measured on this machine: its start, what a clip and a second of media cost, and how much its speed varies
(other programs slow it down, as they do on clusters). Up to a thousand workers are then simulated, with one shard each
and with several: the clips, whose durations have a log-normal distribution, are divided as the shards of
`pipelines.prepare` are; each worker has one of the measured speeds; it dies as often as --deaths-per-hour says, which
is an assumption, and is replaced after --requeue-s. Network and disks are taken to be fast enough: the last column is
what they must deliver.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir
from rich.console import Console
from rich.table import Table

from benchmarks.scale_measurements import clip_costs, start_time_s
from benchmarks.scale_simulation import Machine, divide, divide_by_count, simulate
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip
from data_prep.store.signal_store import SHARD_SECONDS
from pipelines.cli.command import CONF_DIR, register_config
from recognizers.instantiate import instantiate

WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
#: Simulations of each row, whose mean is shown.
DRAWS = 15
Divide = Callable[[np.ndarray, Machine, int], np.ndarray]


def main() -> None:
    """Measure, simulate, and print a table and the figures as JSON."""
    given = _options()
    extractor, clips = _corpus(given)
    console = Console(width=130)
    console.print(f"measuring one worker with {len(clips)} clips", highlight=False)
    costs = clip_costs(extractor, clips, given.measure_s)
    with tempfile.TemporaryDirectory() as folder:
        start_s = start_time_s(given.root, Path(folder), [f"corpus={given.corpus}", f"features={given.features}"])
    machine = Machine(
        start_s, costs.clip_s, costs.media_s, costs.slowness, given.flush_s, given.deaths_per_hour, given.requeue_s
    )
    console.print(_describe(machine), highlight=False)
    durations_s = draw_durations(given.hours, given.clip_s, given.spread, np.random.default_rng(0))
    rows: dict[int, list[dict[str, Any]]] = {}
    for count in given.shards_per_worker:
        rows[count] = growth(durations_s, machine, WORKERS, count)
        console.print(table(rows[count], f"shards of each worker: {count}", given.hours, given.bytes_per_s))
        by_count = growth(durations_s, machine, WORKERS[-1:], count, divide_by_count)
        console.print(
            f"{WORKERS[-1]} workers, if the shards had equal numbers of clips instead: "
            f"{by_count[-1]['wall_h'] / rows[count][-1]['wall_h']:.2f} times as long",
            highlight=False,
        )
    measured = asdict(machine) | {"slowness": [float(each) for each in np.percentile(costs.slowness, [5, 50, 95, 100])]}
    print(json.dumps({"machine": measured, "hours": given.hours, "clips": len(durations_s), "rows": rows}))


def draw_durations(hours: float, mean_s: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Draw durations of clips, in seconds, that add up to some hours.

    Args:
        hours: Their sum.
        mean_s: Their mean.
        spread: Standard deviation of their logarithms.
        rng: Draws them.
    """
    count = max(1, round(3600 * hours / mean_s))
    durations_s = rng.lognormal(0, spread, count)
    return np.asarray(durations_s * 3600 * hours / durations_s.sum())


def growth(
    durations_s: np.ndarray,
    machine: Machine,
    workers: Sequence[int],
    shards_per_worker: int,
    division: Divide = divide,
    draws: int = DRAWS,
) -> list[dict[str, Any]]:
    """Simulate numbers of workers on the same clips; return the means of some simulations of each number."""
    rows = []
    for count in workers:
        shards_s = division(durations_s, machine, count * shards_per_worker)
        outcomes = [simulate(shards_s.tolist(), count, machine, np.random.default_rng(draw)) for draw in range(draws)]
        wall_s = float(np.mean([each.wall_s for each in outcomes]))
        rows.append(
            {
                "workers": count,
                "wall_h": wall_s / 3600,
                "speedup": outcomes[0].ideal_s / wall_s,
                "paid_share": float(np.mean([each.worker_s / each.ideal_s for each in outcomes])),
                "deaths": float(np.mean([each.deaths for each in outcomes])),
            }
        )
    return rows


def table(rows: list[dict[str, Any]], title: str, hours: float, bytes_per_s: float) -> Table:
    """Draw the figures of `growth`; `bytes_per_s` is the size of a second of media."""
    drawn = Table(title=title)
    for heading in ("workers", "hours", "speedup", "efficiency", "paid / ideal", "deaths", "MB/s read"):
        drawn.add_column(heading, justify="right")
    for row in rows:
        drawn.add_row(
            str(row["workers"]),
            f"{row['wall_h']:.3g}",
            f"{row['speedup']:.1f} x",
            f"{row['speedup'] / row['workers']:.0%}",
            f"{row['paid_share']:.2f}",
            f"{row['deaths']:.0f}",
            f"{hours * bytes_per_s / row['wall_h'] / 1e6:.3g}",
        )
    return drawn


def _corpus(given: argparse.Namespace) -> tuple[FeatureExtractor, list[Clip]]:
    """Return the extractor, and clips spread evenly over the corpus."""
    register_config()
    settings = [f"corpus={given.corpus}", f"features={given.features}", f"corpus.root={given.root}"]
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("prepare", overrides=settings)
    clips = instantiate(cfg.corpus).clips()
    chosen = np.linspace(0, len(clips) - 1, min(given.measured, len(clips))).astype(int)
    return instantiate(cfg.features), [clips[index] for index in chosen]


def _describe(machine: Machine) -> str:
    slow = np.percentile(machine.slowness, [50, 95, 100])
    return (
        f"start {machine.start_s:.1f} s; {1000 * machine.clip_s:.2f} ms a clip and {1000 * machine.media_s:.2f} ms a "
        f"second of media; of {len(machine.slowness)} equal stretches the median took {slow[0]:.2f}, 95 % up to "
        f"{slow[1]:.2f} and the slowest {slow[2]:.2f} times the mean"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--root", type=Path, required=True, help="folder of the corpus to measure with")
    add("--corpus", default="an4", help="the corpus (default an4)")
    add("--features", default="mfcc", help="the features (default mfcc)")
    add("--measured", type=int, default=600, help="most clips to measure with (default 600)")
    add("--measure-s", type=float, default=60.0, help="seconds to measure for (default 60)")
    add("--hours", type=float, default=10_000, help="hours of media to simulate (default 10,000)")
    add("--clip-s", type=float, default=6.0, help="mean duration of a clip in seconds (default 6)")
    add("--spread", type=float, default=0.8, help="standard deviation of the logarithms of durations (default 0.8)")
    add("--shards-per-worker", type=int, nargs="+", default=[1, 8], help="shards of each worker (default 1 and 8)")
    add("--deaths-per-hour", type=float, default=0.05, help="deaths of a worker in an hour (default 0.05)")
    add("--requeue-s", type=float, default=120.0, help="seconds until a dead worker is replaced (default 120)")
    add("--flush-s", type=float, default=SHARD_SECONDS, help="most seconds of work that a death costs (default: 10)")
    add("--bytes-per-s", type=float, default=16_000, help="bytes of a second of media (default 16,000, as FLAC)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
