"""The parts of a recognizer and their parameters are shown."""

from pathlib import Path

from tests.pipelines.conftest import quick


def test_each_part_is_shown_with_its_parameters(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run"))
    assert "1 x bidirectional LSTM, 39 to 64" in ran.stderr
    assert "1 x LayerNorm, 64" in ran.stderr
    assert "1 x Linear, 64 to 4" in ran.stderr
    assert "19,076" in ran.stderr
