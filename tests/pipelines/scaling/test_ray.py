"""Shards under Ray's launcher, on a cluster of two nodes on this machine, one of which is killed half-way.

pip install 'hydra-ray-launcher==1.2.2'
pytest -m ray tests/pipelines/scaling/test_ray.py
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from benchmarks.shards import signals
from pipelines.scaling.records import ShardRecords

pytestmark = pytest.mark.ray

ROOT = Path(__file__).parents[3]
NUM_SHARDS = 4
COMMON = ["corpus=manifest", "features.sample_rate_hz=8000", "num_workers=0", "pictures=0"]


def write_long_tones(folder: Path, clips: int = 36, seconds: int = 60) -> Path:
    """Write recordings at 48 kHz, which take a while to resample."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for number in range(clips):
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(48_000 * seconds), 48_000)
        rows.append({"path": f"{number}.wav", "text": "a", "speaker": f"s{number % 9}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture
def cluster() -> Iterator[Any]:
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    pytest.importorskip("hydra_plugins.hydra_ray_launcher")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    node = {"num_cpus": 1, "object_store_memory": 80_000_000}
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    made.second = made.add_node(**node)
    yield made
    made.shutdown()


def command(root: Path, place: Path, *arguments: str) -> list[str]:
    given = [*COMMON, f"corpus.root={root}", f"store_dir={place / 'store'}", f"output_dir={place / 'out'}", *arguments]
    return [sys.executable, "-m", "pipelines.prepare", *given]


def test_nothing_is_lost_or_done_twice_if_a_node_is_killed(cluster: Any, tmp_path: Path) -> None:
    root = write_long_tones(tmp_path / "sounds")
    subprocess.run(command(root, tmp_path / "one"), cwd=tmp_path, check=True)
    launcher = ["hydra/launcher=ray", f"hydra.launcher.ray.init.address='{cluster.address}'"]
    launcher += ["+hydra.launcher.ray.init.object_store_memory=null"]  # the cluster has set it
    launcher += ["+hydra.launcher.ray.remote.scheduling_strategy=SPREAD"]
    shards = ["-m", f"shard=range(0,{NUM_SHARDS})", f"num_shards={NUM_SHARDS}", *launcher]
    records = ShardRecords(tmp_path / "many/out", NUM_SHARDS, None)
    began = time.monotonic()
    with subprocess.Popen(command(root, tmp_path / "many", *shards), cwd=tmp_path, stdout=subprocess.PIPE) as sweep:
        while len(records.running()) < 2:  # one on each node
            assert sweep.poll() is None
            assert time.monotonic() - began < 300
            time.sleep(0.02)
        cluster.remove_node(cluster.second, allow_graceful=False)
        out, _ = sweep.communicate(timeout=300)
    assert sweep.returncode == 0
    assert json.loads(out.splitlines()[-1])["clips"] == 36
    assert (tmp_path / "one/out/manifest.jsonl").read_bytes() == (tmp_path / "many/out/manifest.jsonl").read_bytes()
    assert signals(tmp_path / "one/store") == signals(tmp_path / "many/store")
