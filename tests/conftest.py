"""What holds for all tests, and a browser for those of pages."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.object_storage"]

# As the commands do, before torch is imported: else tests crawl on a machine that has something else to do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Leave logging as it was: a command that runs in this process logs to the stderr of its own test."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="session")
def launch_browser() -> Iterator[Callable[..., Any]]:
    """Launch a headless Chromium with flags, for tests with the marker ``browser``; one Playwright serves all tests."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(f"these tests need one of {', '.join(BROWSERS)}; install one, or leave them out: -m 'not browser'")
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *flags])


@pytest.fixture(scope="session")
def browser(launch_browser: Callable[..., Any]) -> Iterator[Any]:
    """A headless Chromium."""
    launched = launch_browser()
    yield launched
    launched.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open an HTML file; what it loads from elsewhere, and what the browser complains of, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_file(path: Path, width: int = 1280, theme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert [each for each in complaints if not each.startswith("data:")] == []
