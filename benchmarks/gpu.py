"""Is a GPU as exact as the CPU, how fast is it, does it wait for data, and how much memory does it use?

python -m benchmarks.gpu                   # one GPU, then 2, 4 and 8 as far as there are so many
python -m benchmarks.gpu --clips 256       # quicker, with fewer recordings

First, the same network computes the same batch on CPU and GPU, with 32-bit floats: log-probabilities, loss and
gradients should agree to 1e-4. Then `python -m pipelines.train` trains for four epochs on generated recordings of 3 to
15 s, a process per GPU, with 32-bit floats and with bf16-mixed. Its features are computed from sound by `num_workers`
processes, as always. Each run is repeated; the table has the fastest one, its first steps included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.report import cpu_and_versions
from recognizers.batch import Batch, Example
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.vocabulary import Vocabulary

RATE_HZ = 16_000
LETTERS = "abcdefghij"
#: Most that log-probabilities, loss and gradients may differ between CPU and GPU.
TOLERANCE = 1e-4
PRECISIONS = ("32-true", "bf16-mixed")


def main() -> None:
    """Print a table, and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1024, help="recordings to train on (default 1024)")
    parser.add_argument("--workers", type=int, default=4, help="loading processes of each GPU (default 4)")
    parser.add_argument("--repeats", type=int, default=2, help="trainings of each kind (default 2)")
    parser.add_argument("--most", type=int, default=8, help="most GPUs to use (default 8)")
    given = parser.parse_args()
    available = torch.cuda.device_count()
    if not available:
        sys.exit("error: torch found no CUDA GPU, so there is nothing to measure")
    differences = parity("cuda")
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(Path(folder), given.clips)
        runs = [
            measure(corpus, count, precision, given.workers, given.repeats)
            for precision in PRECISIONS
            for count in (1, 2, 4, 8)
            if count <= min(available, given.most)
        ]
    show(differences, runs)
    print(json.dumps({"gpu": torch.cuda.get_device_name(), "parity": differences, "runs": runs}))


def parity(device: str) -> dict[str, float]:
    """Compute a batch on the CPU and on a device, and return the largest differences.

    Args:
        device: The device, such as "cuda".

    Returns:
        Of the log-probabilities and the loss, absolute; of the gradients, relative to the largest gradient of a tensor.
    """
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    expected, found = (_compute(place) for place in ("cpu", device))
    gradients = [
        float((one - other).abs().max() / one.abs().max().clamp(min=1e-6))
        for one, other in zip(expected["gradients"], found["gradients"], strict=True)
    ]
    return {
        "log_probs": float((expected["log_probs"] - found["log_probs"]).abs().max()),
        "loss": abs(expected["loss"] - found["loss"]),
        "gradients": max(gradients),
    }


def _compute(device: str) -> dict[str, Any]:
    """Run a network with the same weights forwards and backwards over clips of different lengths."""
    torch.manual_seed(0)
    encoder = BiLstm(num_features=40, layers=3, hidden_size=256, dropout=0.0)
    head = Ctc(encoder.num_outputs, Vocabulary("character", tuple(LETTERS)))
    encoder.to(device)
    head.to(device)
    rng = np.random.default_rng(0)
    batch = Batch.from_examples(
        [
            Example(
                str(length), rng.standard_normal((length, 40), np.float32), rng.integers(1, 11, length // 12).tolist()
            )
            for length in (400, 311, 100, 37)
        ]
    )
    encoded, lengths = encoder(batch.frames.to(device), batch.frame_lengths.to(device))
    loss = head.loss(encoded, lengths, batch.targets.to(device), batch.target_lengths.to(device))
    loss.backward()
    parameters = [*encoder.parameters(), *head.parameters()]
    return {
        "log_probs": head.log_probs(encoded, lengths).detach().cpu(),
        "loss": float(loss.detach()),
        "gradients": [each.grad.cpu() for each in parameters if each.grad is not None],
    }


def write_corpus(folder: Path, count: int) -> Path:
    """Write recordings of tones, one for each letter of their texts, and return the manifest."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        text = "".join(rng.choice(list(LETTERS), rng.integers(10, 51)))  # 0.3 s a letter
        times_s = np.arange(int(0.3 * RATE_HZ)) / RATE_HZ
        tones = [np.sin(2 * np.pi * 250 * (1.2 ** LETTERS.index(letter)) * times_s) for letter in text]
        sound = np.concatenate(tones) * 0.3 + rng.normal(0, 0.01, len(tones) * len(times_s))
        soundfile.write(folder / f"{number}.wav", sound.astype(np.float32), RATE_HZ)
        split = "test" if number % 64 == 0 else "validation" if number % 64 == 1 else "train"
        rows.append({"path": f"{number}.wav", "text": text, "speaker": str(number % 64), "split": split})
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return manifest


def measure(manifest: Path, gpus: int, precision: str, workers: int, repeats: int) -> dict[str, Any]:
    """Train on some GPUs, a few times, and return the figures of the fastest run."""
    folder = manifest.parent
    reports = []
    for number in range(repeats):
        run_dir = folder / f"{gpus}_{precision}_{number}"
        command = training(manifest, run_dir, gpus, precision, workers)
        done = subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(f"error: python {' '.join(command)} ended with exit code {done.returncode}")
        reports.append(json.loads((run_dir / "report.json").read_text(encoding="utf-8")))
        print(f"{gpus} GPU, {precision}: {reports[-1]['throughput']}", file=sys.stderr)
    best = max(reports, key=lambda report: report["throughput"]["frames_per_s"])
    # The figures of a run are those of its first process.
    return {
        "gpus": gpus,
        "precision": precision,
        "frames_per_s": round(gpus * best["throughput"]["frames_per_s"]),
        "data_wait_share": best["throughput"]["data_wait_share"],
        "padding_share": best["throughput"]["padding_share"],
        "peak_gpu_gib": best["throughput"].get("peak_gpu_gib"),
        "test_cer": best["metrics"].get("test/cer"),
    }


def training(manifest: Path, run_dir: Path, gpus: int, precision: str, workers: int) -> list[str]:
    """Return the arguments of Python for a training: three layers of 256, 40 coefficients of 10 ms."""
    return [
        *("-m", "pipelines.train", "experiment=speech", "corpus=manifest", f"corpus.root={manifest}"),
        *("encoder.layers=3", "encoder.hidden_size=256", "features.num_coefficients=40", "augment=none"),
        *("batch_size=64", "batch_frames=60000", f"num_workers={workers}", "trainer.max_epochs=4"),
        *("trainer=gpu" if gpus == 1 else "trainer=ddp_gpu", f"trainer.devices={gpus}"),
        *(f"trainer.precision={precision}", "watch_every_epochs=null", "report_clips=0", "logger=csv"),
        *(f"store_dir={manifest.parent / 'store'}", f"hydra.run.dir={run_dir}"),
    ]


def show(differences: dict[str, float], runs: Sequence[dict[str, Any]]) -> None:
    """Print what was measured."""
    console = Console(width=120)
    console.print(cpu_and_versions("torch", "pytorch-lightning"), highlight=False)
    console.print(
        "CPU against GPU: " + ", ".join(f"{name} {value:.1e}" for name, value in differences.items()), highlight=False
    )
    if max(differences.values()) > TOLERANCE:
        console.print(f"[bold]more than {TOLERANCE:g}: the GPU computes something else than the CPU[/bold]")
    table = Table()
    for heading in ("GPUs", "precision", "frames/s", "against one", "waiting for data", "padding", "peak GiB", "CER"):
        table.add_column(heading, justify="right")
    alone = {run["precision"]: run["frames_per_s"] for run in runs if run["gpus"] == 1}
    for run in runs:
        peak, cer = run["peak_gpu_gib"], run["test_cer"]
        table.add_row(
            str(run["gpus"]),
            run["precision"],
            f"{run['frames_per_s']:,}",
            f"{run['frames_per_s'] / alone[run['precision']]:.2f} x",
            f"{run['data_wait_share']:.1%}",
            f"{run['padding_share']:.1%}",
            "" if peak is None else f"{peak:.2f}",
            "" if cer is None else f"{cer:.3f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
