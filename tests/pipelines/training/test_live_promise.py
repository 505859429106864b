"""A training says whether its recognizer can recognise while somebody speaks."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from pipelines.training.live_promise import streaming_latency, warn_of_broken_promise
from recognizers import StreamSettings, load
from tests.pipelines.conftest import quick

FORWARD = {"direction": "forward"}


@pytest.mark.parametrize(
    ("extractor", "encoder", "unit", "warns"),
    [
        (Mfcc(), FORWARD, "character", True),
        (Mfcc(cmvn="none"), FORWARD, "character", False),
        (Mfcc(), {"direction": "both"}, "character", False),
        (Mfcc(), {}, "character", False),
        (Mfcc(), FORWARD, "label", False),
        (HandKeypoints(), FORWARD, "character", False),
    ],
)
def test_a_warning_names_what_needs_whole_clips(
    extractor: Any, encoder: dict[str, str], unit: str, warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_broken_promise(extractor, encoder, unit)
    assert (
        "features.cmvn=mean_variance normalises over the whole clip; set features.cmvn=none" in caplog.text
    ) == warns


def test_the_latency_is_known_only_if_there_is_one() -> None:
    assert streaming_latency(Mfcc(cmvn="none"), FORWARD, "character", 3) == {"streaming_latency_s": 0.0325}
    assert streaming_latency(Mfcc(cmvn="none"), FORWARD, "label", 3) == {}


def test_a_training_reports_it(run: Any, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "encoder.direction=forward", "features.cmvn=none"))
    assert ran.exit_code == 0, ran.stderr
    assert json.loads((tmp_path / "run" / "report.json").read_text())["streaming_latency_s"] == 0.0325
    assert "latency of streaming</dt><dd>32.5 ms" in (tmp_path / "run" / "report.html").read_text()
    assert load(tmp_path / "run").stream(8000, StreamSettings(incremental=True)).latency_s == pytest.approx(0.0645)
