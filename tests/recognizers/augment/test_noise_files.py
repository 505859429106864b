"""Recorded noise."""

import pickle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from data_prep.errors import InputError
from recognizers.augment.applied import collect_notes
from recognizers.augment.noise_files import NoiseFiles
from recognizers.augment.speech import SpeechAugment
from tests.recognizers.augment.test_sound_files import write_noise
from tests.recognizers.augment.test_speech import NEUTRAL, RATE_HZ, tone
from tests.recognizers.conftest import play


def vary(augment: SpeechAugment, seed: int) -> np.ndarray:
    return play(augment, tone(), np.random.default_rng(seed)).values


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """A file whose samples tell their place: 0, 1, 2, ... (one second)."""
    soundfile.write(tmp_path / "ramp.wav", np.arange(RATE_HZ, dtype=np.int16), RATE_HZ)
    return tmp_path / "ramp.wav"


def draw(noises: NoiseFiles, count: int, seed: int, rate_hz: float = RATE_HZ) -> np.ndarray:
    drawn = noises.excerpt(count, rate_hz, np.random.default_rng(seed))
    assert drawn is not None
    return drawn[0]


def test_excerpts_are_of_random_places_and_normalised(ramp: Path) -> None:
    noises = NoiseFiles.find(str(ramp))
    for seed in range(50):
        excerpt = draw(noises, 1000, seed)
        assert excerpt.dtype == np.float32
        assert excerpt.mean() == pytest.approx(0, abs=1e-5)
        assert np.sqrt(np.mean(excerpt.astype(float) ** 2)) == pytest.approx(1, abs=1e-4)
        np.testing.assert_allclose(np.diff(excerpt), np.diff(excerpt)[0], rtol=1e-2)  # samples in a row, no seam
    np.testing.assert_array_equal(draw(noises, 1000, 5), draw(noises, 1000, 5))


def test_excerpts_reach_both_ends_of_a_file(tmp_path: Path) -> None:
    """The first third is a low tone, the last a high one, and silence is between them."""
    third = np.arange(4000) / RATE_HZ
    parts = [np.sin(2 * np.pi * 200 * third), np.zeros(4000), np.sin(2 * np.pi * 2000 * third)]
    soundfile.write(tmp_path / "a.wav", 0.5 * np.concatenate(parts), RATE_HZ)
    noises = NoiseFiles.find(str(tmp_path / "a.wav"))
    drawn = [noises.excerpt(400, RATE_HZ, np.random.default_rng(seed)) for seed in range(200)]
    tones_hz = [np.abs(np.fft.rfft(each[0])).argmax() * RATE_HZ / 400 for each in drawn if each is not None]
    assert 40 < sum(each is None for each in drawn) < 80
    assert 45 < sum(hz < 300 for hz in tones_hz) < 95
    assert 45 < sum(hz > 1900 for hz in tones_hz) < 95


def test_short_files_are_repeated(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([1000, -1000, 3000, -3000] * 25, np.int16), RATE_HZ)
    excerpt = draw(NoiseFiles.find(str(tmp_path / "a.wav")), 5000, 0)
    assert len(excerpt) == 5000
    np.testing.assert_allclose(excerpt[:100], excerpt[100:200], atol=1e-5)
    assert set(np.round(np.abs(excerpt), 3)) == {np.float32(0.447), np.float32(1.342)}


@pytest.mark.parametrize("file_rate_hz", [8000, 44100])
def test_noise_of_any_rate_is_resampled(tmp_path: Path, file_rate_hz: int) -> None:
    times_s = np.arange(2 * file_rate_hz) / file_rate_hz
    soundfile.write(tmp_path / "hum.wav", 0.3 * np.sin(2 * np.pi * 400 * times_s), file_rate_hz)
    for count in (16000, 16001, 4001):
        excerpt = draw(NoiseFiles.find(str(tmp_path / "hum.wav")), count, 1, rate_hz=16000)
        assert len(excerpt) == count
        spectrum = np.abs(np.fft.rfft(excerpt * np.hanning(count)))
        assert spectrum.argmax() * 16000 / count == pytest.approx(400, abs=4)


def test_silence_gives_way_to_synthetic_noise(tmp_path: Path) -> None:
    """A second of noise within a minute of silence: most excerpts hold nothing, and nothing is divided by zero."""
    samples = np.zeros(60 * RATE_HZ, np.int16)
    samples[:RATE_HZ] = 3000
    samples[:RATE_HZ:2] = -3000
    soundfile.write(tmp_path / "a.wav", samples, RATE_HZ)
    noises = NoiseFiles.find(str(tmp_path / "a.wav"))
    assert noises.excerpt(100, RATE_HZ, np.random.default_rng(0)) is None
    augment = SpeechAugment(
        **NEUTRAL | {"noise_share": 1, "noise_snr_db": (0, 0), "noise_files": str(tmp_path / "a.wav")}
    )
    for seed in range(10):
        noise = vary(augment, seed) - tone().values.astype(float)
        assert np.sqrt(np.mean(noise**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_half_of_the_noisy_clips_get_recorded_noise_at_the_ratio(tmp_path: Path, snr_db: float) -> None:
    path = write_noise(tmp_path / "kitchen.wav", 3.0)
    augment = SpeechAugment(
        **NEUTRAL | {"noise_share": 1, "noise_snr_db": (snr_db, snr_db), "noise_files": (str(path),)}
    )
    signal, kinds = tone(0.1, amplitude=4000), []
    for seed in range(200):
        with collect_notes() as notes:
            varied = play(augment, signal, np.random.default_rng(seed)).values
        noise = varied - signal.values.astype(float)
        power = np.mean(signal.values.astype(float) ** 2)
        assert 10 * np.log10(power / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.1)
        kinds.append(notes["noise"])
    assert set(kinds) == {f"kitchen at {snr_db:.0f} dB", f"synthetic at {snr_db:.0f} dB"}
    assert 70 < sum(kind.startswith("kitchen") for kind in kinds) < 130


def test_files_are_checked_when_the_augmentation_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match=r"^augment.noise_files: .*a.wav"):
        SpeechAugment(noise_files=str(tmp_path))
    with pytest.raises(InputError, match="noise_files are given, but noise_share is 0"):
        SpeechAugment(noise_files=str(tmp_path), noise_share=0)


def _vary_in_worker(augment: SpeechAugment) -> Any:
    return vary(augment, 3).tolist()


def test_fresh_processes_draw_the_same(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 2.0)
    write_noise(tmp_path / "b.flac", 2.0, rate_hz=16000)
    augment = SpeechAugment(noise_share=1, room_share=1, noise_files=str(tmp_path))
    assert pickle.loads(pickle.dumps(augment)) == augment
    assert len(pickle.dumps(augment)) < 5000  # paths, not sound
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(_vary_in_worker, (augment,)) == vary(augment, 3).tolist()
    write_noise(tmp_path / "c.wav", 2.0)  # a file that is added later changes nothing in a run
    assert pickle.loads(pickle.dumps(augment))._noises == augment._noises
    assert vary(augment, 4).tolist() != vary(augment, 3).tolist()
