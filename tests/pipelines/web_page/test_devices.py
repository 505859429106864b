"""Microphone and camera of the whole page, in a headless Chromium whose devices play files."""

import json
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from pipelines.web_page.folder import PageChoices, write_page
from recognizers import load
from tests.pipelines.web_page.driving import ANSWER_MS, Opener, finished, served
from tests.recognizers.streaming.recognizers_for_streams import save, spec_of

FROZEN = Path(__file__).parents[2] / "frozen"

pytestmark = [pytest.mark.browser, pytest.mark.network]


def write_microphone(path: Path) -> str:
    """Write the frozen recording with silence around it; returns the flag that makes it the microphone."""
    samples, rate_hz = soundfile.read(FROZEN / "an4.flac", dtype="int16")
    silence = np.zeros(rate_hz, np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(np.concatenate([silence, samples, silence, silence]).tobytes())
    return f"--use-file-for-fake-audio-capture={path}%noloop"


def test_speech_is_recognised_while_the_button_is_held(speech_url: str, open_url: Opener, tmp_path: Path) -> None:
    flag = write_microphone(tmp_path / "mic.wav")
    page = open_url(speech_url, "--use-fake-device-for-media-stream", flag)
    page.focus("#hold")
    page.keyboard.down("Space")
    page.wait_for_timeout(3500)
    page.keyboard.up("Space")
    expected = load(FROZEN / "speech/bundle").transcribe(FROZEN / "an4.flac").text
    # The fake microphone plays from an unknown sample on, so that frames differ; the words are there.
    assert set(finished(page).split()) & set(expected.split())
    assert "microphone 1" in page.inner_text("#answer")


def test_pauses_end_utterances_when_talking_freely(speech_url: str, open_url: Opener, tmp_path: Path) -> None:
    flag = write_microphone(tmp_path / "mic.wav")
    page = open_url(speech_url, "--use-fake-device-for-media-stream", flag)
    page.click("#free")
    assert finished(page)
    assert page.get_attribute("#free", "aria-pressed") == "true"
    page.click("#free")
    page.wait_for_selector('#status:text-is("Ready.")')


def test_what_is_being_said_comes_from_the_network_for_streaming(open_url: Opener, tmp_path: Path) -> None:
    save(tmp_path / "run/bundle", spec_of())
    export(ExportConfig(model=str(tmp_path / "run")))
    write_page(tmp_path / "web", tmp_path / "run/onnx", tmp_path / "run", PageChoices(num_examples=0))
    with served(tmp_path / "web") as url:
        page = open_url(url, "--use-fake-device-for-media-stream", write_microphone(tmp_path / "mic.wav"))
        page.click("#free")
        page.wait_for_selector(".interim:not(:empty)", timeout=ANSWER_MS)
        loaded = page.workers[0].evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
        assert f"{url}recognizer/streaming.onnx" in loaded
        assert finished(page)


def test_a_microphone_that_may_not_be_used_is_explained(speech_url: str, open_url: Opener) -> None:
    page = open_url(speech_url, "--use-fake-device-for-media-stream", "--deny-permission-prompts", grant=False)
    page.click("#hold")
    page.wait_for_selector("#error:not([hidden])")
    assert page.inner_text("#error").startswith("The page may not use the microphone. Allow it")
    assert page.inner_text("#hold") == "Hold to speak"


def test_a_missing_microphone_is_explained(speech_url: str, open_url: Opener) -> None:
    page = open_url(speech_url)
    page.click("#free")
    page.wait_for_selector("#error:not([hidden])")
    assert page.inner_text("#error") == "No microphone was found. Connect one, or choose a file."


def test_hands_in_front_of_the_camera_are_recognised(
    signs_url: str, open_url: Opener, sign_video: Path, tmp_path: Path
) -> None:
    with av.open(str(sign_video)) as container:
        pictures = [frame.reformat(format="yuv420p") for frame in container.decode(video=0)]
    with open(tmp_path / "camera.y4m", "wb") as file:
        file.write(f"YUV4MPEG2 W{pictures[0].width} H{pictures[0].height} F15:1 Ip A1:1 C420jpeg\n".encode())
        for picture in pictures:
            file.write(b"FRAME\n" + picture.to_ndarray().tobytes())
    flag = f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}"
    page = open_url(signs_url, "--use-fake-device-for-media-stream", flag)
    page.click("#camera")
    page.wait_for_selector(".live video")
    page.click("#hold")  # a tap begins, and the next one ends
    page.wait_for_selector('#status:text-is("Recording…")')
    page.wait_for_timeout(2500)
    page.click("#hold")
    assert finished(page) in json.loads((FROZEN / "signs/bundle/recognizer.json").read_text())["vocabulary"]["symbols"]
    assert page.locator('#charts canvas[aria-label="Hands at a few moments"]').is_visible()
    page.click("#free")
    page.wait_for_selector('#status:text-matches("Watching")')
    page.wait_for_timeout(2000)
    page.click("#free")  # ends the sign that is being made
    page.wait_for_selector("#log-items li >> nth=1")
    assert not page.is_visible("#error")


def press(page: Any, *names: str) -> None:
    """Press buttons one after the other, faster than anything can open."""
    page.evaluate("(names) => names.forEach((name) => document.getElementById(name).click())", names)


def states_of_devices(page: Any) -> list[str]:
    return list(page.evaluate("window.opened.map((track) => track.readyState)"))


def check_that_a_broken_device_is_switched_off(page: Any, button: str, broken: str) -> None:
    before = states_of_devices(page)
    page.evaluate(f"() => {{ {broken} = async () => {{ throw new Error('Out of order.'); }}; }}")
    press(page, button)
    page.wait_for_selector('#error:text-is("Out of order.")')
    assert states_of_devices(page) == [*before, "ended"]
    assert page.get_attribute(f"#{button}", "aria-pressed") == "false"
    assert page.is_enabled("#hold")


def test_impatient_presses_open_one_camera(signs_url: str, open_url: Opener) -> None:
    page = open_url(signs_url, "--use-fake-device-for-media-stream")
    press(page, "camera", "camera", "hold", "free")
    page.wait_for_selector('#status:text-is("Recording…")')
    assert not page.is_visible("#error")
    assert page.is_disabled("#free")
    assert states_of_devices(page) == ["live"]
    page.click("#camera")
    assert states_of_devices(page) == ["ended"]
    page.click("#hold")  # ends what was recorded: nothing, or pictures without hands
    assert finished(page).startswith(("There are no pictures;", "No hand found in any of the "))
    check_that_a_broken_device_is_switched_off(page, "camera", "HTMLMediaElement.prototype.play")


def test_impatient_presses_open_one_microphone(speech_url: str, open_url: Opener) -> None:
    page = open_url(speech_url, "--use-fake-device-for-media-stream")
    press(page, "free", "free", "hold")
    page.wait_for_selector('#free[aria-pressed="true"]')
    assert states_of_devices(page) == ["live"]
    press(page, "free")
    page.wait_for_selector('#free[aria-pressed="false"]')
    press(page, "hold", "free")
    page.wait_for_selector('#status:text-is("Listening…")')
    assert states_of_devices(page) == ["ended", "live"]
    press(page, "hold")
    page.wait_for_selector("#hold:not(.active)")
    finished(page)
    check_that_a_broken_device_is_switched_off(page, "free", "AudioWorklet.prototype.addModule")
