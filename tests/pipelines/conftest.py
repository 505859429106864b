"""Corpora that a small recognizer learns in seconds, and a way to run commands as a user does."""

import importlib
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

RATE_HZ = 8000
TONES_HZ = {"a": 500.0, "b": 1100.0, "c": 2300.0}
SMALL_AUDIO = [
    "features.sample_rate_hz=8000",
    "features.num_coefficients=13",
    "features.num_mels=26",
    "encoder.layers=1",
    "encoder.hidden_size=32",
    "encoder.dropout=0",
    "augment=none",
    "optimizer.learning_rate=1e-2",
    "batch_size=8",
    "num_workers=0",
    "report_clips=0",
]


def quick(root: Path, run_dir: Path, *more: str) -> list[str]:
    """Return arguments of a training on tones that takes seconds."""
    return [
        "experiment=speech",
        "corpus=manifest",
        f"corpus.root={root}",
        *SMALL_AUDIO,
        "trainer.max_epochs=1",
        f"store_dir={run_dir.parent / 'store'}",
        f"hydra.run.dir={run_dir}",
        *more,
    ]


@dataclass(frozen=True)
class Ran:
    """Exit code, result and messages of a command."""

    exit_code: int
    result: dict[str, Any]
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``python -m pipelines.NAME ARGUMENTS`` in this process."""
    return lambda name, *arguments: run_command(monkeypatch, capfd, name, *arguments)


def run_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str] | None, name: str, *arguments: str
) -> Ran:
    if name == "transcribe" and not any(each.startswith("voice_activity=") for each in arguments):
        arguments = ("voice_activity=energy", *arguments)  # the tones of these tests are not speech
    monkeypatch.setattr(sys, "argv", [f"pipelines.{name}", *arguments])
    if capfd is not None:
        capfd.readouterr()
    handlers = logging.root.handlers[:]
    with pytest.raises(SystemExit) as stopped:
        importlib.import_module(f"pipelines.{name}").main()
    logging.root.handlers[:] = handlers  # Hydra adds its own
    out, err = capfd.readouterr() if capfd is not None else ("", "")
    lines = [line for line in out.splitlines() if line.startswith("{")]
    return Ran(int(stopped.value.code or 0), json.loads(lines[-1]) if lines else {}, err)


def spoken_tones(text: str, rng: np.random.Generator) -> np.ndarray:
    """Return a tone for each letter, with silence between: speech for a recognizer with 32 units."""
    parts = [np.zeros(RATE_HZ // 20)]
    for letter in text:
        time_s = np.arange(int(RATE_HZ * rng.uniform(0.1, 0.16))) / RATE_HZ
        parts += [0.3 * np.sin(2 * np.pi * TONES_HZ[letter] * time_s), np.zeros(RATE_HZ // 20)]
    samples = np.concatenate(parts)
    return samples + 0.003 * rng.standard_normal(len(samples))


def write_tones(folder: Path, clips: int = 60, seed: int = 0) -> Path:
    """Write a corpus of ten speakers with a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(clips):
        text = "".join(rng.choice(list(TONES_HZ), size=rng.integers(1, 5)))
        soundfile.write(folder / f"{number}.wav", spoken_tones(text, rng), RATE_HZ)
        rows.append({"path": f"{number}.wav", "text": text, "speaker": f"s{number % 10}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def write_skeletons(folder: Path, each: int = 12) -> Path:
    """Write skeletons of hands that open and hands that close, with a manifest."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    base = rng.normal(0, 0.05, (22, 3))
    rows = []
    for number in range(2 * each):
        label = ("open", "close")[number % 2]
        spread = np.linspace(0.4, 1.0, 20) if label == "open" else np.linspace(1.0, 0.4, 20)
        frames = spread[:, None, None] * base + rng.normal(0, 0.001, (20, 22, 3)) + rng.normal(0, 0.1, 3)
        np.savetxt(folder / f"{number}.txt", frames.reshape(20, 66), fmt="%.5f")
        rows.append({"path": f"{number}.txt", "label": label, "speaker": f"s{number // 2}"})
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tones(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="session")
def tones_run(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained CTC recognizer of tones."""
    run_dir = tmp_path_factory.mktemp("runs") / "tones"
    with pytest.MonkeyPatch.context() as monkeypatch:
        ran = run_command(
            monkeypatch,
            None,
            "train",
            "experiment=speech",
            "corpus=manifest",
            f"corpus.root={tones}",
            *SMALL_AUDIO,
            "trainer.max_epochs=25",
            "report_clips=3",
            f"store_dir={run_dir.parent / 'store'}",
            f"hydra.run.dir={run_dir}",
        )
    assert ran.exit_code == 0
    return run_dir


@pytest.fixture(scope="session")
def skeletons_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained classifier of opening and closing hands."""
    root = write_skeletons(tmp_path_factory.mktemp("skeletons"))
    run_dir = tmp_path_factory.mktemp("runs") / "skeletons"
    with pytest.MonkeyPatch.context() as monkeypatch:
        ran = run_command(
            monkeypatch,
            None,
            "train",
            "experiment=signs",
            "corpus=manifest",
            f"corpus.root={root}",
            "encoder.layers=1",
            "encoder.hidden_size=16",
            "optimizer.learning_rate=1e-2",
            "trainer.max_epochs=12",
            "batch_size=8",
            "num_workers=0",
            f"store_dir={run_dir.parent / 'store'}",
            f"hydra.run.dir={run_dir}",
        )
    assert ran.exit_code == 0
    return run_dir
