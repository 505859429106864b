"""The benchmark of GPUs, as far as it can be tried on the CPU."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import gpu
from tests.pipelines.conftest import run_command


def test_the_same_device_computes_the_same() -> None:
    assert gpu.parity("cpu") == {"log_probs": 0, "loss": 0, "gradients": 0}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_the_gpu_computes_what_the_cpu_computes() -> None:
    assert max(gpu.parity("cuda").values()) < gpu.TOLERANCE


def test_its_training_can_be_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    manifest = gpu.write_corpus(tmp_path, 66)
    command = gpu.training(manifest, tmp_path / "run", gpus=1, precision="32-true", workers=0)
    smaller = ["trainer=auto", "trainer.max_epochs=1", "encoder.layers=1", "encoder.hidden_size=16"]
    kept = [each for each in command[2:] if not each.startswith(("trainer=", "trainer.max_epochs", "encoder."))]
    ran = run_command(monkeypatch, capfd, "train", *kept, *smaller, "batch_frames=20000")
    assert ran.exit_code == 0, ran.stderr
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["throughput"]["frames_per_s"] > 0
    assert "peak_gpu_gib" not in report["throughput"]


def test_the_table_compares_with_one_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    run = {
        "gpus": 1,
        "precision": "32-true",
        "frames_per_s": 1000,
        "data_wait_share": 0.1,
        "padding_share": 0.01,
        "peak_gpu_gib": 1.5,
        "test_cer": None,
    }
    gpu.show({"log_probs": 2e-3}, [run, run | {"gpus": 2, "frames_per_s": 1900}])
    printed = capsys.readouterr().out
    assert "1.90 x" in printed
    assert "computes something else" in printed
