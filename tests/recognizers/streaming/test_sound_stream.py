"""Text of sound in chunks: finals are what `transcribe` gives for their samples, however the sound is cut."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.media import MediaError
from recognizers import Final, Partial, Recognizer, StreamSettings, Transcript
from recognizers.decoder.beam import Beam
from recognizers.language_model.ngram import witten_bell
from recognizers.streaming.results import later
from recognizers.streaming.sound_stream import SoundStream
from tests.recognizers.streaming.recognizers_for_streams import FORWARD, RATE_HZ, recognizer, tones

ENERGY = StreamSettings(voice_activity="energy")
INCREMENTAL = recognizer()
RECOMPUTED = recognizer(encoder={})


def stream(
    using: Recognizer,
    sound: np.ndarray,
    cuts: Iterable[int] = (),
    rate_hz: float = RATE_HZ,
    how: StreamSettings = ENERGY,
) -> tuple[list[Partial], list[Final]]:
    opened = using.stream(rate_hz, how)
    results = [result for chunk in np.split(sound, sorted(cuts)) for result in opened.add(chunk)]
    results += opened.finish()
    return [each for each in results if isinstance(each, Partial)], [
        each for each in results if isinstance(each, Final)
    ]


def assert_equal(found: Any, expected: Any) -> None:
    assert isinstance(found, Transcript)
    assert (found.text, found.duration_s) == (expected.text, expected.duration_s)
    assert found.confidence == pytest.approx(expected.confidence, abs=1e-5)
    for word, other in zip(found.words, expected.words, strict=True):
        assert word.text == other.text
        assert (word.start_s, word.end_s) == pytest.approx((other.start_s, other.end_s), abs=1e-9)
        assert word.confidence == pytest.approx(other.confidence, abs=1e-5)


@pytest.mark.parametrize("using", [INCREMENTAL, RECOMPUTED, recognizer(features={})], ids=["steps", "both", "cmvn"])
def test_finals_are_what_transcribe_gives_for_their_samples(using: Recognizer) -> None:
    sound = tones(1)
    _, finals = stream(using, sound, range(200, len(sound), 200))
    assert len(finals) == 3
    for final, begins_s in zip(finals, (0.4, 2.4, 4.3), strict=True):
        assert begins_s - 0.45 < final.start_s < begins_s
        assert begins_s + 1 < final.end_s < begins_s + 1.35  # not the whole pause that ended it
        part = sound[round(final.start_s * RATE_HZ) : round(final.end_s * RATE_HZ)]
        expected = using.transcribe(part, RATE_HZ, voice_activity="energy")
        assert expected.text.strip()
        assert_equal(final.prediction, later(expected, final.start_s))


@pytest.mark.parametrize("using", [INCREMENTAL, RECOMPUTED], ids=["steps", "both"])
@settings(deadline=None, max_examples=8)
@given(cuts=st.lists(st.integers(0, len(tones(1))), max_size=40))
def test_finals_do_not_depend_on_the_chunks(using: Recognizer, cuts: list[int]) -> None:
    _, expected = stream(using, tones(1))
    _, found = stream(using, tones(1), cuts)
    for final, other in zip(found, expected, strict=True):
        assert (final.start_s, final.end_s) == (other.start_s, other.end_s)
        assert_equal(final.prediction, other.prediction)


def test_partials_grow_to_the_final() -> None:
    partials, finals = stream(INCREMENTAL, tones(1, (0.4,)), range(80, 9000, 80))
    assert len(partials) >= 3
    assert all(longer.text.startswith(shorter.text) for shorter, longer in pairwise(partials))
    assert finals[0].text.startswith(partials[-1].text.strip()[:3])
    assert all(partial.start_s == finals[0].start_s for partial in partials)
    ends = [partial.end_s for partial in partials]
    assert ends == sorted(ends)
    for partial in partials:
        assert all(finals[0].start_s <= word.start_s <= word.end_s <= partial.end_s + 0.1 for word in partial.words)


def test_partials_of_whole_utterances_come_twice_a_second() -> None:
    partials, _ = stream(RECOMPUTED, tones(1, (0.4,)), range(80, 9000, 80))
    assert 1 <= len(partials) <= 3
    quiet = StreamSettings(voice_activity="energy", partial_every_s=None)
    assert stream(RECOMPUTED, tones(1, (0.4,)), range(80, 9000, 80), how=quiet)[0] == []


@pytest.mark.parametrize("kind", ["float32", "float64", "stereo", "int16 column"])
def test_chunks_of_every_kind(kind: str) -> None:
    sound = tones(2, (0.4,))
    floats = sound / 32768
    given_sound = {
        "float32": floats.astype(np.float32),
        "float64": floats,
        "stereo": np.stack([floats, floats], axis=1),
        "int16 column": sound[:, None],
    }[kind]
    assert stream(INCREMENTAL, given_sound, [3000])[1] == stream(INCREMENTAL, sound, [3000])[1]


def test_other_rates_are_resampled_as_whole_recordings_are() -> None:
    sound = soxr.resample(tones(2, (0.4, 0.8)) / 32768, RATE_HZ, 44_100).astype(np.float32)
    _, finals = stream(INCREMENTAL, sound, range(500, len(sound), 500), rate_hz=44_100)
    whole = INCREMENTAL._predictor.extractor.signal_of(sound, 44_100).values
    assert len(finals) == 2
    for final in finals:
        part = whole[round(final.start_s * RATE_HZ) : round(final.end_s * RATE_HZ)]
        expected = INCREMENTAL.transcribe(part, RATE_HZ, voice_activity="energy")
        assert_equal(final.prediction, later(expected, final.start_s))


def test_the_recognizers_own_decoder_finds_the_finals() -> None:
    using = recognizer()
    using._predictor = using._predictor.with_decoder(
        Beam(witten_bell([["a"], ["a", "ca"]], 2), lm_weight=0.5, word_bonus=1.0)
    )
    _, [final] = stream(using, tones(1, (0.4,)))
    part = tones(1, (0.4,))[round(final.start_s * RATE_HZ) : round(final.end_s * RATE_HZ)]
    assert_equal(final.prediction, later(using.transcribe(part, RATE_HZ, voice_activity="energy"), final.start_s))


def test_a_stream_that_ends_in_a_pause_leaves_the_same_pause_out() -> None:
    sound = tones(1, (0.4, 1.0))
    _, [whole, _] = stream(INCREMENTAL, sound)
    _, [cut] = stream(INCREMENTAL, sound[: round((whole.end_s + 0.15) * RATE_HZ)])
    assert (cut.start_s, cut.end_s) == (whole.start_s, whole.end_s)
    assert_equal(cut.prediction, whole.prediction)
    _, [early] = stream(INCREMENTAL, sound[: round((whole.end_s - 0.05) * RATE_HZ)])
    assert early.end_s == pytest.approx(whole.end_s - 0.05)


def test_silence_gives_nothing_and_keeps_little() -> None:
    opened = INCREMENTAL.stream(RATE_HZ)
    assert isinstance(opened, SoundStream)
    assert opened.add(np.zeros(60 * RATE_HZ, np.int16)) == []
    assert len(opened._held) < 3 * RATE_HZ
    assert opened.finish() == []


def test_latencies() -> None:
    assert INCREMENTAL.stream(RATE_HZ).latency_s == pytest.approx(0.032 + 0.01 + 0.0125)
    assert RECOMPUTED.stream(RATE_HZ).latency_s == pytest.approx(0.532)


def test_obstacles_are_named() -> None:
    using = recognizer(encoder={}, features={"dynamic_range_db": 60.0})
    with pytest.raises(InputError) as refused:
        using.stream(RATE_HZ, StreamSettings(incremental=True))
    for setting in ("encoder.direction=forward", "features.cmvn=none", "features.dynamic_range_db=null"):
        assert f"set {setting}" in str(refused.value)
    assert stream(INCREMENTAL, tones(1), how=StreamSettings(True, "energy"))[1]
    whole_clips = recognizer(encoder=FORWARD, features={"cmvn": "mean"})
    assert len(stream(whole_clips, tones(1))[1]) == 3


def test_wrong_chunks_and_settings_are_refused() -> None:
    opened = INCREMENTAL.stream(RATE_HZ)
    with pytest.raises(MediaError, match="expected sound"):
        opened.add(np.zeros(10, np.int32))
    with pytest.raises(MediaError, match="not finite"):
        opened.add(np.array([np.nan]))
    with pytest.raises(MediaError, match="rate_hz is 5"):
        INCREMENTAL.stream(5)
    with pytest.raises(InputError, match=r"pause_s must be from .* to 2; found 9"):
        StreamSettings(pause_s=9)
    with pytest.raises(InputError, match="voice_activity"):
        StreamSettings(voice_activity="ears")  # type: ignore[arg-type]
    assert opened.add(np.zeros(0)) == []
    opened.finish()
    with pytest.raises(InputError, match="finished"):
        opened.add(np.zeros(10))
    with pytest.raises(InputError, match="finished"):
        opened.finish()
