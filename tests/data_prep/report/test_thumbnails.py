"""Pictures of clips: everything is drawn where it belongs."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.report import thumbnails
from data_prep.report.palette import FILLED_COLOUR, FINGER_COLOURS, FOUND_COLOUR, MISSING_COLOUR, PALM_COLOUR, Colour
from data_prep.report.thumbnails import PIXELS_PER_CSS_PIXEL, Picture, draw_keypoint_strip, draw_signal
from tests.data_prep.report.conftest import hand_signal, with_body
from tests.data_prep.report.test_spectrogram import RATE_HZ, tone


def pixels(picture: Picture) -> np.ndarray:
    with Image.open(io.BytesIO(picture.webp)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def near(picture: Picture, colour: Colour) -> np.ndarray:
    """(P, 2): rows and columns of the pixels of about that colour."""
    return np.argwhere(np.abs(pixels(picture) - colour).sum(axis=2) < 30)


def test_time_runs_right_and_frequency_up() -> None:
    samples = np.concatenate([tone(300, 1.0), tone(5000, 1.0)])
    brightness = pixels(draw_signal(Signal(samples, RATE_HZ))).sum(axis=2)
    strip = brightness[20:-52, 68:-40]  # without the axes
    height, width = strip.shape
    first, second = (strip[:, width // 4].argmax(), strip[:, 3 * width // 4].argmax())
    assert first > 0.75 * height
    assert second < 0.35 * height


@pytest.mark.parametrize("samples", [1, 10, 401, 3_000_000])
def test_any_length_can_be_drawn(samples: int) -> None:
    picture = draw_signal(Signal(np.zeros(samples, np.int16), RATE_HZ))
    assert pixels(picture).shape == (picture.height * PIXELS_PER_CSS_PIXEL, picture.width * PIXELS_PER_CSS_PIXEL, 3)


@pytest.mark.parametrize("rate_hz", [1000, 8000, 22_050, 48_000])
def test_any_sample_rate_can_be_drawn(rate_hz: int) -> None:
    noise = np.random.default_rng(0).normal(0, 3000, rate_hz).astype(np.int16)
    assert draw_signal(Signal(noise, rate_hz)).width == thumbnails.WIDTH


def test_hands_are_upright_and_not_mirrored() -> None:
    picture = draw_signal(hand_signal(np.array([[1, 0]])))
    wrist = near(picture, PALM_COLOUR)[:, 0].max()
    fingers = [near(picture, colour) for colour in FINGER_COLOURS]
    assert all(len(finger) for finger in fingers)
    assert all(finger[:, 0].max() < wrist for finger in fingers)
    middles = [finger[:, 1].mean() for finger in fingers]
    assert middles == sorted(middles)  # the hand of `hand_signal` has its thumb on the left


def test_moments_are_in_order_at_one_scale_and_stay_empty_without_a_hand() -> None:
    seen = np.array([[frame != 7, 0] for frame in range(8)])
    picture = draw_signal(hand_signal(seen))
    thumb = near(picture, FINGER_COLOURS[0]) / PIXELS_PER_CSS_PIXEL
    panel = (thumb[:, 1] - thumbnails.MARGIN) // (picture.width / thumbnails.MOMENTS_PER_ROW - 2)
    below = thumbnails.TIMELINE_HEIGHT + thumbnails.LEGEND_HEIGHT + thumbnails.GAP
    row = (thumb[:, 0] > (picture.height - below) / 2).astype(int)
    moments = row * thumbnails.MOMENTS_PER_ROW + panel.astype(int)
    assert sorted(set(moments)) == list(range(7))
    heights = {moment: np.ptp(thumb[moments == moment, 0]) for moment in range(7)}
    assert len(set(heights.values())) == 1


def test_both_hands_are_drawn() -> None:
    one = near(draw_signal(hand_signal(np.array([[1, 0]]))), FINGER_COLOURS[2])
    two = near(draw_signal(hand_signal(np.array([[1, 1]]))), FINGER_COLOURS[2])
    gap = np.diff(np.unique(two[:, 1])).max()
    assert np.diff(np.unique(one[:, 1])).max() == 1 < gap


def test_a_clip_without_any_hand_can_be_drawn() -> None:
    assert len(near(draw_signal(hand_signal(np.zeros((3, 2), int))), FINGER_COLOURS[0])) == 0


def test_a_body_changes_no_picture() -> None:
    hands = hand_signal(np.array([[1, 0], [1, 1]]))
    assert np.array_equal(pixels(draw_signal(with_body(hands))), pixels(draw_signal(hands)))


def test_filled_in_hands_and_panels_without_a_hand_are_marked() -> None:
    seen = np.array([[frame not in (2, 3, 6, 7), 0] for frame in range(8)])
    signal = hand_signal(seen)  # at 30 Hz
    plain, filled = draw_signal(signal), draw_signal(signal, 0.1)
    assert len(near(plain, FILLED_COLOUR)) == 0 < len(near(filled, FILLED_COLOUR))
    assert 0 < len(near(filled, MISSING_COLOUR)) < len(near(plain, MISSING_COLOUR))


def test_a_photo_has_no_timeline() -> None:
    assert len(near(draw_signal(hand_signal(np.array([[1, 0]]))), FOUND_COLOUR)) == 0
    assert len(near(draw_signal(hand_signal(np.array([[1, 0]] * 2))), FOUND_COLOUR)) > 100


def test_captions_stand_below_the_moments() -> None:
    signal = hand_signal(np.array([[1, 0]] * 4))
    times: list[float] = []

    def caption_at(time_s: float) -> str:
        times.append(time_s)
        return "$a$ sign"

    with_captions = draw_keypoint_strip(signal, 0.0, 4, 2, 400, caption_at)
    without = draw_keypoint_strip(signal, 0.0, 4, 2, 400)
    rows = 2
    assert with_captions.height - without.height == rows * thumbnails.CAPTION_HEIGHT * PIXELS_PER_CSS_PIXEL
    assert times == pytest.approx([0, 1 / 30, 2 / 30, 3 / 30])
