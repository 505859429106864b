"""Pictures of sound and of hands: what is drawn is where it should be."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from data_prep.report import keypoint_strip, spectrogram
from data_prep.report.canvas import SCALE, Picture
from data_prep.report.keypoint_strip import draw_hands, evenly, square_around
from data_prep.report.palette import FINGER_COLOURS, PALM_COLOUR
from data_prep.report.sampling import choose_clips
from data_prep.report.spectrogram import draw_spectrogram, log_mel, mel_filters, nice_step
from tests.data_prep.report.conftest import clip_of, hand_signal, with_body

RATE_HZ = 16_000


def tone(hz: float, seconds: float, level: float = 0.5) -> np.ndarray:
    return np.round(level * 32767 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(
        np.int16
    )


def pixels(picture: Picture) -> np.ndarray:
    with Image.open(io.BytesIO(picture.png)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_a_full_sine_is_at_0_db_and_silence_at_its_floor() -> None:
    loud = log_mel(tone(3000, 1.0, level=1.0), RATE_HZ, 10)
    assert loud.shape == (10, spectrogram.BANDS)
    assert loud[1:-1].max(axis=1) == pytest.approx(np.zeros(8), abs=3.0)
    assert log_mel(np.zeros(500, np.int16), RATE_HZ, 10) == pytest.approx(np.full((10, spectrogram.BANDS), -120.0))


def test_bands_are_those_of_the_features() -> None:
    samples = np.concatenate([tone(440, 0.5), tone(3000, 0.5), np.zeros(8000, np.int16)])
    samples = samples + np.random.default_rng(0).normal(0, 300, len(samples)).astype(np.int16)
    extractor = Mfcc(kind="filterbank", num_coefficients=spectrogram.BANDS, cmvn="none")
    reference = extractor.frames(Signal(samples, RATE_HZ)).values  # (150, BANDS)
    ours = log_mel(samples, RATE_HZ, 150)
    # Frames do not lie at the very same times; on average over each half second they must agree.
    halves = [values.reshape(3, 50, spectrogram.BANDS)[:, 5:45].mean(axis=1) for values in (ours, reference)]
    difference = halves[0] - halves[1] * 10 / np.log(10)
    assert difference.std() < 1.0


def test_every_band_hears_something_at_any_rate() -> None:
    for rate_hz in (8_000, 16_000, 48_000):
        assert (mel_filters(rate_hz, 512).sum(axis=1) > 0).all()


def test_time_runs_right_and_frequency_up() -> None:
    samples = np.concatenate([tone(300, 1.0), tone(5000, 1.0)])
    brightness = pixels(draw_spectrogram(Signal(samples, RATE_HZ))).sum(axis=2)
    left, top = spectrogram.LEFT * SCALE, spectrogram.TOP * SCALE
    strip = brightness[top : -spectrogram.BOTTOM * SCALE, left : -spectrogram.RIGHT * SCALE]
    height, width = strip.shape
    first, second = (strip[:, width // 4].argmax(), strip[:, 3 * width // 4].argmax())
    assert first > 0.75 * height
    assert second < 0.35 * height


@pytest.mark.parametrize("samples", [1, 10, 401, 3_000_000])
def test_any_length_can_be_drawn(samples: int) -> None:
    picture = draw_spectrogram(Signal(np.zeros(samples, np.int16), RATE_HZ))
    assert pixels(picture).shape == (picture.height * SCALE, picture.width * SCALE, 3)


@pytest.mark.parametrize(("span", "step"), [(0.8, 0.2), (5.4, 1.0), (6.0, 1.0), (6.1, 2.0), (60, 10), (3600, 1000)])
def test_axes_have_round_steps(span: float, step: float) -> None:
    assert nice_step(span, most=6) == pytest.approx(step)


def near(picture: Picture, colour: tuple[int, int, int]) -> np.ndarray:
    """(P, 2): rows and columns of the pixels of about that colour."""
    return np.argwhere(np.abs(pixels(picture) - colour).sum(axis=2) < 30)


def test_hands_stand_upright_with_the_thumb_where_it_is() -> None:
    picture = draw_hands(hand_signal(np.array([[1, 0]])))
    wrist = near(picture, PALM_COLOUR)[:, 0].max()
    fingers = [near(picture, colour) for colour in FINGER_COLOURS]
    assert all(len(finger) for finger in fingers)
    assert all(finger[:, 0].max() < wrist for finger in fingers)
    middles = [finger[:, 1].mean() for finger in fingers]
    assert middles == sorted(middles)  # the made hand has its thumb on the left


def test_moments_follow_each_other_in_one_scale_and_empty_ones_stay_empty() -> None:
    seen = np.array([[frame != 7, 0] for frame in range(8)])
    picture = draw_hands(hand_signal(seen))
    thumb = near(picture, FINGER_COLOURS[0])
    panel = ((thumb[:, 1] / SCALE - keypoint_strip.MARGIN) // (keypoint_strip.PANEL_WIDTH + keypoint_strip.GAP)).astype(
        int
    )
    assert sorted(set(panel)) == list(range(7))
    tops = {number: thumb[panel == number, 0].min() for number in range(7)}
    assert len(set(tops.values())) == 1


def test_both_hands_are_drawn() -> None:
    one = near(draw_hands(hand_signal(np.array([[1, 0]]))), FINGER_COLOURS[2])
    two = near(draw_hands(hand_signal(np.array([[1, 1]]))), FINGER_COLOURS[2])
    gap = np.diff(np.unique(two[:, 1])).max()
    assert np.diff(np.unique(one[:, 1])).max() == 1 < gap


def test_a_clip_without_any_hand_can_be_drawn() -> None:
    assert len(near(draw_hands(hand_signal(np.zeros((3, 2), int))), FINGER_COLOURS[0])) == 0
    assert square_around(np.full((2, 21, 2), np.nan))[1] == 1.0


def test_a_body_beside_the_hands_changes_no_picture() -> None:
    hands = hand_signal(np.array([[1, 0], [1, 1]]))
    assert np.array_equal(pixels(draw_hands(with_body(hands))), pixels(draw_hands(hands)))


def test_moments_are_even_from_first_to_last() -> None:
    assert evenly(1, 8) == [0]
    assert evenly(3, 8) == [0, 1, 2]
    assert evenly(15, 8) == [0, 2, 4, 6, 8, 10, 12, 14]


def test_clips_are_drawn_from_all_splits_and_classes() -> None:
    clips = [clip_of(f"{split}{label}{take}", split, label=label) for split in ("train", "test")
             for label in "abc" for take in range(9 if label == "a" else 2)]  # fmt: skip
    chosen = choose_clips(clips, 6, seed=0)
    assert [clip.split for clip in chosen] == ["train"] * 3 + ["test"] * 3
    assert sorted(str(clip.label) for clip in chosen) == list("aabbcc")
    assert choose_clips(clips, 6, seed=0) == chosen
    assert choose_clips(clips, 6, seed=1) != chosen
    assert len(choose_clips(clips, 99, seed=0)) == len(clips)
    assert choose_clips(clips, 0, seed=0) == []
    assert len(choose_clips(clips, 1, seed=0)) == 1
