"""The commands suggested after a training."""

from pathlib import Path

from tests.pipelines.conftest import quick


def test_the_suggested_command_repeats_the_settings(run, tones: Path, tmp_path: Path) -> None:
    ran = run("train", *quick(tones, tmp_path / "run", "encoder.cell=gru"))
    suggested = ran.stderr[ran.stderr.index("python -m pipelines.train") :].splitlines()[0]
    assert "experiment=speech" in suggested
    assert "encoder.cell=gru" in suggested
    assert suggested.endswith("corpus=manifest corpus.root=FOLDER")
