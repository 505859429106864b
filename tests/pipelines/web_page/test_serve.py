import json
import logging
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.cli.schema import ExportConfig, WebConfig
from pipelines.web_page import assets, serve
from pipelines.web_page.server import PageServer


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C comes at once, and pages are made without npm."""

    def interrupt(_: PageServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PageServer, "serve_forever", interrupt)
    monkeypatch.setattr(assets.shutil, "which", lambda _: None)
    monkeypatch.setattr(assets.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))


def test_the_page_is_made_once_and_served_until_ctrl_c(
    exports: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    web = tmp_path / "page"
    settings = {"model": str(exports["speech"]), "web_dir": str(web), "web_precision": "int8", "port": 0}
    outcome = serve.serve(WebConfig(**settings))
    assert outcome.result["web"] == str(web)
    assert outcome.result["url"].startswith("http://localhost:")
    assert "until you press Ctrl-C" in caplog.text
    written = (web / "page.json").stat().st_mtime_ns
    serve.serve(WebConfig(**settings))
    assert (web / "page.json").stat().st_mtime_ns == written
    serve.serve(WebConfig(**settings, overwrite=True))
    assert (web / "page.json").stat().st_mtime_ns > written
    assert json.loads((web / "page.json").read_text())["precisions"] == ["int8"]
    # The folder alone, as it was copied from elsewhere.
    assert serve.serve(WebConfig(model=str(web), port=0)).result["web"] == str(web)


def test_other_machines_are_warned_about(
    exports: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serve.serve(WebConfig(model=str(exports["speech"]), web_dir=str(tmp_path / "web"), host="0.0.0.0", port=0))
    assert "browsers give it microphone and camera only through https" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"web_precision": "int4"}, "web_precision must be one of float32, int8, both; found 'int4'"),
        ({"web_examples": -1}, "web_examples must be at least 0; found -1"),
        ({"port": 70000}, "port must be from 0 to 65535; found 70000"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        WebConfig(model="run", **settings)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_a_page_needs_features_inside() -> None:
    with pytest.raises(InputError, match="features_inside must be true with web=true"):
        ExportConfig(model="run", web=True, features_inside=False)


def test_a_folder_of_libraries_that_is_not_there_is_refused(exports: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"web_assets=.*nothing: no such folder"):
        serve.serve(
            WebConfig(model=str(exports["speech"]), web_dir=str(tmp_path / "web"), web_assets=str(tmp_path / "nothing"))
        )
