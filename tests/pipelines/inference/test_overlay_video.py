"""The overlay video shows hands and captions where and when they are."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.media import Media, read_pictures
from data_prep.media.video_writing import write_video
from data_prep.report.palette import BACKGROUND, FILLED_COLOUR, FINGER_COLOURS, FOUND_COLOUR, MISSING_COLOUR
from pipelines.inference.overlay_footer import MARGIN, footer_height
from pipelines.inference.overlay_video import (
    EMPTY_SIDE,
    LONGEST,
    SHORTEST,
    captions_of,
    write_overlay_gif,
    write_overlay_video,
)
from recognizers.prediction import Classification, Label, Transcript, Word

NOTHING = Classification("", 1.0, {}, (), 0.1)


def landmarks(frames: int, rate_hz: float = 20.0, x: float = 0.5, y: float = 0.5) -> Signal:
    """A hand whose points lie on a circle."""
    values = np.full((frames, 2, 2, 21, 3), np.nan, np.float32)
    values[:, 0] = 0.0
    angle = np.linspace(0, 2 * np.pi, 21)
    values[:, 0, 0, :, 0] = x + 0.1 * np.cos(angle)
    values[:, 0, 0, :, 1] = y + 0.1 * np.sin(angle)
    return Signal(values, rate_hz)


def drawn(media: Media, signal: Signal, prediction: Classification | Transcript, path: Path) -> list[np.ndarray]:
    write_overlay_video(path, media, signal, 0.15, prediction)
    return [picture for _, picture in read_pictures(Media(path))]


def video(path: Path, height: int, width: int, frames: int = 3) -> Media:
    pictures = ((number / 20, np.full((height, width, 3), 90, np.uint8)) for number in range(frames))
    write_video(path, pictures, 20)
    return Media(path)


def test_the_overlay_shows_hands_and_labels_where_and_when_they_are(tmp_path: Path) -> None:
    """The source has uneven times and an odd width."""
    times_s = np.concatenate([np.arange(20) / 20, 1 + np.arange(20) / 20 + 0.01])
    source = Media(tmp_path / "in.mp4")
    write_video(source.path, ((time_s, np.full((300, 401, 3), 90, np.uint8)) for time_s in times_s), 20)
    values = np.full((40, 2, 2, 21, 3), np.nan, np.float32)
    values[:, 0] = 0.0
    angle = np.linspace(0, 2 * np.pi, 21)
    values[:20, 0, 0, :, 0], values[20:, 0, 0, :, 0] = 0.3 + 0.1 * np.cos(angle), 1.0 + 0.1 * np.cos(angle)
    values[:, 0, 0, :, 1] = 0.5 + 0.1 * np.sin(angle)
    sign = Label("yes", 0.5, 1.2, 0.9, {"yes": 0.9})
    prediction = Classification("yes", 0.9, sign.scores, (sign,), 2.0)
    write_overlay_video(tmp_path / "out.mp4", source, Signal(values, 20.0), 0.15, prediction)
    drawn = list(read_pictures(Media(tmp_path / "out.mp4")))
    np.testing.assert_allclose([time_s for time_s, _ in drawn], times_s, atol=0.001)
    with av.open(tmp_path / "out.mp4") as container:
        assert container.duration / av.time_base == pytest.approx(2.01, abs=0.03)
    quiet = drawn[0][1][300:336].astype(int)
    for number, (time_s, picture) in enumerate(drawn):
        changed = np.abs(picture[:300].astype(int) - 90).max(axis=2) > 60
        middle = np.argwhere(changed)[:, 1].mean()
        assert middle == pytest.approx(90 if number < 20 else 300, abs=20)
        has_label = np.abs(picture[300:336].astype(int) - quiet).max() > 60
        assert has_label == (0.5 <= time_s < 1.2)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["in.mp4", "out.mp4"]


@pytest.mark.parametrize(
    ("size", "scaled"),
    [
        ((300, 400), (300, 400)),
        ((64, 128), (SHORTEST, 2 * SHORTEST)),
        ((1080, 1920), (720, LONGEST)),
        ((2000, 500), (LONGEST, 320)),
        ((16, 320), (64, LONGEST)),
    ],
)
def test_pictures_are_scaled_to_a_size_that_can_be_drawn_on(
    size: tuple[int, int], scaled: tuple[int, int], tmp_path: Path
) -> None:
    picture = drawn(video(tmp_path / "in.mp4", *size), landmarks(3), NOTHING, tmp_path / "out.mp4")[0]
    height, width = scaled
    assert picture.shape == (height + footer_height(height, 3), width, 3)


def test_landmarks_without_pictures_fill_an_empty_square(tmp_path: Path) -> None:
    """Landmark files have no unit, so hands anywhere are moved to the middle."""
    np.save(tmp_path / "hands.npy", np.zeros((4, 21, 3)))
    pictures = drawn(Media(tmp_path / "hands.npy"), landmarks(4, x=50.0, y=-80.0), NOTHING, tmp_path / "out.mp4")
    assert len(pictures) == 4
    square = pictures[0][:EMPTY_SIDE].astype(int)
    assert square.shape == (EMPTY_SIDE, EMPTY_SIDE, 3)
    rows, columns = np.nonzero(np.abs(square - BACKGROUND).max(axis=2) > 60)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(EMPTY_SIDE / 2, abs=15)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(EMPTY_SIDE / 2, abs=15)


@pytest.mark.parametrize("x", [1e9, -1e9, np.inf, np.nan])
def test_points_far_outside_the_picture_or_missing_draw_nothing(x: float, tmp_path: Path) -> None:
    pictures = drawn(video(tmp_path / "in.mp4", 300, 400), landmarks(3, x=x, y=x), NOTHING, tmp_path / "out.mp4")
    inside = pictures[0][20:280, 20:380]  # without the edge that marks a picture without a hand
    assert np.abs(inside.astype(int) - 90).max() < 20


def test_a_video_longer_than_its_landmarks_keeps_the_last_ones(tmp_path: Path) -> None:
    pictures = drawn(video(tmp_path / "in.mp4", 300, 400, 6), landmarks(2), NOTHING, tmp_path / "out.mp4")
    assert len(pictures) == 6
    assert np.abs(pictures[-1][:295].astype(int) - 90).max() > 60


def test_captions_are_the_words_or_the_labels_with_their_confidences() -> None:
    word, label = Word("hi", 0.5, 1.0, 0.876), Label("yes", 1.0, 2.0, 1.0, {"yes": 1.0})
    assert captions_of(Transcript("hi", 0.9, (word,), 2.0)) == [(0.5, 1.0, "hi   88%")]
    assert captions_of(Classification("yes", 1.0, label.scores, (label,), 2.0)) == [(1.0, 2.0, "yes   100%")]
    assert captions_of(NOTHING) == []


def test_a_caption_that_is_too_long_keeps_its_end(tmp_path: Path) -> None:
    """What was signed last stays readable. (x264 on several threads does not give the same pixels every time.)"""
    source, strips = video(tmp_path / "in.mp4", 300, 400), []
    for first, last in (("first", "last"), ("other", "last"), ("first", "end")):
        label = Label(f"{first} {'sign ' * 40}{last}", 0.0, 1.0, 1.0, {})
        prediction = Classification(label.text, 1.0, {}, (label,), 1.0)
        strips.append(drawn(source, landmarks(3), prediction, tmp_path / "out.mp4")[0][300:336].astype(int))
    assert np.abs(strips[0] - strips[1]).max() < 40
    assert np.abs(strips[0] - strips[2]).max() > 60


def edge_colour(picture: np.ndarray, height: int) -> np.ndarray:
    """The mean colour of the left edge, (3,)."""
    return picture[20 : height - 20, 1:3].mean(axis=(0, 1))


def with_gaps() -> Signal:
    """Twelve frames at 20 Hz: the hand lacks in the third and fourth, which are filled in, and in the last four."""
    signal = landmarks(12)
    signal.values[[2, 3, 8, 9, 10, 11]] = np.nan
    return signal


def test_pictures_with_a_filled_in_hand_or_without_any_have_an_edge_in_the_colour_of_their_mark(tmp_path: Path) -> None:
    pictures = drawn(video(tmp_path / "in.mp4", 300, 400, 12), with_gaps(), NOTHING, tmp_path / "out.mp4")
    edges = np.array([edge_colour(picture, 300) for picture in pictures])
    expected = [(90, 90, 90)] * 2 + [FILLED_COLOUR] * 2 + [(90, 90, 90)] * 4 + [MISSING_COLOUR] * 4
    assert np.abs(edges - expected).max() < 45  # video halves the resolution of colours
    hand = np.abs(pictures[2][80:220, 100:300].astype(int) - FILLED_COLOUR).sum(axis=2)
    assert (hand < 120).sum() > 20


def test_the_timeline_shows_all_frames_and_where_the_video_is(tmp_path: Path) -> None:
    pictures = drawn(video(tmp_path / "in.mp4", 300, 400, 12), with_gaps(), NOTHING, tmp_path / "out.mp4")
    bottom_row = pictures[5][300 + 36 + 7].astype(int)  # of the timeline, where all marks reach
    places = [MARGIN + round((frame + 0.5) / 12 * (400 - 2 * MARGIN)) for frame in range(12)]
    colours = bottom_row[places]
    expected = np.array([FOUND_COLOUR] * 2 + [FILLED_COLOUR] * 2 + [FOUND_COLOUR] * 4 + [MISSING_COLOUR] * 4)
    others = [frame for frame in range(12) if frame != 5]
    assert np.abs(colours[others] - expected[others]).max() < 80
    assert colours[5].min() > 140  # the line at the present frame


def test_a_photo_has_no_timeline(tmp_path: Path) -> None:
    assert footer_height(300, 1) == 36
    assert footer_height(300, 2) > 50


def test_an_animation_keeps_colours_and_plays_at_the_same_speed(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", 300, 800, 30)
    write_overlay_gif(tmp_path / "out.gif", source, landmarks(30, x=1.0), 0.15, NOTHING)
    with Image.open(tmp_path / "out.gif") as image:
        durations = []
        for number in range(image.n_frames):
            image.seek(number)
            durations.append(image.info["duration"])
        first = np.asarray(image.convert("RGB")).astype(int)
    assert first.shape[1] == 400
    assert sum(durations) == pytest.approx(1500, abs=60)
    for colour in FINGER_COLOURS:
        assert (np.abs(first - colour).max(axis=2) < 25).any()
