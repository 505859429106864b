import logging

import pytest

import data_prep.workers.progress
from data_prep.workers.progress import ClipProgress


def test_progress_shows_counts_and_speed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr(data_prep.workers.progress.time, "monotonic", lambda: now)
    with caplog.at_level(logging.INFO), ClipProgress(5, "preparing clips") as progress:
        progress.add(1800.0)
        now = 110.0
        progress.add(None)
        assert progress.summary() == "1 failed, 30.0 min of media, 180x"
        assert caplog.text == ""
        now = 180.0  # stderr is no terminal here
        progress.add(1800.0)
        assert "preparing clips: 3 of 5, 1 failed, 1.00 h of media, 45x, 1 min left" in caplog.text
    assert "3/5 1 failed, 1.00 h of media, 45x" in " ".join(capsys.readouterr().err.split())
