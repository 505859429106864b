"""The parts of a recognizer and their parameters are shown."""

from pathlib import Path

from tests.pipelines.conftest import quick


def test_each_part_is_shown_with_its_parameters(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run"))
    assert "1 x LSTM(39, 32, bidirectional=True)" in ran.stderr
    assert "19,076" in ran.stderr
