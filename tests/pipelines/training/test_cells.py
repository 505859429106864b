"""The cell and the direction are settings: each kind trains, is exported and resumes as the default does."""

import json
from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.training.resume import check_settings_unchanged
from tests.pipelines.conftest import quick


@pytest.mark.parametrize(("cell", "direction"), [("rnn", "both"), ("gru", "both"), ("lstm", "forward")])
def test_each_cell_trains_and_gives_the_same_texts_once_exported(
    run, tones: Path, tmp_path: Path, cell: str, direction: str
) -> None:
    run_dir = tmp_path / "run"
    settings = [f"encoder.cell={cell}", f"encoder.direction={direction}"]
    ran = run("train", *quick(tones, run_dir, *settings, "trainer.max_epochs=2"))
    assert ran.exit_code == 0
    encoder = json.loads((run_dir / "bundle" / "recognizer.json").read_text())["encoder"]
    assert (encoder["cell"], encoder["direction"]) == (cell, direction)
    exported = run("export", f"model={run_dir}")
    assert exported.exit_code == 0
    assert exported.result["max_abs_diff"] < 1e-4
    assert exported.result["changed_predictions"] == 0


def test_a_run_goes_on_only_with_its_own_cell(tmp_path: Path) -> None:
    def settings(cell: str) -> dict:
        return {"config": {"encoder": {"cell": cell, "direction": "both"}}, "split_fingerprints": {}}

    (tmp_path / "run.json").write_text(json.dumps(settings("lstm")))
    check_settings_unchanged(tmp_path, settings("lstm"))
    with pytest.raises(InputError, match=r"encoder\.cell was 'lstm', is 'gru'"):
        check_settings_unchanged(tmp_path, settings("gru"))
