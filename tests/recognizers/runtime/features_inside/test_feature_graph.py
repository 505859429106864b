"""Features computed by ONNX Runtime equal those of the extractors, for the settings of every recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.hand_tracker import HandTracker, at_constant_rate
from data_prep.features.joint import JointFeatures
from data_prep.features.mfcc import Mfcc
from recognizers.runtime.features_inside.feature_graph import write_feature_graph
from recognizers.runtime.features_inside.inputs import DeviceInput, LandmarkInput, device_input_for
from recognizers.runtime.onnx_network import start_session
from tests.recognizers.runtime.features_inside.settings import EXTRACTORS

HANDS = {name: each for name, each in EXTRACTORS.items() if isinstance(each, HandKeypoints)}
SOUND = {name: each for name, each in EXTRACTORS.items() if isinstance(each, Mfcc)}
RATES_HZ = (10, 15, 20, 24, 25, 29.97, 30, 50, 60)


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[FeatureExtractor, Any]:
    """Sessions of the graphs that were written already."""
    return {}


@pytest.fixture
def session_of(graphs: dict[FeatureExtractor, Any], tmp_path: Path) -> Any:
    def session_of(extractor: FeatureExtractor) -> Any:
        if extractor not in graphs:
            path = tmp_path / "features.onnx"
            write_feature_graph(path, device_input_for(extractor))
            graphs[extractor] = start_session(path, path.read_bytes(), num_threads=1)
        return graphs[extractor]

    return session_of


def assert_equal(session: Any, arrays: dict[str, np.ndarray], expected: np.ndarray) -> None:
    frames, lengths = session.run(["frames", "frame_lengths"], arrays)
    assert frames.shape == (1, *expected.shape)
    assert lengths.tolist() == [len(expected)]
    np.testing.assert_allclose(frames[0], expected, rtol=2e-6, atol=1e-4)


def moving_hands(rng: np.random.Generator, length: int, rate_hz: float) -> Signal:
    """Hands that are seen rarely, mostly or always, the second one perhaps never."""
    device_input = LandmarkInput(HandKeypoints())
    values = device_input.noise(rng, length).values
    lost = rng.random((length, 2)) < rng.choice([0.0, 0.2, 0.6], 2)
    lost[:, 1] |= rng.random() < 0.4
    lost[rng.integers(length), 0] = False
    values[lost] = np.nan
    return Signal(values, rate_hz) if not np.isnan(values).all() else moving_hands(rng, length, rate_hz)


@pytest.mark.parametrize("name", SOUND)
def test_frames_of_sound_are_equal(name: str, session_of: Any) -> None:
    extractor = SOUND[name]
    device_input = device_input_for(extractor)
    hop = round(extractor.sample_rate_hz * extractor.hop_ms / 1000)
    rng = np.random.default_rng(0)
    # One sample, half a hop, and lengths around one and two windows, where padding begins and ends.
    for length in (1, hop // 2, hop, 2 * hop, 3 * hop - 1, 5 * hop, 5 * hop + 1, 16_000, 24_001):
        signal = device_input.noise(rng, length)
        assert_equal(session_of(extractor), device_input.arrays(signal), extractor.frames(signal).values)


@pytest.mark.parametrize("name", SOUND)
def test_frames_of_digital_silence_are_alike(name: str, session_of: Any) -> None:
    extractor = SOUND[name]
    silence = Signal(np.zeros(9000, np.int16), extractor.sample_rate_hz)
    [frames], _ = session_of(extractor).run(None, device_input_for(extractor).arrays(silence))
    # Normalised by their variance, these are numpy's rounding errors (1e-4) divided by the floor of the deviations.
    tolerance = 2e-2 if extractor.cmvn == "mean_variance" else 2e-4
    np.testing.assert_allclose(frames, extractor.frames(silence).values, rtol=0, atol=tolerance)


def test_samples_are_rounded_and_clipped_as_an_array_is(session_of: Any) -> None:
    extractor = Mfcc()
    samples = 0.4 * np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    assert np.abs(samples).max() > 1
    faint = samples * np.float32(1e-3)
    for given in (np.clip(samples, -1, 1), faint):
        expected = extractor.frames(extractor.signal_of(given, 16_000)).values
        assert_equal(session_of(extractor), {"waveform": given}, expected)


def test_no_sample_at_all_is_a_frame_of_silence(session_of: Any) -> None:
    frames, lengths = session_of(Mfcc()).run(None, {"waveform": np.zeros(0, np.float32)})
    assert frames.shape == (1, 1, 40)
    assert lengths.tolist() == [1]


@pytest.mark.parametrize("name", HANDS)
def test_frames_of_hands_are_equal(name: str, session_of: Any) -> None:
    extractor = HANDS[name]
    rng = np.random.default_rng(1)
    for length in (1, 2, 3, 4, 7, 20, 50, 100):
        for rate_hz in RATES_HZ:
            signal = moving_hands(rng, length, 1000.0 if length == 1 else rate_hz)  # a single picture has no rate
            arrays = device_input_for(extractor).arrays(signal)
            assert_equal(session_of(extractor), arrays, extractor.frames(signal).values)


@pytest.mark.parametrize("name", HANDS)
def test_pictures_at_uneven_times_are_resampled_like_those_of_a_video(name: str, session_of: Any) -> None:
    extractor = HANDS[name]
    rng = np.random.default_rng(2)
    for length in (2, 3, 10, 60):
        for _ in range(10):
            values = moving_hands(rng, length, 25.0).values
            times_ns = np.cumsum(rng.integers(10_000_000, 120_000_000, length)) + 10**15  # a clock that runs for days
            expected = extractor.frames(at_constant_rate(values, (times_ns - times_ns[0]) / 1e9)).values
            arrays = device_input_for(extractor).arrays(Signal(values, 25.0)) | {"times_ns": times_ns}
            assert_equal(session_of(extractor), arrays, expected)


def test_coordinates_are_shares_of_a_picture_of_any_shape(session_of: Any) -> None:
    extractor = HandKeypoints(coordinates="image")
    signal = moving_hands(np.random.default_rng(3), 30, 30.0)
    arrays = device_input_for(extractor).arrays(signal)
    shares = arrays["image_landmarks"] / np.array([16 / 9, 1, 16 / 9], np.float32)
    arrays |= {"image_landmarks": shares, "aspect_ratio": np.array([16 / 9], np.float32)}
    assert_equal(session_of(extractor), arrays, extractor.frames(signal).values)


def test_absent_hands_may_hold_anything(session_of: Any) -> None:
    extractor = HandKeypoints()
    signal = moving_hands(np.random.default_rng(4), 40, 30.0)
    arrays = device_input_for(extractor).arrays(signal)
    for filler in (np.nan, 1e30, -1):
        filled = dict(arrays)
        for name in ("image_landmarks", "world_landmarks"):
            filled[name] = np.where(arrays["presence"][..., None, None] > 0, arrays[name], np.float32(filler))
        assert_equal(session_of(extractor), filled, extractor.frames(signal).values)


def test_a_clip_without_hands_has_frames_of_zeros(session_of: Any) -> None:
    extractor = HandKeypoints()
    arrays = device_input_for(extractor).arrays(moving_hands(np.random.default_rng(5), 10, 30.0))
    frames, _ = session_of(extractor).run(None, arrays | {"presence": np.zeros((10, 2), np.float32)})
    assert frames.shape == (1, 10, extractor.num_features)
    assert not frames.any()


def test_series_are_taken_as_they_are(session_of: Any) -> None:
    [extractor] = [each for each in EXTRACTORS.values() if not isinstance(each, Mfcc | HandKeypoints)]
    device_input: DeviceInput = device_input_for(extractor)
    for length in (1, 2, 30):
        signal = device_input.noise(np.random.default_rng(0), length)
        assert_equal(session_of(extractor), device_input.arrays(signal), signal.values)


def test_settings_that_cannot_be_exported_are_refused_by_name() -> None:
    body = HandKeypoints(tracker=HandTracker(pose_model="pose.task"))
    with pytest.raises(InputError, match=r"^features\.tracker\.pose_model: .* export with features_inside=false"):
        device_input_for(body)
    with pytest.raises(InputError, match=r"^features=JointFeatures: .* expected Mfcc, HandKeypoints, AsIs"):
        device_input_for(JointFeatures((Mfcc(),)))
