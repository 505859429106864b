"""Speech in a waveform that comes in chunks."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from recognizers.segmentation.silero_detector import SileroStream, speech_probabilities
from recognizers.segmentation.speech_stream import EnergyStream, speech_stream_named

RATE_HZ = 16_000
SPEECH, _ = soundfile.read(Path(__file__).parents[2] / "frozen" / "an4.flac", dtype="int16")  # 1.3 s: "a m y"


@settings(deadline=None, max_examples=10)
@given(cuts=st.lists(st.integers(0, len(SPEECH)), max_size=20), rate_hz=st.sampled_from([8000, 16_000]))
def test_silero_gives_the_same_however_the_sound_is_cut(cuts: list[int], rate_hz: int) -> None:
    stream = SileroStream(rate_hz)
    parts = [stream.add(chunk) for chunk in np.split(SPEECH, sorted(cuts))]
    found = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(found, speech_probabilities(SPEECH, rate_hz), atol=1e-5)


def test_energy_finds_tones_after_noise_and_forgets_a_hum() -> None:
    rng = np.random.default_rng(0)
    noise = 10 * rng.standard_normal(30 * RATE_HZ)
    time_s = np.arange(len(noise)) / RATE_HZ
    tone = 5000 * np.sin(2 * np.pi * 500 * time_s)
    samples = np.where((time_s > 2) & (time_s < 3) | (time_s > 6), tone + noise, noise).astype(np.int16)
    found = np.concatenate([EnergyStream(RATE_HZ).add(samples)])
    window_s = 0.032
    times_s = np.arange(len(found)) * window_s
    assert not found[times_s < 1.9].any()
    assert found[(times_s > 2.05) & (times_s < 2.9)].all()
    assert not found[(times_s > 3.05) & (times_s < 5.9)].any()
    assert found[(times_s > 6.05) & (times_s < 9)].all()
    assert not found[times_s > 25].any()


@settings(deadline=None, max_examples=10)
@given(cuts=st.lists(st.integers(0, len(SPEECH)), max_size=20))
def test_energy_gives_the_same_however_the_sound_is_cut(cuts: list[int]) -> None:
    stream, whole = EnergyStream(11_025), EnergyStream(11_025)
    parts = [stream.add(chunk) for chunk in np.split(SPEECH, sorted(cuts))]
    np.testing.assert_array_equal(np.concatenate(parts), whole.add(SPEECH))


def test_digital_silence_is_no_speech() -> None:
    assert not EnergyStream(RATE_HZ).add(np.zeros(RATE_HZ, np.int16)).any()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="voice_activity must be one of silero, energy; found 'silera'"):
        speech_stream_named("silera", RATE_HZ)
