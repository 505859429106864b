"""Exported recognizers of which pages are made, and the pages in a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video
from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export
from pipelines.web_page.folder import PageChoices, write_page
from tests.pipelines.web_page.driving import ANSWER_MS, COUNT_DEVICES, Opener, served

FROZEN = Path(__file__).parents[2] / "frozen"


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Exports of two small recognizers, one of sound and one of hands."""
    folders = {name: tmp_path_factory.mktemp(name) / "onnx" for name in ("speech", "signs")}
    for name, folder in folders.items():
        export(ExportConfig(model=str(FROZEN / name / "bundle"), output_dir=str(folder)))
    return folders


@contextmanager
def page_of(export: Path, folder: Path) -> Iterator[str]:
    """Make the page of an export, with its libraries, and serve it."""
    outcome = write_page(folder, export, folder.parent, PageChoices(num_examples=0))
    assert outcome["libraries"] == "in_folder", "these tests need npm: apt-get install npm"
    with served(folder) as url:
        yield url


@pytest.fixture(scope="session")
def speech_url(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with page_of(exports["speech"], tmp_path_factory.mktemp("speech_page") / "web") as url:
        yield url


@pytest.fixture(scope="session")
def signs_url(exports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with page_of(exports["signs"], tmp_path_factory.mktemp("signs_page") / "web") as url:
        yield url


@pytest.fixture(scope="session")
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
        page.add_init_script(COUNT_DEVICES)
        page.goto(url)
        page.wait_for_selector("html[data-ready]", timeout=ANSWER_MS)
        return page

    yield open_page
    for browser in browsers:
        browser.close()
    assert complaints == []
