"""The core installation recognises sound and landmark files, and says which group of packages does more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data_prep.dependency_groups import GROUPS
from data_prep.media.video_writing import write_video

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "tests" / "frozen"
SPEECH, SIGNS = FROZEN / "speech" / "onnx", FROZEN / "signs" / "onnx"
#: Python imports this module when it starts: in the process of a test, and in those that it starts.
BLOCKER = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(GROUPS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""


class CoreInstall:
    """Runs Python as if only the core packages were installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blocker").mkdir()
        (folder / "blocker" / "sitecustomize.py").write_text(BLOCKER)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(self.folder / "blocker"), str(ROOT)])}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", f"pipelines.{name}", *arguments)

    def error(self, name: str, *arguments: str) -> str:
        """What a command that cannot start says."""
        ran = self.command(name, *arguments)
        assert ran.returncode == 2, ran.stderr
        assert "Traceback" not in ran.stderr
        return ran.stderr.splitlines()[-1]


@pytest.fixture
def core(tmp_path: Path) -> CoreInstall:
    return CoreInstall(tmp_path)


def expected(kind: str) -> dict:
    return json.loads((FROZEN / kind / "expected.json").read_text(encoding="utf-8"))["onnx"]


@pytest.mark.parametrize("num_workers", [0, 2])
def test_the_transcribe_command_runs(core: CoreInstall, num_workers: int) -> None:
    ran = core.command(
        "transcribe",
        f"model={SPEECH}",
        "runtime=onnx",
        f"inputs={FROZEN / 'an4.flac'}",
        "output_dir=out",
        f"num_workers={num_workers}",
    )
    assert ran.returncode == 0, ran.stderr
    assert (core.folder / "out" / "an4.txt").read_text().strip() == expected("speech")["text"]


def test_the_classify_command_runs_on_landmarks(core: CoreInstall) -> None:
    ran = core.command("classify", f"model={SIGNS}", "runtime=onnx", f"inputs={FROZEN / 'signs.npy'}", "output_dir=out")
    assert ran.returncode == 0, ran.stderr
    assert (core.folder / "out" / "signs.txt").read_text().strip() == expected("signs")["label"]


def test_the_library_recognises_sound_and_landmarks(core: CoreInstall) -> None:
    ran = core.python(
        "-c",
        "from recognizers import load\n"
        f"print(load({str(SPEECH)!r}, runtime='onnx').transcribe({str(FROZEN / 'an4.flac')!r}).text)\n"
        f"print(load({str(SIGNS)!r}, runtime='onnx').classify({str(FROZEN / 'signs.npy')!r}).label)\n",
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [expected("speech")["text"], expected("signs")["label"]]


@pytest.mark.parametrize("command", ["train", "prepare", "export"])
def test_commands_that_need_the_training_packages_say_so(core: CoreInstall, command: str) -> None:
    arguments = [f"model={SPEECH.parent}"] if command == "export" else []
    message = core.error(command, *arguments)
    assert "which is not installed: pip install 'utterance-pipelines[train]'" in message
    assert not [path for path in (core.folder / "runs").rglob("*") if path.is_file()]


def test_runtime_torch_points_to_the_export(core: CoreInstall) -> None:
    given = [f"inputs={FROZEN / 'an4.flac'}", "output_dir=out"]
    message = core.error("transcribe", f"model={SPEECH.parent}", *given)
    assert "runtime=torch needs the package torch, which is not installed" in message
    assert "or give runtime=onnx, because" in message
    message = core.error("transcribe", f"model={SPEECH.parent / 'bundle'}", *given)
    assert "or run python -m pipelines.export where it is installed" in message


def test_videos_need_the_packages_for_signs(core: CoreInstall) -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    write_video(core.folder / "clip.mp4", [(0.0, black), (0.04, black)], rate_hz=25.0)
    advice = "which is not installed: pip install 'utterance-pipelines[signs]'"
    given = [f"model={SIGNS}", "runtime=onnx", "output_dir=out"]
    assert f"finding hands in pictures needs the package mediapipe, {advice}" in core.error(
        "classify", *given, "inputs=clip.mp4"
    )
    assert f"formats=[video] needs the package cv2, {advice}" in core.error(
        "classify", *given, f"inputs={FROZEN / 'signs.npy'}", "formats=[video]"
    )
    ran = core.python("-c", f"from recognizers import load; load({str(SIGNS)!r}, runtime='onnx').classify('clip.mp4')")
    assert ran.stderr.splitlines()[-1].startswith("data_prep.dependency_groups.MissingPackageError: ")
    assert advice in ran.stderr
