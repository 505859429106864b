"""Speech that the page finds: in the same windows and at the same times as in Python."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from recognizers.segmentation.silero_detector import MODEL_PATH, SileroDetector, speech_probabilities

pytestmark = pytest.mark.browser

FROZEN = Path(__file__).parents[3] / "frozen"
LOAD = """const ort = await import("/native_ort.js");
    const { SileroNetwork } = await import("/recognition/silero_detector.js");
    const silero = await SileroNetwork.load(ort, "");
"""


@pytest.fixture(scope="module")
def silero_served(served) -> None:
    """The network is served."""
    shutil.copy(MODEL_PATH, served[0])


def speech(rate_hz: int) -> np.ndarray:
    """Half a minute: real speech, loud and faint, in noise, with pauses and digital silence."""
    said = soundfile.read(FROZEN / "an4.flac", dtype="float32")[0]
    if rate_hz != 16_000:
        said = soxr.resample(said, 16_000, rate_hz)
    rng = np.random.default_rng(0)
    parts = []
    for loudness in (1.0, 0.3, 0.05, 0.9, 0.0, 1.0, 0.6, 0.02):
        parts += [loudness * said, np.zeros(int(rng.integers(1, 2 * rate_hz)), np.float32)]
    sound = np.concatenate(parts)
    noise = 0.002 * rng.standard_normal(len(sound)) * (np.arange(len(sound)) > len(sound) // 3)
    return (32767 * (sound + noise)).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [16_000, 8_000, 22_050])
def test_the_network_finds_the_same_speech(call, silero_served, rate_hz: int) -> None:
    samples = speech(rate_hz)
    cases = [samples, samples[: rate_hz // 2], samples[-rate_hz:], samples[:100]]
    body = (
        LOAD
        + """const { findVoiceActivity } = await import("/recognition/voice_activity.js");
        const found = [];
        for (const each of given[0]) {
            const probabilities = await module.speechProbabilities(each, given[1], silero);
            found.push([probabilities, (await findVoiceActivity(each, given[1], silero)).states]);
        }
        return found;"""
    )
    found = call("silero_detector", body, cases, rate_hz)
    for (probabilities, states), case in zip(found, cases, strict=True):
        tolerance = 1e-6 if rate_hz == 16_000 else 0.02  # resampling differs a little
        np.testing.assert_allclose(probabilities, speech_probabilities(case, rate_hz), atol=tolerance)
        np.testing.assert_array_equal(states, SileroDetector()(case, rate_hz).states)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (11_025, 16_000), (16_000, 8_000)]
)
def test_resampling_equals_that_of_training(call, from_hz: int, to_hz: int) -> None:
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(from_hz).astype(np.float32)
    sound = soxr.resample(soxr.resample(sound, from_hz, 4000), 4000, from_hz)[:from_hz]  # what both pass whole
    cuts = np.sort(rng.integers(0, len(sound), 7))
    body = """const resampler = new module.Resampler(given[2], given[3]);
        const parts = given[1].map((part) => resampler.add(part));
        return [module.resampled(given[0], given[2], given[3]), module.concatenated([...parts, resampler.finish()])];"""
    whole, in_chunks = call("resampling", body, sound, np.split(sound, cuts), from_hz, to_hz)
    np.testing.assert_array_equal(whole, in_chunks)
    wanted = soxr.resample(sound, from_hz, to_hz)
    assert len(whole) == len(wanted)
    inner = slice(200, -200)
    np.testing.assert_allclose(whole[inner], wanted[inner], atol=2e-5)


def test_utterances_do_not_depend_on_chunks_and_hold_the_speech(call, silero_served) -> None:
    samples = speech(16_000)
    cuts = np.sort(np.random.default_rng(1).integers(0, len(samples), 40))
    body = (
        LOAD
        + """const found = [];
        for (const chunks of given[0]) {
            const ends = new module.EndOfSpeech(silero, 16000);
            const events = [];
            for (const chunk of chunks) events.push(...(await ends.add(Float32Array.from(chunk, (v) => v / 32768))));
            events.push(...ends.finish());
            found.push(events.filter((event) => event.kind === "end")
                .map(({ startS, endS, samples }) => ({ startS, endS, samples })));
        }
        return found;"""
    )
    whole, in_chunks = call("end_of_speech", body, [[samples], np.split(samples, cuts)])
    assert len(whole) == len(in_chunks) == 4  # two are too faint, one is silent, two have no pause between them
    for utterance, other in zip(whole, in_chunks, strict=True):
        assert (utterance["startS"], utterance["endS"]) == (other["startS"], other["endS"])
        start, end = round(utterance["startS"] * 16_000), round(utterance["endS"] * 16_000)
        np.testing.assert_array_equal(np.round(utterance["samples"] * 32768), samples[start:end])
        np.testing.assert_array_equal(utterance["samples"], other["samples"])


def test_the_end_of_speech_needs_the_network(call) -> None:
    with pytest.raises(Exception, match="needs the network of voiceActivity=silero"):
        call("end_of_speech", "new module.EndOfSpeech(null, 16000);")
