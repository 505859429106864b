"""The whole page in a headless Chromium, with libraries from npm's registry, against the Python package."""

import json
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from pipelines.web_page import assets
from pipelines.web_page.folder import PageChoices, write_page
from pipelines.web_page.server import PageServer
from recognizers import load
from tests.recognizers.streaming.recognizers_for_streams import save, spec_of

FROZEN = Path(__file__).parents[2] / "frozen"
ANSWER_MS = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.network]

Opener = Callable[..., Any]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with PageServer(folder, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.fixture(scope="module")
def speech_url(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("speech_page") / "web"
    outcome = write_page(folder, exports["speech"], folder.parent, PageChoices(num_examples=0))
    assert outcome["libraries"] == "in_folder", "these tests need npm: apt-get install npm"
    with served(folder) as url:
        yield url


@pytest.fixture(scope="module")
def signs_url(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("signs_page") / "web"
    outcome = write_page(folder, exports["signs"], folder.parent, PageChoices(num_examples=0))
    assert outcome["libraries"] == "in_folder", "these tests need npm: apt-get install npm"
    with served(folder) as url:
        yield url


@pytest.fixture(scope="module")
def sign_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of one sign."""
    path = tmp_path_factory.mktemp("video") / "sign.mp4"
    rng = np.random.default_rng(3)
    write_sign_video(path, render_keys((Key("victory", hold_s=0.6),), draw_signer(rng, left_handed=False), rng))
    return path


@pytest.fixture
def open_url(launch_browser: Callable[..., Any]) -> Iterator[Opener]:
    """Open a page in a new browser; requests to elsewhere and errors in the console fail the test."""
    complaints: list[str] = []
    browsers = []

    def open_page(url: str, *flags: str, width: int = 1280, grant: bool = True) -> Any:
        granted = ["--use-fake-ui-for-media-stream"] if grant else []
        browsers.append(launch_browser("--use-angle=swiftshader", "--enable-unsafe-swiftshader", *granted, *flags))
        page = browsers[-1].new_page(viewport={"width": width, "height": 900}, accept_downloads=True)
        local = (url, "data:", f"blob:{url}")
        page.on("request", lambda each: None if each.url.startswith(local) else complaints.append(each.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(url)
        page.wait_for_selector("html[data-ready]", timeout=ANSWER_MS)
        return page

    yield open_page
    for browser in browsers:
        browser.close()
    assert complaints == []


def drop(page: Any, file: Path | dict[str, Any]) -> str:
    """Drop a file on the page, and return the answer, or what is wrong."""
    content = file.read_bytes() if isinstance(file, Path) else file["buffer"]
    name = file.name if isinstance(file, Path) else file["name"]
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            return transfer;
        }""",
        [name, list(content)],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    return finished(page)


def finished(page: Any) -> str:
    page.wait_for_selector('#status:text-is("Done."), #error:not([hidden])', timeout=ANSWER_MS)
    return str(page.inner_text("#error") if page.is_visible("#error") else answer(page))


def answer(page: Any) -> str:
    return str(page.evaluate("document.getElementById('answer').firstChild.textContent"))


def write_microphone(path: Path) -> str:
    """Write the frozen recording with silence around it; returns the flag that makes it the microphone."""
    samples, rate_hz = soundfile.read(FROZEN / "an4.flac", dtype="int16")
    silence = np.zeros(rate_hz, np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(np.concatenate([silence, samples, silence, silence]).tobytes())
    return f"--use-file-for-fake-audio-capture={path}%noloop"


def test_a_dropped_recording_gives_pythons_text_and_files(speech_url: str, open_url: Opener, tmp_path: Path) -> None:
    expected = load(FROZEN / "speech/bundle").transcribe(FROZEN / "an4.flac")
    page = open_url(speech_url)
    assert drop(page, FROZEN / "an4.flac") == expected.text
    for name, check in (("json", json.loads), ("srt", str)):
        with page.expect_download() as download:
            page.click(f"#download-{name}")
        assert download.value.suggested_filename == f"an4.{name}"
        download.value.save_as(tmp_path / name)
        assert check((tmp_path / name).read_text(encoding="utf-8"))
    written = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    assert written["text"] == expected.text
    assert [word["word"] for word in written["words"]] == [word.text for word in expected.words]
    assert written["confidence"] == pytest.approx(expected.confidence, abs=1e-3)
    assert "-->" in (tmp_path / "srt").read_text()
    charts = page.locator("#charts canvas")
    assert [charts.nth(number).get_attribute("aria-label") for number in range(charts.count())] == [
        *("Waveform", "Spectrogram", "Probability of each symbol over time")
    ]


def test_files_that_cannot_be_used_are_explained(speech_url: str, open_url: Opener) -> None:
    page = open_url(speech_url, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert drop(page, {"name": "<b>.wav", "buffer": b"not sound"}).startswith(
        "<b>.wav: it is damaged, or holds no sound"
    )
    assert page.get_attribute("#error", "role") == "alert"
    assert "no sound" in drop(page, {"name": "empty.wav", "buffer": b""})


def test_the_other_network_can_be_chosen(speech_url: str, open_url: Opener) -> None:
    page = open_url(speech_url)
    page.select_option("#precision", "int8")
    expected = load(FROZEN / "speech/bundle").transcribe(FROZEN / "an4.flac").text
    assert len(drop(page, FROZEN / "an4.flac")) >= len(expected) // 2
    assert "MB" in page.inner_text("#about")


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


def test_a_video_gives_pythons_label(signs_url: str, open_url: Opener, sign_video: Path) -> None:
    expected = load(FROZEN / "signs/bundle").classify(sign_video)
    page = open_url(signs_url)
    assert drop(page, sign_video) == expected.label
    with av.open(str(sign_video)) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert page.evaluate("document.querySelectorAll('#details tbody tr').length") == 5
    with page.expect_download() as download:
        page.click("#download-json")
    written = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert written["confidence"] == pytest.approx(expected.confidence, abs=0.1)
    assert written["duration_s"] == pytest.approx(expected.duration_s, abs=1.5 / 30)
    assert count > 5
    assert "it is damaged, or a video" in drop(page, {"name": "a.mp4", "buffer": b"nothing"})


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


def test_libraries_from_elsewhere_are_checked(
    exports: dict[str, Path], speech_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Any
) -> None:
    [package] = assets.PACKAGES_OF_SOURCE["waveform"].values()
    place = assets.find_packages("waveform", None)[package]
    assert place is not None
    monkeypatch.setattr("pipelines.web_page.folder.find_packages", lambda *_: {package: None})
    write_page(tmp_path / "web", exports["speech"], tmp_path, PageChoices(num_examples=0))

    def answer_for(is_evil: bool) -> Callable[[Any], None]:
        def give(route: Any) -> None:
            content = (place / route.request.url.partition(f"@{package.version}/")[2]).read_bytes()
            headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
            route.fulfill(body=content + b"\n" if is_evil else content, headers=headers)

        return give

    with served(tmp_path / "web") as url:
        for is_evil in (False, True):
            context = browser.new_context()
            context.route("https://cdn.jsdelivr.net/**", answer_for(is_evil))
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector("html[data-ready], #error:not([hidden])", timeout=ANSWER_MS)
            assert ("not the expected file" in page.inner_text("#error")) if is_evil else not page.is_visible("#error")
            context.close()
