"""The body beside the hands: found, stored, turned into features."""

import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import platformdirs
import pytest
from PIL import Image, ImageDraw, ImageFilter

from data_prep.errors import InputError
from data_prep.features import hand_tracker
from data_prep.features.body_pose import BodyFinder, body_shape, checked_pose_model, mirrored_body
from data_prep.features.extractor import Signal, fingerprint
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HandTracker, NoHandError
from data_prep.media import Media
from data_prep.synthesis.sign_video import Key, draw_signer, render_keys, write_sign_video
from tests.data_prep.features.test_hand_keypoints import at, moving_hand, one_hand, two_hands

RATE_HZ = 30.0
REAL_MODEL = Path(platformdirs.user_cache_dir("utterance")) / "pose_landmarker.task"
# Nose, left and right shoulder, elbow, wrist in picture heights; the signer's left is on the right of the picture.
BODY = np.array(
    [[0.5, 0.2, -0.3], [0.6, 0.4, 0], [0.4, 0.4, 0], [0.7, 0.6, 0], [0.3, 0.6, 0], [0.65, 0.5, 0], [0.3, 0.8, 0]]
)


def pose_file(path: Path, content: bytes = b"", networks: tuple[str, ...] = ("detector", "landmarks_detector")) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in networks:
            archive.writestr(f"pose_{name}.tflite", content)
    return str(path)


def with_body(signal: Signal, points: np.ndarray = BODY) -> Signal:
    """The signal with a body (7, 3) or (T, 7, 3) in its third place."""
    body = np.full((len(signal.values), 1, 2, 21, 3), np.nan, np.float32)
    body[:, 0, :, :7] = np.broadcast_to(points, (len(body), 7, 3))[:, None]
    return Signal(np.concatenate([signal.values, body], axis=1), signal.rate_hz)


def keypoints(**settings: Any) -> HandKeypoints:
    return HandKeypoints(tracker=HandTracker(pose_model="pose.task"), **settings)


def body_of(signal: Signal, **settings: Any) -> np.ndarray:
    """(T, 22): the part of the frames that is the body's."""
    return keypoints(**settings).frames(signal).values[:, -22:]


@pytest.mark.parametrize("num_hands", [1, 2])
@pytest.mark.parametrize("velocity", [False, True])
@pytest.mark.parametrize("signal", [one_hand(), with_body(one_hand()), with_body(two_hands())], ids=["-", "1", "2"])
def test_body_features_are_appended_and_leave_hand_features_unchanged(
    num_hands: int, velocity: bool, signal: Signal
) -> None:
    with_pose = keypoints(num_hands=num_hands, velocity=velocity)
    without = HandKeypoints(num_hands=num_hands, velocity=velocity)
    found, hands = with_pose.frames(signal), without.frames(signal)
    assert found.values.dtype == np.float32
    assert found.values.shape == (30, with_pose.num_features)
    assert with_pose.num_features == without.num_features + (43 if velocity else 22)
    np.testing.assert_array_equal(found.values[:, : without.num_features], hands.values)
    np.testing.assert_array_equal(found.presence, hands.presence)


def test_points_are_relative_to_the_shoulders_and_scaled_by_their_width() -> None:
    body = body_of(with_body(two_hands()))[7]
    expected = [[0, -1, -1.5], [0.5, 0, 0], [-0.5, 0, 0], [1, 1, 0], [-1, 1, 0], [0.75, 0.5, 0], [-1, 2, 0]]
    np.testing.assert_allclose(body[:21].reshape(7, 3), expected, atol=1e-5)
    assert body[21] == 1.0


def test_the_body_does_not_depend_on_its_size_and_place_in_the_picture() -> None:
    moved = body_of(with_body(two_hands(), 0.4 * BODY + [0.3, 0.1, 0]))
    np.testing.assert_allclose(moved, body_of(with_body(two_hands())), atol=1e-4)


def test_the_shoulder_width_is_measured_over_the_clip() -> None:
    points = np.repeat(BODY[None], 30, axis=0)
    points[3] *= 2
    body = body_of(with_body(two_hands(), points))
    np.testing.assert_allclose(body[3, :21], 2 * body[4, :21], atol=1e-5)


@pytest.mark.parametrize(("absent", "presence"), [(slice(5, 7), 0.5), (slice(5, 20), 0.0), (slice(0, 30), 0.0)])
def test_an_absent_body_is_all_zero_and_a_short_gap_is_filled(absent: slice, presence: float) -> None:
    signal = with_body(two_hands())
    expected = body_of(signal)
    signal.values[absent, 2] = np.nan
    body = body_of(signal)
    expected[absent] *= presence > 0
    expected[absent, 21] = presence
    np.testing.assert_allclose(body, expected, atol=1e-5)


def test_the_body_is_absent_from_a_signal_of_hands_only() -> None:
    assert not body_of(two_hands()).any()
    assert not keypoints(velocity=True).frames(one_hand()).values[:, -43:].any()


def test_the_body_is_kept_when_a_hand_is_absent() -> None:
    signal = with_body(one_hand())
    signal.values[10:, :2] = np.nan
    frames = keypoints().frames(signal)
    assert frames.values[:, -1].all()
    assert frames.presence is not None
    assert not frames.presence[10:].any()


def test_velocities_are_in_shoulder_widths_per_second() -> None:
    points = np.repeat(BODY[None], 30, axis=0)
    points[:, 5, 1] += 0.2 * at(RATE_HZ)  # the left wrist goes down by a shoulder width a second
    velocity = keypoints(velocity=True).frames(with_body(two_hands(), points)).values[:, -22:-1].reshape(30, 7, 3)
    np.testing.assert_allclose(velocity[:, 5, 1], 1.0, rtol=1e-3)
    velocity[:, 5, 1] = 0
    np.testing.assert_allclose(velocity, 0, atol=1e-3)


@pytest.mark.parametrize("rate_hz", [15.0, 60.0])
def test_a_body_of_any_rate_gives_frames_at_one_rate(rate_hz: float) -> None:
    def swaying(times_s: np.ndarray) -> np.ndarray:
        return BODY + 0.1 * np.sin(times_s)[:, None, None] * np.eye(7)[:, :3]

    signals = [with_body(two_hands(), swaying(at(RATE_HZ)))]
    hand = moving_hand(at(rate_hz))
    values = np.stack([hand, hand + np.float32(1)], axis=1)
    signals.append(with_body(Signal(values, rate_hz), swaying(at(rate_hz))))
    expected, found = (body_of(signal) for signal in signals)
    np.testing.assert_allclose(found[:-2], expected[:-2], atol=0.02)


def test_mirroring_a_body_swaps_left_and_right() -> None:
    mirrored = mirrored_body(with_body(one_hand()).values[:, 2])
    np.testing.assert_allclose(mirrored[0, 0, 3], [-0.3, 0.6, 0], atol=1e-6)
    np.testing.assert_allclose(mirrored[0, 0, 6], [-0.65, 0.5, 0], atol=1e-6)
    assert np.isnan(mirrored[:, :, 7:]).all()
    np.testing.assert_array_equal(mirrored_body(mirrored), with_body(one_hand()).values[:, 2])


def test_the_body_of_a_left_handed_signer_is_mirrored_with_the_hand() -> None:
    signal = with_body(one_hand())
    mirrored = signal.values * np.float32([-1, 1, 1])
    mirrored[:, 2, :, :7] = mirrored[:, 2, :, [0, 2, 1, 4, 3, 6, 5]].transpose(1, 2, 0, 3)
    other = Signal(mirrored, RATE_HZ)
    np.testing.assert_allclose(body_of(other), body_of(signal), atol=1e-5)
    assert np.abs(body_of(other, one_side=False) - body_of(signal, one_side=False)).max() > 0.2


def test_photos_give_a_body() -> None:
    body = with_body(one_hand()).values[:1, 2]
    assert body_shape(body).shape == (1, 21)
    assert body_of(Signal(with_body(one_hand()).values[:1], 1000.0)).shape == (1, 22)


def test_fingerprints_without_a_pose_model_are_unchanged() -> None:
    tracker = {"min_confidence": 0.5, "upscale": 1.0, "border": 0.0, "second_hand_every": 5}
    expected = fingerprint(signal="hand_landmarks", version=2, **tracker)
    assert HandKeypoints().signal_fingerprint() == expected
    own = {"coordinates": "world", "num_hands": 2, "frame_rate_hz": 30.0, "velocity": False, "one_side": True}
    own |= {"fill_gaps_s": 0.15, "tracker": tracker}
    assert HandKeypoints().fingerprint() == fingerprint(features="hand_keypoints", versions=[2, 2], **own)


def test_fingerprints_depend_on_the_content_of_the_pose_model_not_on_its_path(tmp_path: Path) -> None:
    files = [pose_file(tmp_path / "a.task", b"one"), pose_file(tmp_path / "b.task", b"two")]
    (tmp_path / "c.task").write_bytes((tmp_path / "a.task").read_bytes())
    models = [None, *files, str(tmp_path / "c.task")]
    extractors = [HandKeypoints(tracker=HandTracker(pose_model=model)) for model in models]
    for prints in ([e.signal_fingerprint() for e in extractors], [e.fingerprint() for e in extractors]):
        assert len(set(prints)) == 3
        assert prints[1] == prints[3]


def test_errors_name_a_missing_or_wrong_pose_model(tmp_path: Path) -> None:
    (tmp_path / "text.task").write_text("no model")
    cases = {
        str(tmp_path / "gone.task"): "no such file",
        str(tmp_path): "no such file",
        str(tmp_path / "text.task"): "not a zip file",
        pose_file(tmp_path / "half.task", networks=("detector",)): r"it lacks pose_landmarks_detector\.tflite",
    }
    for path, found in cases.items():
        extractor = HandKeypoints(tracker=HandTracker(pose_model=path))
        assert extractor.num_features == 156  # known without the file
        clip = Media(tmp_path / "clip.mp4")
        for use in (partial(extractor.get_ready, [clip]), extractor.signal_fingerprint, extractor.fingerprint):
            with pytest.raises(InputError, match=f"{found}; expected .* fetch https://storage.goog") as error:
                use()
            assert str(error.value).startswith(f"features.tracker.pose_model={path}: ")


def test_errors_name_a_pose_model_that_mediapipe_cannot_load(tmp_path: Path) -> None:
    path = checked_pose_model(pose_file(tmp_path / "damaged.task", b"no network"))
    with pytest.raises(InputError, match=r"pose_model=.*damaged\.task: MediaPipe cannot load it"):
        BodyFinder(path, 0.5)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("body") / "hand.mp4"
    write_sign_video(path, render_keys((Key("open", hold_s=0.5),), draw_signer(rng, left_handed=False), rng))
    return path


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """MediaPipe's landmarker replaced by one that sees a body in every other picture; the times it is given."""
    clocks: list[int] = []
    points = [SimpleNamespace(x=i / 100, y=0.5, z=0.25) for i in range(33)]

    def detect(image: Any, clock_ms: int) -> SimpleNamespace:
        clocks.append(clock_ms)
        seen = [points] if len(clocks) % 2 else []
        return SimpleNamespace(pose_landmarks=seen, pose_world_landmarks=seen)

    def make(finder: BodyFinder, model: Path, min_confidence: float) -> None:
        finder._landmarker = SimpleNamespace(detect_for_video=detect, close=lambda: clocks.append(-1))

    monkeypatch.setattr(hand_tracker.BodyFinder, "__init__", make)
    return clocks


@pytest.mark.parametrize("border", [0.0, 0.5])
def test_the_body_is_stored_after_the_hands(video: Path, clocks: list[int], tmp_path: Path, border: float) -> None:
    tracker = HandTracker(border=border, pose_model=pose_file(tmp_path / "pose.task"))
    signal = tracker.track(Media(video))
    hands = HandTracker(border=border).track(Media(video))
    np.testing.assert_array_equal(signal.values[:, :2], hands.values)
    assert signal.rate_hz == hands.rate_hz
    body = signal.values[:, 2]
    assert body.dtype == np.float32
    assert np.isnan(body[:, :, 7:]).all()
    assert np.isnan(body[1::2]).all()
    shares = np.array([(i / 100, 0.5, 0.25) for i in (0, 11, 12, 13, 14, 15, 16)])
    np.testing.assert_allclose(body[0, 1, :7], shares, atol=1e-6)
    np.testing.assert_allclose(body[0, 0, :7], shares * (1 + 2 * border) - [border, border, 0], atol=1e-6)
    assert clocks.pop() == -1  # closed
    assert clocks == sorted(set(clocks))
    assert len(clocks) == len(body)


def test_a_clip_with_a_body_but_no_hand_is_an_error(clocks: list[int], tmp_path: Path) -> None:
    write_sign_video(tmp_path / "wall.mp4", np.full((3, 256, 256, 3), 120, np.uint8))
    tracker = HandTracker(pose_model=pose_file(tmp_path / "pose.task"))
    with pytest.raises(NoHandError, match="no hand found in any of its 3 frames"):
        tracker.track(Media(tmp_path / "wall.mp4"))


def drawn_person() -> Image.Image:
    """A person who lets the arms hang, 512 pixels wide and high."""
    image = Image.new("RGB", (512, 512), (150, 165, 160))
    draw = ImageDraw.Draw(image)
    skin, shirt, dark = (214, 165, 135), (60, 80, 140), (50, 40, 35)
    draw.rounded_rectangle((235, 150, 277, 200), 8, (200, 150, 120))
    draw.polygon([(165, 200), (235, 180), (277, 180), (347, 200), (335, 420), (177, 420)], shirt)
    draw.rectangle((177, 415, 335, 512), dark)
    for side in (-1, 1):
        shoulder, elbow, wrist = (256 + side * 80, 212), (256 + side * 110, 310), (256 + side * 100, 400)
        draw.line([shoulder, elbow], shirt, 44)
        draw.circle(elbow, 22, shirt)
        draw.line([elbow, wrist], skin, 30)
        draw.ellipse((wrist[0] - 18, 385, wrist[0] + 18, 435), skin)
    draw.ellipse((208, 55, 304, 175), dark)
    draw.ellipse((214, 72, 298, 180), skin)
    for eye in (238, 274):
        draw.ellipse((eye - 9, 112, eye + 9, 122), "white")
        draw.circle((eye, 117), 4, dark)
        draw.line((eye - 12, 104, eye + 12, 103), dark, 4)
    draw.polygon([(256, 118), (248, 142), (264, 142)], (195, 145, 118))
    draw.ellipse((240, 152, 272, 162), (180, 80, 80))
    return image.filter(ImageFilter.GaussianBlur(1.5))


@pytest.mark.skipif(not REAL_MODEL.is_file(), reason=f"there is no {REAL_MODEL}")
def test_the_official_model_finds_a_drawn_person() -> None:
    picture = np.asarray(drawn_person())
    with BodyFinder(checked_pose_model(str(REAL_MODEL)), 0.5) as find:
        bodies = [find(picture, clock_ms) for clock_ms in (0, 40)]
    expected = [(256, 135), (336, 212), (176, 212), (366, 310), (146, 310), (356, 400), (156, 400)]
    for body in bodies:
        assert np.abs(body[0, :7, :2] * 512 - expected).max() < 80  # the wrong side is 160 away or more
        assert 0.1 < np.linalg.norm(body[1, 1] - body[1, 2]) < 0.6  # shoulders, in metres


@pytest.mark.skipif(not REAL_MODEL.is_file(), reason=f"there is no {REAL_MODEL}")
def test_the_official_model_works_together_with_the_hands(video: Path) -> None:
    tracker = HandTracker(pose_model=str(REAL_MODEL))
    signal = tracker.track(Media(video))
    np.testing.assert_array_equal(signal.values[:, :2], HandTracker().track(Media(video)).values)
    absent = np.isnan(signal.values[:, 2, :, :7])  # a hand without a body: whether one is seen is the model's affair
    assert (absent.all(axis=(1, 2, 3)) == absent.any(axis=(1, 2, 3))).all()
    np.testing.assert_array_equal(tracker.track(Media(video)).values, signal.values)
