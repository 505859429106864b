"""Speech is found in noise, and neither in noise nor in silence alone."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from data_prep.errors import InputError
from recognizers.segmentation import silero_detector
from recognizers.segmentation.detectors import detector_named
from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import ACTIVE, DEAD, split_at_pauses
from recognizers.segmentation.silero_detector import SileroDetector, speech_probabilities

RATE_HZ = 16_000
SPEECH, _ = soundfile.read(Path(__file__).parents[2] / "frozen" / "an4.flac", dtype="int16")  # 1.3 s: "a m y"
FIVE_SECONDS = 5 * RATE_HZ


def white_noise(count: int, level: float) -> np.ndarray:
    return (level * np.random.default_rng(0).standard_normal(count)).round().clip(-32768, 32767).astype(np.int16)


def hum(count: int) -> np.ndarray:
    return (9000 * np.sin(2 * np.pi * 50 * np.arange(count) / RATE_HZ)).astype(np.int16)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(FIVE_SECONDS, np.int16),
        np.zeros(1, np.int16),
        np.random.default_rng(0).integers(-1, 2, FIVE_SECONDS).astype(np.int16),
        white_noise(FIVE_SECONDS, 30),
        white_noise(FIVE_SECONDS, 3000),
        white_noise(RATE_HZ, 3000),
        hum(FIVE_SECONDS),
    ],
    ids=["zeros", "one sample", "last bit", "soft noise", "loud noise", "a second of noise", "hum"],
)
def test_noise_and_silence_are_no_speech(samples: np.ndarray) -> None:
    assert not SileroDetector()(samples, RATE_HZ).has_speech


@pytest.mark.parametrize("snr_db", [20, 10, 5])
def test_speech_in_noise_is_found_where_loudness_loses_it(snr_db: float) -> None:
    clean = np.concatenate([np.zeros(3 * RATE_HZ, np.int16), SPEECH, np.zeros(3 * RATE_HZ, np.int16)])
    level = np.sqrt(np.mean(SPEECH.astype(float) ** 2)) * 10 ** (-snr_db / 20)
    noisy = (clean + white_noise(len(clean), level)).clip(-32768, 32767).astype(np.int16)
    [segment] = split_at_pauses(SileroDetector()(noisy, RATE_HZ).states, 10.0)
    assert segment.start_s < 3.35
    assert segment.end_s > 4.0
    assert segment.duration_s < 2.5
    if snr_db == 5:
        assert not split_at_pauses(EnergyDetector()(noisy, RATE_HZ).states, 10.0)


def test_a_clean_utterance_keeps_the_boundaries_that_loudness_finds() -> None:
    samples = np.concatenate([white_noise(RATE_HZ, 3), SPEECH, white_noise(RATE_HZ, 3)])
    by_loudness = np.flatnonzero(EnergyDetector()(samples, RATE_HZ).states == ACTIVE)
    found = np.flatnonzero(SileroDetector()(samples, RATE_HZ).states == ACTIVE)
    assert (found[0], found[-1]) == (by_loudness[0], by_loudness[-1])


def test_digital_silence_stays_marked_beside_speech() -> None:
    states = SileroDetector()(np.concatenate([np.zeros(RATE_HZ, np.int16), SPEECH]), RATE_HZ).states
    assert (states[:99] == DEAD).all()
    assert (states[100:] == ACTIVE).any()


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 44_100])
def test_probabilities_hardly_depend_on_the_sample_rate(rate_hz: int) -> None:
    resampled = soxr.resample(SPEECH, RATE_HZ, rate_hz)
    expected, found = speech_probabilities(SPEECH, RATE_HZ), speech_probabilities(resampled, rate_hz)
    assert abs(len(expected) - len(found)) <= 1
    count = min(len(expected), len(found))
    assert np.mean((expected[:count] > 0.5) == (found[:count] > 0.5)) > 0.85


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_long_recordings_are_computed_block_by_block(rate_hz: int, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.tile(soxr.resample(SPEECH, RATE_HZ, rate_hz), 4)
    whole = speech_probabilities(samples, rate_hz)
    monkeypatch.setattr(silero_detector, "BLOCK_WINDOWS", 7)
    np.testing.assert_allclose(speech_probabilities(samples, rate_hz), whole, atol=1e-3)


def test_a_damaged_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "silero_vad.onnx"
    damaged.write_bytes(silero_detector.MODEL_PATH.read_bytes()[:-1])
    monkeypatch.setattr(silero_detector, "MODEL_PATH", damaged)
    silero_detector._load_session.cache_clear()
    with pytest.raises(InputError, match="damaged"):
        speech_probabilities(SPEECH, RATE_HZ)
    silero_detector._load_session.cache_clear()


def test_detectors_are_made_by_name() -> None:
    assert detector_named("energy") == EnergyDetector()
    assert detector_named("silero") == SileroDetector()
    with pytest.raises(InputError, match="voice_activity must be one of silero, energy; found 'silro'; did you mean"):
        detector_named("silro")
