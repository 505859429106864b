"""The scripts of examples/ run from top to bottom and recognise what they show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run_example(name: str, folder: Path) -> str:
    """Run a script as a newcomer does, and return what it prints."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_transcribe_sound(tmp_path: Path) -> None:
    printed = run_example("transcribe_sound.py", tmp_path)
    rate = re.search(r"word error rate on unheard voices: ([\d.]+)%", printed)
    assert rate is not None
    assert float(rate[1]) < 20
    assert "20 recordings transcribed" in printed
    assert len(list((tmp_path / "captions").rglob("*.srt"))) == 20


@pytest.mark.slow
def test_classify_series(tmp_path: Path) -> None:
    printed = run_example("classify_series.py", tmp_path)
    accuracy = re.search(r"accuracy on unseen series: ([\d.]+)%", printed)
    assert accuracy is not None
    assert float(accuracy[1]) >= 95
    assert "6 series classified" in printed
    assert (tmp_path / "labels/results.csv").is_file()


@pytest.mark.slow
def test_classify_signs(tmp_path: Path) -> None:
    printed = run_example("classify_signs.py", tmp_path)
    accuracy = re.search(r"accuracy on an unseen signer: (\d+)%", printed)
    assert accuracy is not None
    assert int(accuracy[1]) >= 70
    assert "10 videos classified" in printed
    assert (tmp_path / "labels/results.csv").is_file()
