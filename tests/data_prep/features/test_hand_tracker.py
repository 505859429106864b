from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.features.extractor import Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HandTracker, NoHandError, at_constant_rate, resample_landmarks
from data_prep.media import Media, MediaError, read_pictures
from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video

KEYS = (Key("open", hold_s=0.3), Key("point", hold_s=0.3, transition_s=0.2))
ONE_HAND = HandKeypoints(num_hands=1, frame_rate_hz=15.0)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    rng = np.random.default_rng(0)
    return render_keys(KEYS, draw_signer(rng, left_handed=False), rng)


@pytest.fixture(scope="module")
def video(pictures: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("right") / "hand.mp4"
    write_sign_video(path, pictures)
    return path


@pytest.fixture(scope="module")
def tracked(video: Path) -> Signal:
    return HandTracker().track(Media(video))


def slot_of_hand(signal: Signal) -> int:
    return int(np.argmax((~np.isnan(signal.values[:, :, 0, 0, 0])).sum(axis=0)))


def difference(one: Signal, other: Signal, keypoints: HandKeypoints = ONE_HAND) -> float:
    """Mean distance of the shapes' coordinates, in palm lengths."""
    shapes = [keypoints.frames(signal).values[:, :63] for signal in (one, other)]
    return float(np.abs(shapes[0] - shapes[1]).mean())


def test_pictures_in_memory_give_the_landmarks_of_their_video(video: Path, tracked: Signal) -> None:
    decoded = np.stack([picture for _, picture in read_pictures(Media(video))])
    found = HandKeypoints().signal_of(decoded, 15)
    assert found.rate_hz == pytest.approx(tracked.rate_hz, rel=1e-3)
    np.testing.assert_array_equal(found.values, tracked.values)
    photo = HandKeypoints().signal_of(decoded[0], None)
    assert (len(photo.values), photo.rate_hz) == (1, 1000.0)


def test_a_rendered_hand_is_found_in_its_frames(tracked: Signal, pictures: np.ndarray) -> None:
    assert tracked.values.shape == (len(pictures), 2, 2, 21, 3)
    assert tracked.values.dtype == np.float32
    assert tracked.rate_hz == pytest.approx(15)
    hand = tracked.values[:, slot_of_hand(tracked)]
    found = ~np.isnan(hand[:, 0, 0, 0])
    assert found.mean() >= 0.9
    image, world = hand[found, 0], hand[found, 1]
    assert ((image[..., :2] > 0) & (image[..., :2] < 1)).all()
    assert (image[:, 9, 1] < image[:, 0, 1]).all()  # the fingers point up
    palms_m = np.linalg.norm(world[:, 9] - world[:, 0], axis=1)
    assert (palms_m > 0.05).all()
    assert (palms_m < 0.13).all()


def test_tracking_a_clip_again_gives_the_same(tracked: Signal, video: Path) -> None:
    np.testing.assert_array_equal(HandTracker().track(Media(video)).values, tracked.values)


def test_searching_some_pictures_for_a_second_hand_changes_little(tracked: Signal, video: Path) -> None:
    tracker = HandTracker(second_hand_every=3)
    found = tracker.track(Media(video))
    np.testing.assert_array_equal(tracker.track(Media(video)).values, found.values)
    assert difference(tracked, found) < 0.04


def test_a_second_hand_that_appears_later_is_found_by_the_next_search(pictures: np.ndarray, tmp_path: Path) -> None:
    wall = np.broadcast_to(pictures[:, :, :1], pictures.shape)  # where no hand is: the picture's left edge
    second = np.concatenate([wall[:4], pictures[4:, :, ::-1]])
    write_sign_video(tmp_path / "two.mp4", np.concatenate([pictures, second], axis=2))
    found = HandTracker(second_hand_every=3).track(Media(tmp_path / "two.mp4"))
    hands = (~np.isnan(found.values[:, :, 0, 0, 0])).sum(axis=1)
    assert (hands[:6] == 1).all()
    assert (hands[6:] == 2).mean() > 0.8


def test_a_mirrored_clip_gives_the_same_features(tracked: Signal, pictures: np.ndarray, tmp_path: Path) -> None:
    write_sign_video(tmp_path / "left.mp4", pictures[:, :, ::-1])
    mirrored = HandTracker().track(Media(tmp_path / "left.mp4"))
    # MediaPipe itself sees a mirrored hand a little differently.
    assert difference(tracked, mirrored) < 0.12
    assert difference(tracked, mirrored, HandKeypoints(num_hands=1, frame_rate_hz=15.0, one_side=False)) > 0.2


@pytest.mark.parametrize("tracker", [HandTracker(), HandTracker(upscale=2.0), HandTracker(border=0.25)], ids=str)
def test_a_wider_picture_gives_the_same_shape_at_the_same_place(
    tracked: Signal, pictures: np.ndarray, tmp_path: Path, tracker: HandTracker
) -> None:
    wider = np.pad(pictures[:5], ((0, 0), (0, 0), (128, 128), (0, 0)), mode="edge")
    found = []
    for number, picture in enumerate(wider):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
        found.append(tracker.track(Media(tmp_path / f"{number}.png")).values[0])
    signal = Signal(np.stack(found), 15.0)
    narrow = Signal(tracked.values[:5], 15.0)
    assert difference(signal, narrow) < 0.12
    places = [s.values[:, slot_of_hand(s), 0, 0, :2] for s in (signal, narrow)]
    np.testing.assert_allclose(places[0] - [0.5, 0.0], places[1], atol=0.05)


def test_a_folder_of_frames_is_tracked_like_a_video(tracked: Signal, pictures: np.ndarray, tmp_path: Path) -> None:
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    signal = ONE_HAND.signal(Media(tmp_path, encoding="frames@15"))
    assert signal.rate_hz == pytest.approx(15)
    assert signal.values.shape == tracked.values.shape
    assert difference(signal, tracked) < 0.12


def test_a_photo_is_one_picture(pictures: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(pictures[0]).save(tmp_path / "hand.png")
    signal = HandTracker().track(Media(tmp_path / "hand.png"))
    assert signal.values.shape == (1, 2, 2, 21, 3)
    assert len(HandKeypoints().frames(signal).values) == 1


def test_a_second_look_finds_a_hand_that_the_first_missed(pictures: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(pictures[0]).save(tmp_path / "hand.png")
    demanding = HandTracker(min_confidence=0.999)
    with pytest.raises(NoHandError):
        demanding.track(Media(tmp_path / "hand.png"))
    found = replace(demanding, second_look=True).track(Media(tmp_path / "hand.png"))
    plain = HandTracker().track(Media(tmp_path / "hand.png"))
    assert np.nanmax(np.abs(found.values[:, 0, 0] - plain.values[:, 0, 0])) < 0.1  # in the picture's own coordinates


def test_the_error_names_a_clip_without_a_hand(tmp_path: Path) -> None:
    wall = np.full((4, 256, 256, 3), 120, np.uint8)
    write_sign_video(tmp_path / "wall.mp4", wall)
    with pytest.raises(NoHandError, match=r"wall\.mp4: no hand found in any of its 4 frames; .* features\.tracker"):
        HandTracker().track(Media(tmp_path / "wall.mp4"))
    with pytest.raises(NoHandError, match=r"wall\.mp4: no hand found"):
        HandTracker(second_look=True).track(Media(tmp_path / "wall.mp4"))
    assert issubclass(NoHandError, MediaError)


def test_the_error_names_a_clip_that_cannot_be_decoded(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"nothing")
    with pytest.raises(MediaError, match=r"bad\.mp4: not readable as a video"):
        HandTracker().track(Media(tmp_path / "bad.mp4"))


@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("border", [0.0, 0.5])
def test_landmarks_are_in_heights_of_the_original_picture(aspect: float, border: float) -> None:
    heights = np.random.default_rng(0).uniform(0.1, 0.4, (2, 21, 3))
    shares = heights.copy()
    shares[0] /= (aspect, 1.0, aspect)
    shares[0, :, :2] += border
    shares[0] /= 1 + 2 * border
    found = HandTracker(border=border)._undo(shares, (200, round(200 * aspect), 3))
    np.testing.assert_allclose(found, heights, atol=1e-6)


@pytest.mark.parametrize(
    ("upscale", "border", "size"), [(1.0, 0.0, (48, 64)), (2.0, 0.0, (96, 128)), (1.0, 0.5, (96, 128))]
)
def test_pictures_are_enlarged_and_bordered(
    upscale: float, border: float, size: tuple[int, int], tmp_path: Path
) -> None:
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(tmp_path / "a.png")
    ((_, picture),) = read_pictures(Media(tmp_path / "a.png"))
    assert HandTracker(upscale=upscale, border=border)._prepare(picture).shape == (*size, 3)


def landmarks(*values: float) -> np.ndarray:
    return np.broadcast_to(np.array(values, np.float32)[:, None, None, None, None], (len(values), 2, 2, 21, 3)).copy()


@pytest.mark.parametrize(
    ("values", "wanted_s", "expected"),
    [
        ((0, 1, 2), (0, 0.5, 1.25, 2), (0, 0.5, 1.25, 2)),
        ((0, np.nan, 2), (0, 0.4, 0.6, 1, 1.4, 1.6, 2), (0, 0, np.nan, np.nan, np.nan, 2, 2)),
        ((np.nan, 1, 2), (0, 0.4, 0.6, 1.5), (np.nan, np.nan, 1, 1.5)),
        ((0, 1, 2), (-1, 5), (0, 2)),
    ],
)
def test_resampling_interpolates_and_keeps_gaps(
    values: tuple[float, ...], wanted_s: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    found = resample_landmarks(landmarks(*values), np.arange(len(values), dtype=float), np.array(wanted_s, float))
    assert found.shape == (len(wanted_s), 2, 2, 21, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, landmarks(*expected), atol=1e-6)


def test_a_gap_of_one_hand_does_not_change_the_other() -> None:
    values = landmarks(0, 1, 2)
    values[1, 1] = np.nan
    found = resample_landmarks(values, np.arange(3.0), np.array([0.75, 1.0]))
    np.testing.assert_allclose(found[:, 0], landmarks(0.75, 1.0)[:, 0])
    assert np.isnan(found[:, 1]).all()


def test_uneven_times_are_resampled_evenly() -> None:
    times_s = np.array([0.0, 0.1, 0.15, 0.45, 0.5, 0.8])
    signal = at_constant_rate(landmarks(*times_s), times_s)
    assert signal.rate_hz == pytest.approx(5 / 0.8)
    np.testing.assert_allclose(signal.values[:, 0, 0, 0, 0], np.arange(6) * 0.16, atol=1e-6)


def test_even_times_are_kept_whatever_the_first_is() -> None:
    times_s = 7 + np.arange(10) / 29.97 + np.random.default_rng(0).uniform(-0.002, 0.002, 10)
    values = landmarks(*range(10))
    signal = at_constant_rate(values, times_s)
    assert signal.values is values
    assert signal.rate_hz == pytest.approx(29.97, rel=0.02)
