"""torchrun starts a killed training again, and it ends as if nothing had happened."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pipelines.training.resume import newest_checkpoint
from tests.pipelines.conftest import SMALL_AUDIO

ROOT = Path(__file__).parents[3]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


def training(tones: Path, run_dir: Path, *more: str) -> list[str]:
    return [
        *("-m", "pipelines.train", "experiment=speech", "corpus=manifest", f"corpus.root={tones}"),
        *SMALL_AUDIO,
        "encoder.dropout=0.3",
        "augment=speech",
        "trainer=ddp",
        "trainer.max_epochs=4",
        "batch_size=1",
        "checkpoint_every_s=0.1",
        f"store_dir={run_dir.parent / 'store'}",
        f"hydra.run.dir={run_dir}",
        *more,
    ]


def start(arguments: list[str]) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return subprocess.Popen(
        [*TORCHRUN, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for torchrun, and return what its workers wrote to stdout."""
    try:
        out, err = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    return out


def worker(agent: int, rank: int) -> int:
    """Return the process that torchrun started with a rank."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if parent == agent and f"RANK={rank}".encode() in environment:
            return int(entry.name)
    raise AssertionError(f"torchrun has no worker of rank {rank}")


def kill_within_an_epoch(agent: subprocess.Popen[str], run_dir: Path, rank: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and agent.poll() is None:
        steps = [int(path.stem.removeprefix("step=")) for path in run_dir.glob("checkpoints/step=*.ckpt")]
        if any(step > 30 for step in steps):
            os.kill(worker(agent.pid, rank), signal.SIGKILL)
            return
        time.sleep(0.002)
    raise AssertionError("the training ended before it was killed")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def last_weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return torch.load(newest_checkpoint(run_dir), weights_only=True)["state_dict"]


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_the_weights_are_as_without_the_kill(tones: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"

    def launch(run_dir: Path) -> subprocess.Popen[str]:
        settings = ["--nproc-per-node=2", "--max-restarts=2", f"--rdzv-id={run_dir.name}", "--rdzv-backend=c10d"]
        return start([*settings, "--rdzv-endpoint=127.0.0.1:0", *training(tones, run_dir)])

    agent = launch(killed)
    kill_within_an_epoch(agent, killed, rank=1)
    finish(agent)
    assert not torch.equal(*dropout_states(killed)), "each process draws numbers of its own"
    finish(launch(whole))
    weights, expected = last_weights(killed), last_weights(whole)
    for name, value in expected.items():
        torch.testing.assert_close(weights[name], value, atol=0, rtol=0)
    seen, of_whole = (torch.load(newest_checkpoint(folder), weights_only=True) for folder in (killed, whole))
    assert seen["global_step"] == of_whole["global_step"] == 4 * 24
    assert seen["ClipData"] == of_whole["ClipData"]
    assert (killed / "report.json").is_file()


def dropout_states(run_dir: Path) -> list[torch.Tensor]:
    """Return the state of each process's generator in the newest checkpoint."""
    return [state["cpu"] for state in torch.load(newest_checkpoint(run_dir), weights_only=True)["random_states"]]


@pytest.mark.slow
def test_two_nodes_on_loopback_give_the_weights_of_two_processes(tones: Path, tmp_path: Path) -> None:
    one_node, two_nodes = tmp_path / "one_node", tmp_path / "two_nodes"
    endpoint = f"127.0.0.1:{free_port()}"
    settings = ["--nnodes=2", "--nproc-per-node=1", "--rdzv-id=pair", "--rdzv-backend=c10d"]
    agents = [
        start(
            [
                *settings,
                f"--rdzv-endpoint={endpoint}",
                "--local-addr=127.0.0.1",
                *training(tones, two_nodes, "trainer.devices=1", "trainer.num_nodes=2"),
            ]
        )
        for _ in range(2)
    ]
    written = [finish(agent) for agent in agents]
    assert sum(line.startswith("{") for out in written for line in out.splitlines()) == 1
    finish(start(["--nproc-per-node=2", "--rdzv-id=alone", *training(tones, one_node)]))
    weights, expected = last_weights(two_nodes), last_weights(one_node)
    for name, value in expected.items():
        torch.testing.assert_close(weights[name], value, atol=1e-5, rtol=0)
