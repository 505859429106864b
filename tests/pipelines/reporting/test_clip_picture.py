"""The picture of a clip shows sound and hands, texts and labels, of any script and length."""

import warnings

import numpy as np
import pytest

from data_prep.features.extractor import Signal
from pipelines.reporting.clip_picture import SCALE, WIDTH, Emissions, RecognizedClip, draw_clip, draw_recognized_clip
from tests.data_prep.report.conftest import hand_signal

SOUND = Signal(np.random.default_rng(0).normal(0, 3000, 8000).astype(np.int16), 8000)
HANDS = hand_signal(np.array([[frame != 4, 0] for frame in range(30)]))


def emissions() -> Emissions:
    log_probs = np.log(np.full((25, 3), 1 / 3))
    log_probs[5:8, 1] = log_probs[15:18, 2] = np.log(0.9)
    return Emissions(log_probs, ["", "ش", "$"], 25.0, [("ش", 0.2, 0.3), ("$", 0.6, 0.7)])


@pytest.mark.parametrize("signal", [SOUND, HANDS])
@pytest.mark.parametrize("output", [emissions(), {"yes": 0.7, "no": 0.2, "日本": 0.1}])
def test_every_kind_of_clip_can_be_drawn(signal: Signal, output: Emissions | dict[str, float]) -> None:
    """Texts with what matplotlib takes for formulas, and with glyphs that no font has, need no special care."""
    clip = RecognizedClip("epoch 1   clip $a$_{", "شكرا $x^$ " * 40, "", signal.duration_s, output)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw_recognized_clip(clip, draw_clip(signal, 0.15))
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (round(WIDTH * SCALE), 3)
    assert picture.std() > 10


def test_the_upper_part_does_not_change_with_what_is_recognised() -> None:
    drawn = draw_clip(SOUND)
    first, second = (
        draw_recognized_clip(RecognizedClip("", "a", text, 1.0, {"a": score, "b": 1 - score}), drawn)
        for text, score in (("a", 0.9), ("b", 0.1))
    )
    assert first.shape == second.shape
    top = first.shape[0] // 4
    assert not np.array_equal(first, second)
    assert np.array_equal(first[top : top + 50], second[top : top + 50])


def test_a_photo_can_be_drawn() -> None:
    photo = Signal(HANDS.values[:1], 1000.0)
    clip = RecognizedClip("photo", "a", "a", 0.001, {"a": 1.0})
    assert draw_recognized_clip(clip, draw_clip(photo)).shape[2] == 3
