"""Several processes recognise the test clips together."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from data_prep.failures import Failure
from data_prep.manifest import Clip
from pipelines.training import shared_test
from recognizers.inference.scoring import RowPrediction

CLIPS = [Clip(str(index), Path(f"{index}.wav")) for index in range(5)]


@pytest.fixture
def recognised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ids of the clips that this process has recognised."""
    ids: list[str] = []

    def predict(predictor: Any, prepared: Any, clips: list[Clip], batch_size: int) -> Any:
        ids.extend(clip.id for clip in clips)
        return ((clip.id, RowPrediction(f"text {clip.id}", 0.5)) for clip in clips)

    monkeypatch.setattr(shared_test, "predict_clips", predict)
    return ids


def test_a_process_recognises_its_share_and_gets_those_of_the_others(
    monkeypatch: pytest.MonkeyPatch, recognised: list[str]
) -> None:
    def gather(shares: list[Any], own: dict[str, RowPrediction]) -> None:
        shares[:] = [{"0": RowPrediction("text 0", 0.5), "3": RowPrediction("text 3", 0.5)}, own]

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    prepared = SimpleNamespace(failures=[Failure("1", "1.wav", "not sound")])
    trainer = SimpleNamespace(world_size=2, global_rank=1)
    known = shared_test.predict_shares(trainer, None, prepared, CLIPS, 8)  # type: ignore[arg-type]
    assert recognised == ["2", "4"], "of the clips that can be read, every second one"
    assert sorted(known) == ["0", "2", "3", "4"]
    assert known["2"] == RowPrediction("text 2", 0.5)


def test_a_single_process_leaves_the_clips_to_the_scoring(recognised: list[str]) -> None:
    trainer = SimpleNamespace(world_size=1, global_rank=0)
    assert shared_test.predict_shares(trainer, None, None, CLIPS, 8) == {}  # type: ignore[arg-type]
    assert recognised == []
