"""``python -m pipelines.live`` with files, and with a microphone and a camera that are made up."""

import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video
from pipelines.cli.command import INTERRUPTED
from pipelines.streaming.sources import at_rate, paced
from recognizers import load

ROOT = Path(__file__).parents[3]
FROZEN = ROOT / "tests" / "frozen"
SPEECH = FROZEN / "an4.flac"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the command, and return its exit code, the lines on stdout, and stderr."""

    def run(model: str, *arguments: str) -> tuple[int, list[str], str]:
        from pipelines.live import main

        settings = [f"model={FROZEN / model / 'bundle'}", *arguments]
        monkeypatch.setattr(sys, "argv", ["pipelines.live", *settings])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        return int(stopped.value.code or 0), out.splitlines(), err

    return run


def test_a_file_as_fast_as_possible(live: Callable[..., Any]) -> None:
    code, lines, err = live("speech", f"input={SPEECH}", "pace=0", "partial_every_s=0.2")
    assert code == 0, err
    result = json.loads(lines[-1])
    assert result["finals"] == 1
    assert result["audio_s"] == pytest.approx(1.3, abs=0.1)
    assert result["latency_s"] == pytest.approx(0.232)
    assert 0 < result["compute_share"] < 10
    assert any(" ...  " in line for line in lines[:-2])
    text = load(FROZEN / "speech" / "bundle").transcribe(SPEECH).text
    assert lines[-2].split("  ")[-2].strip() == text
    assert "Ctrl-C ends" in err


def test_a_limit_ends_it(live: Callable[..., Any]) -> None:
    code, lines, _ = live("speech", f"input={SPEECH}", "pace=0", "max_s=0.5")
    assert (code, json.loads(lines[-1])["audio_s"]) == (0, 0.5)


def test_landmarks_and_keywords(live: Callable[..., Any]) -> None:
    code, lines, err = live("signs", f"input={FROZEN / 'signs.npy'}", "pace=0")
    assert code == 0, err
    assert json.loads(lines[-1])["finals"] >= 1
    assert "video_s" in json.loads(lines[-1])
    code, lines, err = live("keywords", f"input={SPEECH}", "pace=0", "threshold=0.2", "voice_activity=energy")
    assert code == 0, err
    assert json.loads(lines[-1])["finals"] >= 1


def test_a_video_file(live: Callable[..., Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    keys = (Key("open", hold_s=0.8),)
    write_sign_video(tmp_path / "a.mp4", render_keys(keys, draw_signer(rng, left_handed=False), rng))
    code, lines, err = live("signs", f"input={tmp_path / 'a.mp4'}", "pace=0")
    assert code == 0, err
    assert json.loads(lines[-1])["finals"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["input=none.wav"], "input=none.wav: no such file"),
        (["incremental=true", f"input={SPEECH}"], "set encoder.direction=forward"),
        (["pace=-1"], "pace must be from 0 to 100; found -1.0"),
        (["pause_s=7"], "pause_s must be from 0.1 to 2; found 7.0"),
        (["inpt=a.wav"], "did you mean 'input'?"),
        ([f"input={Path(__file__)}"], "test_live.py"),
    ],
)
def test_errors(live: Callable[..., Any], arguments: list[str], message: str) -> None:
    code, lines, err = live("speech", *arguments)
    assert (code, lines) == (2, [])
    assert message in err
    assert "Traceback" not in err


class MadeUpMicrophone(types.ModuleType):
    """The module sounddevice, with a microphone that hears a file, and then Ctrl-C."""

    class PortAudioError(Exception):
        pass

    def query_devices(self, device: Any, kind: str) -> dict[str, Any]:
        if device == "broken":
            raise ValueError("No input device matching 'broken'")
        return {"default_samplerate": 16_000.0}

    class InputStream:
        def __init__(
            self, device: Any, callback: Callable[..., None], samplerate: float, blocksize: int, **_: Any
        ) -> None:
            samples, _ = soundfile.read(SPEECH, dtype="int16")
            for start in range(0, len(samples), blocksize):
                chunk = samples[start : start + blocksize, None]
                callback(chunk, len(chunk), None, None)

        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", MadeUpMicrophone("sounddevice"))
    monkeypatch.setattr("pipelines.streaming.devices.require", lambda *_: None)


@pytest.mark.usefixtures("microphone")
def test_the_microphone(live: Callable[..., Any]) -> None:
    code, lines, err = live("speech", "max_s=1.2")
    assert code == 0, err
    assert json.loads(lines[-1])["finals"] == 1
    code, _, err = live("speech", "device=broken")
    assert code == 2
    assert "device=broken: no such microphone" in err


@pytest.mark.usefixtures("microphone")
def test_ctrl_c_shows_the_last_results(live: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import queue

    class Interrupted(queue.Queue):  # type: ignore[type-arg]
        def get(self, *_: Any, **__: Any) -> Any:
            if self.empty():
                raise KeyboardInterrupt
            return super().get()

    monkeypatch.setattr("pipelines.streaming.devices.queue.Queue", Interrupted)
    code, lines, err = live("speech")
    assert code == INTERRUPTED
    assert json.loads(lines[-1])["finals"] == 1
    assert "Traceback" not in err


def test_no_package_and_no_library(live: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_prep.dependency_groups.is_installed", lambda name: name != "sounddevice")
    code, _, err = live("speech")
    assert code == 2
    assert "listening to a microphone needs the package sounddevice" in err
    assert "utterance-pipelines[live]" in err


def test_a_camera_that_is_made_up(live: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    class MadeUpCamera:
        def __init__(self, number: int) -> None:
            self.left = 0 if number else 8

        def isOpened(self) -> bool:  # noqa: N802
            return self.left > 0

        def read(self) -> tuple[bool, Any]:
            import time

            time.sleep(0.05)
            self.left -= 1
            return self.left >= 0, np.zeros((48, 64, 3), np.uint8)

        def release(self) -> None: ...

    monkeypatch.setattr(cv2, "VideoCapture", MadeUpCamera)
    code, lines, err = live("signs")
    assert code == 0, err
    assert json.loads(lines[-1])["finals"] == 0
    assert json.loads(lines[-1])["video_s"] > 0
    code, _, err = live("signs", "device=1")
    assert code == 2
    assert "device=1: no such camera" in err


def test_pictures_at_an_even_rate() -> None:
    pictures = [(0.0, np.array([0])), (0.1, np.array([1])), (0.5, np.array([2])), (0.52, np.array([3]))]
    assert [int(each[0]) for each in at_rate(iter(pictures), 10.0)] == [0, 1, 1, 1, 1, 3]
    assert list(at_rate(iter([]), 10.0)) == []


def test_the_pace_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("pipelines.streaming.sources.time.sleep", slept.append)
    monkeypatch.setattr("pipelines.streaming.sources.time.monotonic", lambda: 5.0)
    assert len(list(paced([np.zeros(100, np.int16)] * 3, 1000.0, pace=2.0))) == 3
    assert slept == pytest.approx([0.05, 0.1, 0.15])


def test_without_torch_on_the_command_line(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; import runpy; runpy.run_module('pipelines.live', run_name='__main__')"
    )
    arguments = [f"model={FROZEN / 'speech'}", f"input={SPEECH}", "pace=0", "runtime=onnx"]
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
