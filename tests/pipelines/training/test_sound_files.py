"""Training with recorded noise and measured rooms."""

import json
import shutil
from pathlib import Path

import numpy as np
import soundfile

from tests.pipelines.conftest import RATE_HZ, quick


def test_a_recognizer_needs_no_files_of_its_training(run, tones: Path, tmp_path: Path) -> None:
    files = tmp_path / "kitchens, und Räume"
    files.mkdir()
    rng = np.random.default_rng(0)
    soundfile.write(files / "noise.flac", 0.1 * rng.standard_normal(2 * RATE_HZ), RATE_HZ)
    soundfile.write(files / "room.wav", rng.standard_normal(800) * np.exp(-np.arange(800) / 100) / 4, RATE_HZ)
    settings = [f"augment.noise_files={files / 'noise.flac'}", f"augment.room_files={files}", "augment.room_share=0.5"]
    ran = run("train", *quick(tones, tmp_path / "run", "augment=speech", *settings, "num_workers=2"))
    assert ran.exit_code == 0
    recorded = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["config"]["augment"]
    assert (recorded["noise_files"], recorded["room_files"]) == (str(files / "noise.flac"), str(files))
    shutil.rmtree(files)
    clip = next(tones.glob("*.wav"))
    ran = run("transcribe", f"model={tmp_path / 'run'}", f"inputs={clip}", f"output_dir={tmp_path / 'out'}")
    assert (ran.exit_code, ran.result["done"]) == (0, 1)
