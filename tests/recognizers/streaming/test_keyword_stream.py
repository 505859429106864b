"""Keywords in a stream, found by a recognizer whose probabilities are known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from data_prep.features.mfcc import Mfcc
from recognizers import Classification, Final, Recognizer, StreamSettings
from recognizers.interpreter import LabelInterpreter
from recognizers.vocabulary import Vocabulary
from tests.recognizers.streaming.recognizers_for_streams import RATE_HZ, recognizer, tones

ENERGY = StreamSettings(voice_activity="energy", threshold=0.8)


@dataclass(frozen=True)
class LoudnessListener:
    """Hears "loud" in windows in which tones are loud for a good part, and otherwise hardly anything."""

    extractor: Any = field(default_factory=lambda: Mfcc(sample_rate_hz=RATE_HZ, num_coefficients=13, cmvn="none"))
    interpreter: LabelInterpreter = field(
        default_factory=lambda: LabelInterpreter(Vocabulary("label", ("loud", "other")))
    )
    heard: list[float] = field(default_factory=list)

    def emissions(self, clips: Sequence[Frames], batch_size: int) -> list[np.ndarray]:
        [clip] = clips
        share = float((clip.values[:, 0] > -70).mean())
        self.heard.append(share)
        loud = 0.95 if share > 0.15 else 0.4
        return [np.log(np.array([loud, 1 - loud], np.float32))]


def keywords(predictor: Any, sound: np.ndarray, size: int, how: StreamSettings = ENERGY) -> list[Final]:
    stream = Recognizer(predictor).stream(RATE_HZ, how)
    results = [each for start in range(0, len(sound), size) for each in stream.add(sound[start : start + size])]
    return [*results, *stream.finish()]  # type: ignore[list-item]


@pytest.mark.parametrize("size", [100, 1601, 10**6])
def test_each_word_is_found_once(size: int) -> None:
    found = keywords(LoudnessListener(), tones(0, (2.0, 3.0)), size)
    assert [each.text for each in found] == ["loud", "loud"]
    for final, begins_s in zip(found, (2.0, 6.0), strict=True):
        assert isinstance(final.prediction, Classification)
        assert begins_s - 0.7 < final.start_s < begins_s + 0.1
        assert final.prediction.labels[0].start_s == final.start_s
        assert final.end_s - final.start_s == pytest.approx(1.0)
        assert final.prediction.confidence == pytest.approx(0.95, abs=1e-5)
        assert list(final.prediction.scores) == ["loud", "other"]


def test_nothing_is_computed_where_there_is_no_speech() -> None:
    listener = LoudnessListener()
    keywords(listener, np.random.default_rng(0).normal(0, 20, 20 * RATE_HZ).astype(np.int16), 4000)
    assert listener.heard == []


def test_refractory_time_threshold_and_ignored_labels() -> None:
    sound = tones(0, (1.0, 0.0, 0.0))
    assert len(keywords(LoudnessListener(), sound, 800)) == 3
    long = StreamSettings(voice_activity="energy", threshold=0.8, refractory_s=10.0)
    assert len(keywords(LoudnessListener(), sound, 800, long)) == 1
    high = StreamSettings(voice_activity="energy", threshold=0.96)
    assert keywords(LoudnessListener(), sound, 800, high) == []
    deaf = StreamSettings(voice_activity="energy", threshold=0.8, ignored=("loud",))
    assert keywords(LoudnessListener(), sound, 800, deaf) == []
    with pytest.raises(InputError, match="ignored: 'lout' is no label; found loud, other"):
        keywords(LoudnessListener(), sound, 800, StreamSettings(ignored=("lout",)))


def test_a_stream_that_is_shorter_than_a_window_is_one_clip() -> None:
    using = recognizer(label=True)
    sound = tones(1, (0.0,))[:5000]
    [final] = keywords(using._predictor, sound, 700, StreamSettings(voice_activity="energy", threshold=0.0))
    expected = using.classify(sound, RATE_HZ)
    assert final.text == expected.label
    assert final.prediction.confidence == pytest.approx(expected.confidence, abs=1e-5)
    assert (final.start_s, final.end_s) == (0.0, 5000 / RATE_HZ)


def test_true_streaming_is_refused() -> None:
    with pytest.raises(InputError, match="head=classification gives a label to a whole clip"):
        recognizer(label=True).stream(RATE_HZ, StreamSettings(incremental=True))


def test_windows_may_not_leave_sound_out() -> None:
    with pytest.raises(InputError, match=r"step_s must be at most window_s, which is 0.5; found 0.6"):
        StreamSettings(window_s=0.5, step_s=0.6)
