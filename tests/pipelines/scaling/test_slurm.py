"""What submitit asks SLURM for, as seen by an `sbatch` that only keeps the script."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[3]


@pytest.fixture
def sbatch(tmp_path: Path) -> Path:
    """Return a folder with SLURM's commands, of which `sbatch` copies its script to `script.sh`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sbatch").write_text(
        f'#!/bin/sh\ncp "$1" {folder}/script.tmp\nmv {folder}/script.tmp {folder}/script.sh\n'
    )
    with open(folder / "sbatch", "a") as script:
        script.write("echo Submitted batch job 4242\n")
    for name in ("srun", "sacct", "scontrol"):
        (folder / name).write_text("#!/bin/sh\n")
    for command in folder.iterdir():
        command.chmod(0o755)
    return folder


def test_the_shards_are_a_job_array_that_is_told_before_its_time_is_up(sbatch: Path, tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    for index in range(2):
        soundfile.write(tmp_path / f"{index}.wav", np.full(8000, 0.1), 16_000)
    rows = [json.dumps({"path": f"{index}.wav", "text": "a", "split": "train"}) for index in range(2)]
    (tmp_path / "manifest.jsonl").write_text("\n".join(rows))
    command = [
        *(sys.executable, "-m", "pipelines.prepare", "-m", "shard=range(0,2)", "num_shards=2"),
        *(
            "corpus=manifest",
            f"corpus.root={tmp_path}",
            f"store_dir={tmp_path / 'store'}",
            f"output_dir={tmp_path / 'o'}",
        ),
        *("hydra/launcher=submitit_slurm", "hydra.launcher.partition=cpu", "hydra.launcher.cpus_per_task=4"),
        *("hydra.launcher.mem_gb=16", "hydra.launcher.timeout_min=240", "hydra.launcher.array_parallelism=50"),
        f"hydra.sweep.dir={tmp_path / 'sweep'}",
    ]
    environment = os.environ | {"PATH": f"{sbatch}:{os.environ['PATH']}"}
    waiting = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not (sbatch / "script.sh").exists() and waiting.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        os.killpg(waiting.pid, signal.SIGKILL)
        waiting.wait()
    asked = set((sbatch / "script.sh").read_text().splitlines())
    assert {
        "#SBATCH --array=0-1%2",
        "#SBATCH --partition=cpu",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=16GB",
        "#SBATCH --time=240",
        "#SBATCH --ntasks-per-node=1",
        "#SBATCH --signal=USR2@120",  # submitit then queues the task again, which does what is missing
        "#SBATCH --open-mode=append",  # so that the log of the task queued again follows the earlier one
    } <= asked
