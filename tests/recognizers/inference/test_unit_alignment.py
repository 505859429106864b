"""Units get the times at which their symbols are emitted, and the sound around them."""

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from recognizers.inference.unit_alignment import align_units, unit_vocabulary
from recognizers.vocabulary import Vocabulary

RATE_HZ = 8000


def emissions(frames: int, spikes: dict[int, int], symbols: int) -> np.ndarray:
    probs = np.full((frames, symbols + 1), 0.01)
    probs[:, 0] = 0.9
    for frame, symbol in spikes.items():
        probs[frame] = 0.01
        probs[frame, symbol] = 0.9
    return np.log(probs / probs.sum(axis=1, keepdims=True))


def bursts(*times_s: tuple[float, float]) -> Signal:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 3, RATE_HZ)
    for start_s, end_s in times_s:
        samples[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)] *= 1000
    return Signal(samples.astype(np.int16), RATE_HZ)


def test_words_are_extended_to_the_sound_around_them() -> None:
    vocabulary = Vocabulary("word", ("no", "yes"))
    signal = bursts((0.2, 0.4), (0.6, 0.8))
    words = align_units(emissions(100, {35: 2, 75: 1}, 2), [2, 1], vocabulary, 100.0, 100.0, signal)
    assert [word.text for word in words] == ["yes", "no"]
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == pytest.approx([0.2, 0.4, 0.6, 0.8], abs=0.06)


def test_letters_without_spaces_are_units() -> None:
    letters = Vocabulary("character", ("a", "b"))
    hands = Signal(np.zeros((50, 2, 2, 21, 3), np.float32), 50.0)
    words = align_units(emissions(50, {10: 1, 30: 2}, 2), [1, 2], letters, 50.0, 50.0, hands)
    assert [word.text for word in words] == ["a", "b"]
    assert words[0].start_s < 0.2 < words[0].end_s < 0.6 < words[1].end_s
    assert unit_vocabulary(Vocabulary("character", (" ", "a"))).unit == "character"


def test_a_text_that_is_too_long_is_an_error() -> None:
    vocabulary = Vocabulary("word", ("no", "yes"))
    with pytest.raises(ValueError, match="3 symbols need 5 frames; found 4"):
        align_units(emissions(4, {}, 2), [1, 1, 1], vocabulary, 100.0, 100.0, bursts())
