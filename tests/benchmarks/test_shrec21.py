import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import shrec21
from pipelines.train import main as train
from tests.data_prep.corpora.conftest import write
from tests.data_prep.features.test_shrec21_skeleton import write_sequence


def test_a_run_of_the_recipe_is_scored_on_its_own_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "shrec21" / "training_set"
    lines = [f"{number};ONE;20;59;TAP;80;99; \n" for number in range(1, 9)]
    write(root, {"annotations_revised_training.txt": "".join(lines), "sequences/.keep": ""})
    for number in range(1, 9):
        rng = np.random.default_rng(number)
        write_sequence(root / "sequences" / f"{number}.txt", rng.normal(0, 0.1, (120, 20, 7)).astype(np.float32))
    run, store = tmp_path / "run", tmp_path / "store"
    settings = [f"corpus.root={root.parent}", "corpus.folds=4", "corpus.fold=0", "encoder.hidden_size=8"]
    settings += ["trainer.max_epochs=1", f"store_dir={store}", "num_workers=0", f"hydra.run.dir={run}"]
    monkeypatch.setattr("sys.argv", ["train", "experiment=shrec21", *settings])
    with pytest.raises(SystemExit) as ended:
        train()
    assert ended.value.code in (None, 0)
    report = json.loads((run / "report.json").read_text())
    assert report["clips"]["train"] == 6 + 2 * 6  # and the excerpts of the training sequences alone
    monkeypatch.setattr("sys.argv", ["shrec21", str(run), "--store", str(store)])
    capsys.readouterr()
    shrec21.main()
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (scores["sequences"], scores["spans"]) == (2, 4)
    rates = [scores[f"detection_rate{rule}"] for rule in ("", "_any_length", "_any_overlap")]
    assert rates == sorted(rates)  # each rule is milder than the one before
