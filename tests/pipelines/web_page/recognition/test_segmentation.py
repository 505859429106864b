"""Where the page cuts recordings: as Python does."""

import numpy as np
import pytest

from recognizers.segmentation.energy_detector import EnergyDetector
from recognizers.segmentation.pause_splitting import ACTIVE, DEAD, QUIET, split_at_pauses
from recognizers.segmentation.voice_activity import VoiceActivity

pytestmark = pytest.mark.browser


def random_states(rng: np.random.Generator) -> np.ndarray:
    """States of up to two minutes, with runs of all lengths."""
    runs = []
    for _ in range(int(rng.integers(1, 60))):
        state = rng.choice([DEAD, QUIET, ACTIVE, ACTIVE], p=[0.1, 0.4, 0.25, 0.25])
        runs.append(np.full(int(rng.geometric(1 / rng.choice([5, 40, 400]))), state))
    return np.concatenate(runs).astype(np.int8)


def test_recordings_are_cut_at_the_same_pauses(call) -> None:
    rng = np.random.default_rng(0)
    cases = [random_states(rng) for _ in range(300)]
    settings = [(10.0, 0.6, 0.6), (30.0, 2.0, 2.0), (1.0, 0.6, 0.6)]
    body = """const [cases, settings] = given;
        return cases.map((states) => settings.map((each) =>
            module.splitAtPauses(states, ...each).map((s) => [s.startS, s.endS, s.overlapS])));"""
    found = call("pause_splitting", body, cases, settings)
    for case, by_setting in zip(cases, found, strict=True):
        for setting, segments in zip(settings, by_setting, strict=True):
            expected = split_at_pauses(case, setting[0], setting[1], setting[2])
            assert [tuple(each) for each in segments] == [(s.start_s, s.end_s, s.overlap_s) for s in expected]


def recordings(rng: np.random.Generator, rate_hz: int) -> list[np.ndarray]:
    """Tones with pauses, clicks, noise and digital silence, from a few samples to 25 s."""
    made = [np.zeros(rate_hz, np.int16), np.array([500], np.int16)]
    for duration_s in (0.012, 0.03, 0.5, 3.0, 25.0):
        length = round(duration_s * rate_hz)
        gate = np.repeat(rng.random(length // 400 + 1) < 0.5, 400)[:length]
        loudness = np.exp(rng.uniform(-3, 0, length // 4000 + 1)).repeat(4000)[:length]
        tone = 9000 * gate * loudness * np.sin(2 * np.pi * 300 / rate_hz * np.arange(length))
        sound = tone + rng.choice([0, 3, 300]) * rng.standard_normal(length)
        sound[length // 3 : length // 3 + length // 10] = 0
        made.append(sound.clip(-32768, 32767).astype(np.int16))
    return made


@pytest.mark.parametrize("rate_hz", [16_000, 8_000, 11_025])
def test_loudness_finds_the_same_sounds(call, rate_hz: int) -> None:
    cases = recordings(np.random.default_rng(1), rate_hz)
    body = "return given[0].map((each) => module.soundStates(each, given[1]));"
    found = call("energy_detector", body, cases, rate_hz)
    for case, states in zip(cases, found, strict=True):
        np.testing.assert_array_equal(states, EnergyDetector()(case, rate_hz).states)


def test_pauses_between_two_times_are_the_same(call) -> None:
    rng = np.random.default_rng(2)
    states = random_states(rng)
    spans = np.sort(rng.uniform(-0.2, len(states) / 100 + 0.2, (200, 2)), axis=1).round(3).tolist()
    body = """const activity = new module.VoiceActivity(given[0]);
        return given[1].map(([startS, endS]) => activity.pauses(startS, endS, 0.06));"""
    found = call("voice_activity", body, states, spans)
    expected = [VoiceActivity(states).pauses(start_s, end_s, 0.06) for start_s, end_s in spans]
    assert [[tuple(pause) for pause in pauses] for pauses in found] == expected
