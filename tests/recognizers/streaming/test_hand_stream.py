"""Signs in landmarks that come in chunks."""

from collections.abc import Iterable

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import MediaError
from recognizers import Classification, Final, Partial, Recognizer, StreamSettings, Transcript
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import Classification as ClassificationHead
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.vocabulary import Vocabulary

RATE_HZ = 30.0


def recognizer(text: bool = False) -> Recognizer:
    torch.manual_seed(0)
    extractor = HandKeypoints()
    encoder = BiLstm(extractor.num_features, layers=1, hidden_size=8)
    vocabulary = Vocabulary("character", ("a", "b")) if text else Vocabulary("label", ("hello", "thanks", "yes"))
    head = (Ctc if text else ClassificationHead)(encoder.num_outputs, vocabulary)
    return Recognizer(Predictor.of(extractor, encoder, head))


def signing(signs_s: Iterable[tuple[float, float]], duration_s: float) -> np.ndarray:
    """Return landmarks (T, 21, 3) of a hand that is in view, and moves, during signs only."""
    rng = np.random.default_rng(0)
    hand = rng.normal(0, 0.05, (21, 3))
    frames = np.full((round(duration_s * RATE_HZ), 21, 3), np.nan)
    for start_s, end_s in signs_s:
        for index in range(round(start_s * RATE_HZ), round(end_s * RATE_HZ)):
            place = np.array([0.5 + 0.2 * np.cos(index / 4), 0.5 + 0.2 * np.sin(index / 4), 0])
            frames[index] = hand + place + rng.normal(0, 0.001, 3)
    return frames.astype(np.float32)


SIGNING = signing([(1.0, 2.2), (4.0, 5.5), (7.0, 7.9)], 9.0)


def stream(using: Recognizer, landmarks: np.ndarray, size: int, how: StreamSettings | None = None) -> list[list]:
    opened = using.stream(RATE_HZ, how)
    results = [[each for each in opened.add(landmarks[i : i + size])] for i in range(0, len(landmarks), size)]
    return [*results, opened.finish()]


def finals(results: list[list]) -> list[Final]:
    return [each for part in results for each in part if isinstance(each, Final)]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_finals_are_what_classify_gives_for_their_frames(size: int) -> None:
    using = recognizer()
    found = finals(stream(using, SIGNING, size))
    assert len(found) == 3
    for final, begins_s in zip(found, (1.0, 4.0, 7.0), strict=True):
        assert final.start_s == pytest.approx(begins_s, abs=0.15)
        part = SIGNING[round(final.start_s * RATE_HZ) : round(final.end_s * RATE_HZ)]
        expected = using.classify(part, RATE_HZ)
        assert isinstance(final.prediction, Classification)
        assert final.prediction.scores == pytest.approx(expected.scores, abs=1e-5)
        [label] = final.prediction.labels
        assert label.start_s == final.start_s
        assert label.end_s == pytest.approx(final.end_s)
    whole = using.classify(SIGNING, RATE_HZ)
    assert [each.start_s for each in found] == pytest.approx([each.start_s for each in whole.labels])
    assert [each.text for each in found] == [each.text for each in whole.labels]


def test_a_sign_is_known_soon_after_the_hands_are_gone_and_guessed_before() -> None:
    results = stream(recognizer(), SIGNING, 1)
    first = next(index for index, part in enumerate(results) if any(isinstance(each, Final) for each in part))
    assert 2.2 < first / RATE_HZ < 3.2
    partials = [each for part in results for each in part if isinstance(each, Partial)]
    assert partials
    assert all(each.text in ("hello", "thanks", "yes") for each in partials)
    silent = stream(recognizer(), SIGNING, 1, StreamSettings(partial_every_s=None))
    assert not [each for part in silent for each in part if isinstance(each, Partial)]


def test_text_is_found_between_pauses() -> None:
    using = recognizer(text=True)
    found = finals(stream(using, SIGNING, 5))
    assert len(found) == 3
    for final in found:
        assert isinstance(final.prediction, Transcript)
        part = SIGNING[round(final.start_s * RATE_HZ) : round(final.end_s * RATE_HZ)]
        assert final.text == using.transcribe(part, RATE_HZ).text


def test_a_short_stream_without_pauses_is_one_clip() -> None:
    using = recognizer()
    clip = signing([(0, 0.2)], 0.2)
    [final] = finals(stream(using, clip, 2))
    assert final.prediction.scores == pytest.approx(using.classify(clip, RATE_HZ).scores, abs=1e-5)  # type: ignore[union-attr]


def test_no_hands_give_nothing_and_memory_is_bounded() -> None:
    opened = recognizer().stream(RATE_HZ)
    for _ in range(40):
        assert opened.add(np.full((30, 2, 21, 3), np.nan, np.float32)) == []
    assert len(opened._held) == 900  # type: ignore[attr-defined]
    assert opened.finish() == []


def test_wrong_chunks_are_refused() -> None:
    opened = recognizer().stream(RATE_HZ)
    with pytest.raises(MediaError, match="expected"):
        opened.add(np.zeros((3, 5, 3), np.float32))
    with pytest.raises(MediaError, match="rate_hz is 0"):
        recognizer().stream(0)
    with pytest.raises(InputError, match="only those of sound need not be"):
        recognizer(text=True).stream(RATE_HZ, StreamSettings(incremental=True))
    assert opened.add(np.zeros((0, 21, 3), np.float32)) == []
    opened.finish()
    with pytest.raises(InputError, match="finished"):
        opened.add(SIGNING)
