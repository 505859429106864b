import logging

import pytest

import data_prep.workers.progress
from data_prep.workers.progress import ClipProgress, format_duration, track_progress


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
        assert "preparing clips: 3 of 5, 1 failed, 1.00 h of media, 45x, 53 s left" in caplog.text
    assert "3/5 1 failed, 1.00 h of media, 45x" in " ".join(capsys.readouterr().err.split())


def test_any_long_work_logs_a_line_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(data_prep.workers.progress.time, "monotonic", lambda: now)
    with caplog.at_level(logging.INFO):
        for _ in track_progress(range(8), 8, "rendering"):
            now += 20.0
    assert [record.getMessage() for record in caplog.records] == [
        "rendering: 3 of 8, 67 s left",
        "rendering: 5 of 8, 48 s left",
        "rendering: 7 of 8, 17 s left",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_described_in_a_fitting_unit(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
