"""An array gives the same signal as a file with the same content, or an error with the reason."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import NoHandError
from data_prep.features.mfcc import Mfcc
from data_prep.media import Media, MediaError, pictures_from_array, read_audio, read_pictures, sound_from_array

RATE_HZ = 8000
SOUND = np.random.default_rng(0).normal(0, 0.5, (2000, 2)).clip(-1.2, 1.2)  # some samples exceed full scale
PICTURES = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
LANDMARKS = np.random.default_rng(0).random((5, 2, 21, 3))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("subtype", "dtype"),
    [
        ("PCM_16", "int16"),
        ("PCM_16", "float32"),
        ("PCM_16", "float64"),
        ("PCM_24", "float32"),
        ("PCM_24", "float64"),
        ("FLOAT", "float32"),
        ("FLOAT", "float64"),
    ],
)
def test_an_array_of_sound_equals_the_file_it_was_read_from(
    tmp_path: Path, channels: int, subtype: str, dtype: str
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SOUND[:, :channels], RATE_HZ, subtype)
    expected, _ = read_audio(Media(path), dtype="int16")
    samples, rate_hz = soundfile.read(path, dtype=dtype)
    found, found_rate_hz = sound_from_array(samples, rate_hz)
    assert found.dtype == np.int16
    assert found_rate_hz == RATE_HZ
    np.testing.assert_array_equal(found, expected)


def test_an_array_of_sound_is_resampled_like_a_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", SOUND[:, 0], RATE_HZ)
    samples, rate_hz = soundfile.read(tmp_path / "a.wav")
    extractor = Mfcc(sample_rate_hz=12000)
    found, expected = extractor.signal_of(samples, rate_hz), extractor.signal(Media(tmp_path / "a.wav"))
    assert found.rate_hz == expected.rate_hz == 12000
    np.testing.assert_array_equal(found.values, expected.values)


def test_an_array_of_pictures_equals_a_folder_of_frames(tmp_path: Path) -> None:
    for number, picture in enumerate(PICTURES):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    expected = list(read_pictures(Media(tmp_path, encoding="frames@15")))
    for (found_s, found), (expected_s, picture) in zip(pictures_from_array(PICTURES, 15), expected, strict=True):
        assert found_s == expected_s
        np.testing.assert_array_equal(found, picture)


@pytest.mark.parametrize("landmarks", [LANDMARKS, LANDMARKS[:, 0], np.where(LANDMARKS > 0.99, np.nan, LANDMARKS)])
def test_an_array_of_landmarks_equals_a_file(tmp_path: Path, landmarks: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", landmarks)
    before = landmarks.copy()
    found = HandKeypoints().signal_of(landmarks, 60)
    expected = HandKeypoints().signal(Media(tmp_path / "a.npy", encoding="landmarks@60"))
    assert found.rate_hz == expected.rate_hz
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(landmarks, before)  # the caller's array is not changed


@pytest.mark.parametrize(
    ("values", "rate_hz", "reason"),
    [
        (SOUND, None, "its rate is unknown; pass rate_hz, its number of samples"),
        (SOUND, 30, "rate_hz is 30, expected 1000 to 768000 samples per second"),
        (SOUND.T, RATE_HZ, r"found \(2, 2000\), expected \(samples, channels\); transpose it"),
        (SOUND[:0], RATE_HZ, "no sound in it"),
        (SOUND[:0, 0], RATE_HZ, "no sound in it"),
        (SOUND * 32768, RATE_HZ, "expected floats from -1 to 1; divide them by full scale"),
        (SOUND * np.nan, RATE_HZ, "not finite"),
        (SOUND.astype(np.int32), RATE_HZ, r"found int32 \(2000, 2\), expected sound"),
        (PICTURES, RATE_HZ, r"found uint8 \(3, 20, 30, 3\), expected sound"),
        (np.array("a.wav"), RATE_HZ, r"found <U5 \(\), expected sound"),
    ],
)
def test_an_array_that_is_not_sound_is_an_error(values: np.ndarray, rate_hz: float | None, reason: str) -> None:
    with pytest.raises(MediaError, match=f"the array: .*{reason}"):
        Mfcc().signal_of(values, rate_hz)


@pytest.mark.parametrize(
    ("values", "rate_hz", "reason"),
    [
        (PICTURES, None, "its rate is unknown; pass rate_hz, its number of frames"),
        (PICTURES, 0.5, "rate_hz is 0.5, expected 1 to 1000 frames per second"),
        (PICTURES[:0], 30, "expected pictures"),
        (PICTURES[..., :1], 30, r"found uint8 \(3, 20, 30, 1\), expected pictures"),
        (PICTURES / 255, 30, r"found float64 \(3, 20, 30, 3\), expected pictures"),
        (LANDMARKS, None, "its rate is unknown"),
        (LANDMARKS[:0], 30, "holds no frame"),
        (LANDMARKS[:, 0, :20], 30, r"found float64 \(5, 20, 3\), expected numbers \(frames, 21, 3\)"),
        (LANDMARKS * np.inf, 30, "infinite"),
        (np.array(3.0), 30, r"found float64 \(\), expected numbers"),
    ],
)
def test_an_array_without_hands_or_pictures_is_an_error(values: np.ndarray, rate_hz: float | None, reason: str) -> None:
    with pytest.raises(MediaError, match=f"the array: .*{reason}"):
        HandKeypoints().signal_of(values, rate_hz)


def test_landmarks_without_a_hand_are_an_error() -> None:
    with pytest.raises(NoHandError, match="the array: no hand in any of its 5 frames"):
        HandKeypoints().signal_of(LANDMARKS * 0, 30)
