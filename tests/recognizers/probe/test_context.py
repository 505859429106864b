from dataclasses import dataclass

import numpy as np
import pytest
import torch

from data_prep.features.extractor import Frames
from data_prep.features.mfcc import Mfcc
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.interpreter import LabelInterpreter
from recognizers.probe import context as context_module
from recognizers.probe.context import measure_last_frames, measure_windows, windowed_log_probs
from recognizers.runtime.torch_network import TorchNetwork
from recognizers.vocabulary import Vocabulary


@dataclass
class Sum:
    """Gives the label "up" to clips whose sum is positive."""

    subsampling: int = 1

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        up = frames.sum(axis=(1, 2)) > 0
        return np.log(np.where(np.stack([up, ~up], axis=1), 0.9, 0.1)), lengths


def bump_clips(count: int = 20, length: int = 30, from_end: int = 11) -> tuple[list[Frames], list[str]]:
    """Clips that are zero but for one frame, whose sign is the label."""
    references = [("up", "down")[number % 2] for number in range(count)]
    clips = []
    for reference in references:
        values = np.zeros((length, 1), np.float32)
        values[length - from_end] = 1 if reference == "up" else -1
        clips.append(Frames(values, 100.0))
    return clips, references


def test_the_frames_that_a_label_needs() -> None:
    predictor = Predictor(Mfcc(), Sum(), LabelInterpreter(Vocabulary("label", ("up", "down"))))
    clips, references = bump_clips()
    last = measure_last_frames(predictor, clips, references)
    assert [each.frames for each in last.scores] == [1, 2, 3, 4, 6, 8, 12, 16, 24, 30]
    assert [each.score.value for each in last.scores] == [0.5] * 6 + [1.0] * 4
    assert (last.kind, last.enough, last.whole.value) == ("last", 12, 1.0)
    first = measure_last_frames(predictor, clips, references, "first")
    assert (first.kind, first.enough) == ("first", 24)


def test_no_context_is_enough_if_even_the_longest_is_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "TOLERANCE", -1)
    predictor = Predictor(Mfcc(), Sum(), LabelInterpreter(Vocabulary("label", ("up", "down"))))
    assert measure_last_frames(predictor, *bump_clips()).enough is None


@pytest.fixture
def ctc() -> Predictor:
    torch.manual_seed(0)
    encoder = BiLstm(num_features=3, layers=2, hidden_size=8, subsampling=2)
    return Predictor.of(Mfcc(), encoder, Ctc(encoder.num_outputs, Vocabulary("character", ("a", "b"))))


def frames(length: int = 21) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(length, 3)).astype(np.float32)


@pytest.mark.parametrize("side", [0, 1, 3, 11])
@pytest.mark.parametrize("batch_steps", [1, 20, 8192])
def test_windows_equal_runs_over_each_of_them(
    ctc: Predictor, side: int, batch_steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context_module, "BATCH_STEPS", batch_steps)
    values = frames()
    expected = []
    for step in range(11):
        first, end = max(0, step - side), min(11, step + side + 1)
        window = values[2 * first : 2 * end]
        log_probs, _ = ctc.network(window[None], np.array([len(window)]))
        expected.append(log_probs[0, step - first])
    np.testing.assert_allclose(windowed_log_probs(ctc.network, values, side), expected, atol=1e-5)


def test_other_frames_have_no_effect(ctc: Predictor) -> None:
    values = frames()
    changed = values.copy()
    changed[:8] += 5  # steps 0 to 3
    before, after = (windowed_log_probs(ctc.network, each, 2) for each in (values, changed))
    np.testing.assert_allclose(before[6:], after[6:], atol=1e-6)
    assert np.abs(before[:6] - after[:6]).min(axis=1).max() > 1e-4


def test_wide_windows_give_the_score_of_whole_clips(ctc: Predictor) -> None:
    clips = [Frames(frames(length), 100.0) for length in (21, 14, 5)]
    references = [prediction.text or "a" for prediction in ctc.predict(clips, 8)]
    context = measure_windows(ctc, clips, references)
    assert isinstance(ctc.network, TorchNetwork)
    assert [each.frames for each in context.scores] == [0, 2, 4, 8, 16, 22]
    assert context.scores[-1].score.change == 0
    assert context.kind == "either side"


def test_costly_windows_are_left_out(ctc: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_module, "MAX_STEPS", 40)
    context = measure_windows(ctc, [Frames(frames(), 100.0)], ["ab"])
    assert [each.frames for each in context.scores] == [0, 2]
