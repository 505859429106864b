from dataclasses import dataclass

import numpy as np
import pytest

from data_prep.features.extractor import Frames, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from recognizers.inference.predictor import Predictor
from recognizers.interpreter import LabelInterpreter, TextInterpreter
from recognizers.probe.boundaries import Boundaries, find_boundaries, near_boundaries
from recognizers.vocabulary import Vocabulary

LABELS = LabelInterpreter(Vocabulary("label", ("a", "b")))
WORDS = TextInterpreter(Vocabulary("word", ("one", "two")))


@dataclass
class Emit:
    """Emits the symbol that each frame names."""

    subsampling: int = 1

    def __call__(self, frames: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        probabilities = np.where(frames[:, :, :1] == np.arange(3), 0.98, 0.01)
        return np.log(probabilities), lengths


def speech(*parts_s: float) -> Signal:
    """Silence and a tone, taking turns, for these durations."""
    rng = np.random.default_rng(0)
    samples = []
    for number, duration_s in enumerate(parts_s):
        time_s = np.arange(int(16000 * duration_s)) / 16000
        tone = 8000 * np.sin(2 * np.pi * 440 * time_s) if number % 2 else np.zeros(len(time_s))
        samples.append(tone + rng.normal(0, 5, len(time_s)))
    return Signal(np.concatenate(samples).astype(np.int16), 16000.0)


def hands(moves: np.ndarray) -> Signal:
    """A hand whose palm is 0.1 wide, at these places (T,), 30 frames a second."""
    rng = np.random.default_rng(0)
    values = np.full((len(moves), 2, 2, 21, 3), np.nan, np.float32)
    values[:, 0] = rng.uniform(0.3, 0.4, (2, 21, 3))
    values[:, 0, :, 9] = values[:, 0, :, 0] + [0.1, 0, 0]
    values[:, 0, :, :, 0] += moves[:, None, None]
    return Signal(values, 30.0)


def of(interpreter: object, extractor: object) -> Predictor:
    return Predictor(extractor, Emit(), interpreter)  # type: ignore[arg-type]


def test_words_begin_and_end_where_their_sound_does() -> None:
    signal = speech(0.5, 0.5, 0.5, 0.5, 0.5)
    emitted = np.zeros((250, 1), np.float32)
    emitted[70], emitted[170] = 1, 2
    found = find_boundaries(of(WORDS, Mfcc()), signal, Frames(emitted, 100.0), "one two")
    assert found.of == "word"
    assert found.times_s == pytest.approx((0.5, 1.0, 1.5, 2.0), abs=0.06)


def test_recognised_words_count_if_the_reference_cannot_be_emitted() -> None:
    signal = speech(0.5, 0.5, 0.5)
    emitted = np.zeros((150, 1), np.float32)
    emitted[70] = 1
    found = find_boundaries(of(WORDS, Mfcc()), signal, Frames(emitted, 100.0), "never heard")
    assert found.times_s == pytest.approx((0.5, 1.0), abs=0.06)
    nothing = find_boundaries(of(WORDS, Mfcc()), signal, Frames(emitted * 0, 100.0), "never heard")
    assert nothing.times_s == ()


def test_a_spoken_label_begins_and_ends_with_its_sound() -> None:
    found = find_boundaries(of(LABELS, Mfcc()), speech(0.5, 0.5, 0.5), Frames(np.zeros((150, 1)), 100.0), "a")
    assert found.of == "speech"
    assert found.times_s == pytest.approx((0.5, 1.0), abs=0.06)


def test_signs_in_a_long_clip() -> None:
    move = np.concatenate([np.zeros(90), np.linspace(0, 0.6, 30), np.full(90, 0.6)])
    found = find_boundaries(of(LABELS, HandKeypoints()), hands(move), Frames(np.zeros((210, 1)), 30.0), "a")
    assert found.of == "sign"
    assert found.times_s == pytest.approx((3.0, 4.0), abs=0.25)


def test_movements_in_a_clip_that_is_one_sign() -> None:
    move = np.concatenate([np.zeros(12), np.linspace(0, 0.6, 24), np.full(12, 0.6)])
    found = find_boundaries(of(LABELS, HandKeypoints()), hands(move), Frames(np.zeros((48, 1)), 30.0), "a")
    assert found.of == "movement"
    assert found.times_s == pytest.approx((0.4, 1.2), abs=0.15)


@pytest.mark.parametrize(
    "signal",
    [speech(0.3), hands(np.zeros(30)), hands(np.zeros(1)), Signal(np.zeros((9, 2)), 1.0)],
    ids=["sound", "still", "photo", "series"],
)
def test_nothing_begins_or_ends(signal: Signal) -> None:
    extractor = Mfcc() if signal.is_waveform else HandKeypoints()
    frames = Frames(np.zeros((30, 1)), 30.0)
    assert find_boundaries(of(LABELS, extractor), signal, frames, "a").times_s == ()


def test_steps_near_a_boundary() -> None:
    near = near_boundaries(Boundaries("word", (0.5,)), 10, 0.1, 0.06)
    assert near.nonzero()[0].tolist() == [4, 5]  # they last from 0.4 to 0.6 s
    assert near_boundaries(Boundaries("word", (0.5,)), 10, 0.1, 0.16).nonzero()[0].tolist() == [3, 4, 5, 6]
    assert not near_boundaries(Boundaries("word", ()), 10, 0.1, 0.1).any()
