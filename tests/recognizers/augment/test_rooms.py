"""Rooms."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import torchaudio

from data_prep.errors import InputError
from recognizers.augment.applied import collect_notes
from recognizers.augment.rooms import RoomFiles, random_room, reverberate, trim_response
from recognizers.augment.speech import SpeechAugment
from recognizers.augment.waveform import convolve
from tests.recognizers.augment.test_speech import NEUTRAL, RATE_HZ, tone
from tests.recognizers.conftest import play


def measure_rt60_s(response: np.ndarray, rate_hz: float) -> float:
    """Schroeder's backward integration: the decay from -5 to -25 dB, extended to 60 dB."""
    left = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    left_db = 10 * np.log10(left / left[0])
    return 3 * (np.argmax(left_db < -25) - np.argmax(left_db < -5)) / rate_hz


@pytest.mark.parametrize("rate_hz", [8000, 16000])
@pytest.mark.parametrize("rt60_s", [0.25, 0.5, 1.0])
def test_random_rooms_decay_in_the_given_time(rate_hz: int, rt60_s: float) -> None:
    rooms = [random_room(rate_hz, rt60_s, np.random.default_rng(seed)) for seed in range(30)]
    assert np.median([measure_rt60_s(room, rate_hz) for room in rooms]) == pytest.approx(rt60_s, rel=0.15)
    assert len({tuple(room[:400]) for room in rooms}) == 30
    assert all(room.dtype == np.float32 for room in rooms)


def test_the_direct_sound_comes_first_and_reflections_follow_one_by_one() -> None:
    for seed in range(20):
        room = random_room(16000, 0.5, np.random.default_rng(seed))
        assert room[0] == 1
        early = room[1 : int(0.005 * 16000)]
        assert np.count_nonzero(early) < len(early) / 2
        assert np.abs(room[1:]).max() < 1.5
        # The tail continues the reflections without a step.
        before, after = (np.sqrt(np.mean(part**2)) for part in (room[440:640], room[640:840]))
        assert 0.3 < after / before < 1.5


def test_rooms_of_the_shortest_and_longest_time_are_finite() -> None:
    for rt60_s in (0.05, 3.0):
        for seed in range(20):
            assert np.isfinite(random_room(8000, rt60_s, np.random.default_rng(seed))).all()


@pytest.mark.parametrize("count", [1, 777, 16000])
def test_convolution_equals_torchaudios(count: int) -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(count).astype(np.float32)
    response = rng.standard_normal(1234).astype(np.float32)
    expected = torchaudio.functional.fftconvolve(torch.from_numpy(samples), torch.from_numpy(response))
    np.testing.assert_allclose(convolve(samples, response), expected[:count], atol=1e-3)


def test_a_clip_keeps_its_length_its_level_and_its_time() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[3000:3400] = 5000 * np.random.default_rng(0).standard_normal(400)
    for seed in range(20):
        wet = reverberate(samples, random_room(RATE_HZ, 0.6, np.random.default_rng(seed)))
        assert (wet.shape, wet.dtype) == (samples.shape, np.float32)
        assert np.sqrt(np.mean(wet**2)) == pytest.approx(np.sqrt(np.mean(samples**2)), rel=1e-3)
        assert np.abs(wet[:3000]).max() < 1e-3 * np.abs(wet).max()
        match = np.correlate(wet, samples[3000:3400], "valid")
        assert np.argmax(match > 0.5 * match.max()) == 3000
        assert np.abs(wet[3500:5000]).max() > 10


def test_silence_and_empty_rooms_are_no_problem() -> None:
    room = random_room(RATE_HZ, 0.5, np.random.default_rng(0))
    assert not reverberate(np.zeros(100, np.float32), room).any()
    samples = tone().values.astype(np.float32)
    np.testing.assert_allclose(reverberate(samples, np.ones(1, np.float32)), samples, atol=1)


def measured_room(rate_hz: int) -> np.ndarray:
    """0.05 s of faint noise, the direct sound, and a reflection after 0.1 s; then nothing for 2 s."""
    response = np.zeros(round(2.2 * rate_hz))
    rng = np.random.default_rng(0)
    response[: round(0.05 * rate_hz)] = 0.01 * rng.standard_normal(round(0.05 * rate_hz))
    response[round(0.05 * rate_hz)] = 0.9
    response[round(0.15 * rate_hz)] = -0.5
    return response


def test_a_measured_response_is_trimmed_to_what_is_heard() -> None:
    trimmed = trim_response(measured_room(8000), 8000)
    assert len(trimmed) == 805
    assert (trimmed[4], trimmed[804]) == (0.9, -0.5)  # half a millisecond later
    np.testing.assert_array_equal(trim_response(trimmed[4:], 8000), trimmed[4:])


@pytest.mark.parametrize(("suffix", "rate_hz"), [("wav", 8000), ("flac", 16000), ("aiff", 44100)])
def test_measured_rooms_of_any_format_and_rate_keep_the_time(tmp_path: Path, suffix: str, rate_hz: int) -> None:
    soundfile.write(tmp_path / f"hall.{suffix}", measured_room(rate_hz), rate_hz)
    augment = SpeechAugment(**NEUTRAL, room_share=1, room_files=str(tmp_path))
    signal = tone()
    signal.values[:] = 0
    signal.values[4000:4080] = np.random.default_rng(0).integers(-8000, 8000, 80)  # a click of 10 ms
    with collect_notes() as notes:
        varied = play(augment, signal, np.random.default_rng(0)).values.astype(float)
    assert notes == {"room": "hall"}
    assert len(varied) == len(signal.values)
    match = np.correlate(varied, signal.values[4000:4080].astype(float), "valid")
    assert np.argmax(match) == pytest.approx(4004, abs=1)
    assert 4200 + np.argmin(match[4200:]) == pytest.approx(4804, abs=1)
    assert RoomFiles.find(str(tmp_path)).draw(8000, np.random.default_rng(0))[0].dtype == np.float32


def test_the_given_share_of_clips_sounds_as_in_a_room() -> None:
    signal = tone(0.1)
    augment = SpeechAugment(**NEUTRAL, room_share=0.3, room_rt60_s=(0.2, 0.4))
    times_s = []
    for seed in range(200):
        with collect_notes() as notes:
            varied = play(augment, signal, np.random.default_rng(seed)).values
        assert ("room" in notes) == (not np.array_equal(varied, signal.values))
        times_s += [float(notes["room"].split()[0])] if notes else []
    assert 40 < len(times_s) < 80
    assert 0.2 <= min(times_s) < 0.22
    assert 0.38 < max(times_s) <= 0.4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"room_share": 1.1}, "shares must be from 0 to 1"),
        ({"room_rt60_s": (0.5, 0.2)}, "room_rt60_s must be"),
        ({"room_rt60_s": (0.0, 0.2)}, "room_rt60_s must be"),
        ({"room_rt60_s": (0.5, 4.0)}, "room_rt60_s must be"),
        ({"room_files": "rooms"}, "room_files are given, but room_share is 0; raise it"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=f"^augment: {message}"):
        SpeechAugment(**settings)


def test_files_are_checked_when_the_augmentation_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^augment.room_files=.*the folder is empty"):
        SpeechAugment(room_share=0.5, room_files=str(tmp_path))
