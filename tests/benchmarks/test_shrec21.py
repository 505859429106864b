import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import shrec21
from benchmarks.gesture_times import Recording
from data_prep.errors import InputError
from data_prep.features.hand_keypoints import HandKeypoints
from pipelines.train import main as train
from recognizers.error_analysis.detection import Span
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

    def emit_in_the_true_gestures(*given: Any) -> dict[str, Recording]:
        return {
            id: replace(each, emissions=[Span("ONE", 1.0, 1.1), Span("TAP", 1.9, 1.95)])
            for id, each in found(*given).items()
        }

    found = shrec21.find_emissions
    monkeypatch.setattr(shrec21, "find_emissions", emit_in_the_true_gestures)
    shrec21.main()
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (scores["detection_rate"], scores["false_positive_rate"]) == (1.0, 0.0)
    assert scores["jaccard_index"] == pytest.approx(1.0)


def test_a_run_of_two_hands_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = SimpleNamespace(extractor=HandKeypoints(num_hands=2))
    monkeypatch.setattr(shrec21.Predictor, "load", lambda model: predictor)
    with pytest.raises(
        InputError, match=r"run: times are learned from frames of one hand; train with features.num_hands=1"
    ):
        shrec21.detect(Path("run"), Path("store"))
