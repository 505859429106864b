"""Files in the whole page, in a headless Chromium with libraries from npm's registry, against the Python package."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from pipelines.web_page import assets
from pipelines.web_page.folder import PageChoices, write_page
from recognizers import load
from tests.pipelines.web_page.driving import ANSWER_MS, Opener, drop, served

FROZEN = Path(__file__).parents[2] / "frozen"

pytestmark = [pytest.mark.browser, pytest.mark.network]


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


def test_a_video_gives_pythons_label(signs_url: str, open_url: Opener, sign_video: Path) -> None:
    expected = load(FROZEN / "signs/bundle").classify(sign_video)
    page = open_url(signs_url, "--use-fake-device-for-media-stream")
    assert drop(page, sign_video) == expected.label
    alone = page.inner_text("#details")
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
    # A camera that is on does not disturb, and that it was disconnected is said.
    page.click("#camera")
    page.wait_for_selector('#camera[aria-pressed="true"]')
    drop(page, sign_video)
    assert page.inner_text("#details") == alone
    page.evaluate("() => { window.opened[0].dispatchEvent(new Event('ended')); }")
    assert page.inner_text("#error").startswith("The camera was disconnected")
    assert page.inner_text("#camera") == "Camera on"


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
