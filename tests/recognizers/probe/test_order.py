from dataclasses import dataclass

import numpy as np
import pytest

from data_prep.features.extractor import Frames
from data_prep.features.mfcc import Mfcc
from recognizers.inference.predictor import Predictor
from recognizers.interpreter import LabelInterpreter
from recognizers.probe.order import IN_ORDER, REVERSED, SHUFFLED, WINDOWS, measure_order, reorder
from recognizers.vocabulary import Vocabulary


@dataclass
class Rule:
    """Gives the label "up" to the clips of a batch that fulfil a rule, without any learning."""

    name: str
    subsampling: int = 1

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        clips = [clip[:length, 0] for clip, length in zip(frames, lengths, strict=True)]
        up = np.array([clip[-1] > clip[0] if self.name == "order" else clip.sum() > 0 for clip in clips])
        return np.log(np.where(np.stack([up, ~up], axis=1), 0.9, 0.1)), lengths


def predictor(rule: str) -> Predictor:
    return Predictor(Mfcc(), Rule(rule), LabelInterpreter(Vocabulary("label", ("up", "down"))))


def clips(count: int = 40, length: int = 24) -> tuple[list[Frames], list[str]]:
    """Ramps that rise and fall; all rising ones, and only these, have a positive sum."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(-1, 1, length)[:, None]
    references = [("up", "down")[number % 2] for number in range(count)]
    signs = [1 if reference == "up" else -1 for reference in references]
    values = [sign * (ramp + 0.1) + 0.001 * rng.standard_normal((length, 1)) for sign in signs]
    return [Frames(each.astype(np.float32), 100.0) for each in values], references


def test_a_recognizer_that_goes_by_order_loses_its_score() -> None:
    order = measure_order(predictor("order"), *clips())
    assert [(each.order, each.window) for each in order.scores] == [
        (IN_ORDER, None),
        (REVERSED, None),
        *((WINDOWS, window) for window in (2, 4, 8, 16)),
        (SHUFFLED, None),
    ]
    assert order.of(IN_ORDER).score.value == 1
    assert order.of(REVERSED).score.value == 0
    assert order.of(REVERSED).score.change_interval == (-1, -1)
    assert 0.2 < order.of(SHUFFLED).score.value < 0.8
    low, high = order.of(SHUFFLED).score.interval
    assert 0 < low < order.of(SHUFFLED).score.value < high < 1
    assert (order.metric, order.clips, order.guessing) == ("accuracy", 40, 0.5)


def test_a_recognizer_that_goes_by_content_does_not_notice() -> None:
    for each in measure_order(predictor("content"), *clips()).scores:
        assert each.score.value == 1
        assert each.score.change_interval == (0, 0)


def test_shuffles_stay_within_their_windows() -> None:
    clip = Frames(np.arange(23, dtype=np.float32)[:, None], 100.0, np.arange(23) % 2 == 0)
    shuffled = reorder(clip, WINDOWS, 4, [0, 1])
    places = shuffled.values[:, 0].astype(int)
    assert sorted(places) == list(range(23))
    assert (places // 4 == np.arange(23) // 4).all()
    assert (places != np.arange(23)).any()
    assert shuffled.presence is not None
    assert (shuffled.presence == (places % 2 == 0)).all()  # presence moves with its frames
    np.testing.assert_array_equal(shuffled.values, reorder(clip, WINDOWS, 4, [0, 1]).values)
    np.testing.assert_array_equal(reorder(clip, REVERSED, None, [0]).values, clip.values[::-1])


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_and_single_clips(length: int) -> None:
    frames, references = clips(1, length)
    order = measure_order(predictor("content"), frames, references)
    assert order.clips == 1
    assert order.of(IN_ORDER).score.interval[0] < 1  # Wilson's: one clip proves little
