"""What is reported of the test clips, with the recognizer's decoder and with the greedy one."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from data_prep.features.extractor import Frames, Signal
from data_prep.features.mfcc import Mfcc
from data_prep.manifest import Clip
from data_prep.prepare import Prepared
from pipelines.training.run_report import score_test_clips
from pipelines.training.setup import TrainingSetup
from recognizers.decoder.beam import Beam
from recognizers.decoder.decoder import Decoder
from recognizers.decoder.greedy import Greedy
from recognizers.inference.predictor import Predictor
from recognizers.interpreter import interpreter_for
from recognizers.prediction import ClipText
from recognizers.vocabulary import Vocabulary

LETTERS = Vocabulary("character", tuple(" abc"))


class FixedPredictor:
    """Predicts one text, which depends on the decoder alone."""

    extractor = Mfcc(sample_rate_hz=8000)

    def __init__(self, decoder: Decoder) -> None:
        self.interpreter = interpreter_for(LETTERS, decoder)

    def with_decoder(self, decoder: Decoder) -> "FixedPredictor":
        return FixedPredictor(decoder)

    def predict(self, frames: Sequence[Frames], batch_size: int) -> list[ClipText]:
        text = "a c" if isinstance(self.interpreter.decoder, Greedy) else "a b"
        return [ClipText(text, 1.0) for _ in frames]


class OneSecondOfSound(SimpleNamespace):
    """Prepared clips of silence."""

    def signal(self, clip: Clip) -> Signal:
        return Signal(np.zeros(8000, np.int16), 8000)

    def duration_s(self, clip: Clip) -> float:
        return 1.0


def scores_of(splits: Sequence[str], decoder: Decoder) -> dict[str, Any]:
    clips = [Clip(f"{number}", f"{number}.wav", text="a b", split=split) for number, split in enumerate(splits)]
    prepared = cast(Prepared, OneSecondOfSound(failures=[]))
    setup = cast(TrainingSetup, SimpleNamespace(clips=clips, prepared=prepared))
    metrics, scores = score_test_clips(setup, cast(Predictor, FixedPredictor(Greedy())), decoder, batch_size=2)
    assert (scores is None) == ("test" not in splits)
    return metrics


def test_only_test_clips_are_scored() -> None:
    scores = scores_of(["train", "test", "validation", "test"], Greedy())
    assert scores["test/clips"] == 2
    assert scores["test/wer"] == 0.5
    assert not any("greedy" in name for name in scores)


def test_another_decoder_is_compared_with_the_greedy_one() -> None:
    scores = scores_of(["test"], Beam())
    assert (scores["test/wer"], scores["test/greedy_wer"]) == (0.0, 0.5)
    assert {"test/wer_ci95", "test/cer", "test/greedy_cer", "test/clips"} <= set(scores)
    assert "test/greedy_clips" not in scores


def test_a_corpus_without_test_clips_has_no_scores(caplog: pytest.LogCaptureFixture) -> None:
    assert scores_of(["train", "validation"], Greedy()) == {}
    assert "no test clips" in caplog.text
