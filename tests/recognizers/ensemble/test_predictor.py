"""Ensembles give what their members give together, whatever the batches."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import Frames, Signal
from data_prep.features.mfcc import Mfcc
from recognizers.bundle.spec import RecognizerSpec
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.encoder.bilstm import BiLstm
from recognizers.ensemble.labelling_search import search
from recognizers.ensemble.predictor import EnsemblePredictor
from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.inference.ctc_alignment import align
from recognizers.inference.predictor import Predictor
from recognizers.inference.recognize import RecordingQueue, Transcriber
from recognizers.inference.segments import RecordingReader
from recognizers.prediction import ClipLabel
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR, RATE_HZ

LETTERS = Vocabulary("character", tuple("abc"))
LABELS = Vocabulary("label", ("go", "left", "stop"))
#: Extractors of members: other coefficients, derivatives, another frame rate.
EXTRACTORS = (EXTRACTOR, replace(EXTRACTOR, deltas=1), replace(EXTRACTOR, hop_ms=20.0))


def member(vocabulary: Vocabulary, extractor: Mfcc = EXTRACTOR, seed: int = 0, subsampling: int = 1) -> Predictor:
    torch.manual_seed(seed)
    encoder = BiLstm(extractor.num_features, layers=1, hidden_size=8, subsampling=subsampling)
    kind = Classification if vocabulary.unit == "label" else Ctc
    head = kind(encoder.num_outputs, vocabulary)
    with torch.no_grad():
        head.linear.weight.mul_(10)  # otherwise an untrained recognizer gives the same for every clip
    return Predictor.of(extractor, encoder, head)


def ensemble(vocabulary: Vocabulary, extractors: Sequence[Mfcc] = EXTRACTORS) -> EnsemblePredictor:
    members = [member(vocabulary, extractor, seed, 1 + seed % 2) for seed, extractor in enumerate(extractors)]
    return EnsemblePredictor(members, [f"m{number}" for number in range(len(members))])


def signals() -> list[Signal]:
    rng = np.random.default_rng(0)
    lengths = (4000, 800, 2500, 400, 3100)
    return [Signal((3000 * rng.standard_normal(length)).astype(np.int16), RATE_HZ) for length in lengths]


def frames_of(predictor: EnsemblePredictor) -> list[Frames]:
    return [predictor.extractor.frames(signal) for signal in signals()]


def test_labels_have_the_mean_probability_of_members_with_different_features() -> None:
    together = ensemble(LABELS)
    predictions = together.predict(frames_of(together), 2)
    for signal, prediction in zip(signals(), predictions, strict=True):
        assert isinstance(prediction, ClipLabel)
        alone = [each.predict([each.extractor.frames(signal)], 1)[0] for each in together.members]
        for label, probability in prediction.scores.items():
            assert probability == pytest.approx(np.mean([each.scores[label] for each in alone]), abs=1e-5)  # type: ignore[union-attr]
        assert prediction.confidence == max(prediction.scores.values())
    assert len({prediction.text for prediction in predictions}) > 1


def test_texts_are_found_by_all_members() -> None:
    together = ensemble(LETTERS)
    for signal, prediction in zip(signals(), together.predict(frames_of(together), 3), strict=True):
        emissions = [each.emissions([each.extractor.frames(signal)], 1)[0] for each in together.members]
        ids, confidence = search(emissions, Greedy(), LETTERS)
        assert prediction.text == LETTERS.spell(ids)
        assert prediction.confidence == pytest.approx(confidence, abs=1e-4)


@pytest.mark.parametrize("vocabulary", [LETTERS, LABELS])
def test_predictions_do_not_depend_on_batches_or_order(vocabulary: Vocabulary) -> None:
    together = ensemble(vocabulary)
    clips = frames_of(together)
    alone = together.predict(clips, 1)
    for batch_size in (2, 100):
        for order in ([0, 1, 2, 3, 4], [3, 1, 4, 0, 2]):
            found = together.predict([clips[index] for index in order], batch_size)
            assert [each.text for each in found] == [alone[index].text for index in order]
            expected = [alone[index].confidence for index in order]
            assert [each.confidence for each in found] == pytest.approx(expected, abs=1e-4)


def test_symbols_may_be_in_another_order() -> None:
    reordered = Vocabulary("label", ("stop", "go", "left"))
    first, second = member(LABELS, seed=0), member(reordered, seed=1)
    together = EnsemblePredictor([first, second], ["a", "b"])
    [signal, *_] = signals()
    [prediction] = together.predict([together.extractor.frames(signal)], 1)
    alone = [each.predict([EXTRACTOR.frames(signal)], 1)[0].scores for each in (first, second)]  # type: ignore[union-attr]
    assert prediction.scores == pytest.approx({label: (alone[0][label] + alone[1][label]) / 2 for label in alone[0]})  # type: ignore[union-attr]
    letters = EnsemblePredictor([member(LETTERS), member(Vocabulary("character", tuple("cba")))], ["a", "b"])
    given = [letters.members[1].emissions([EXTRACTOR.frames(signal)], 1)[0]]
    [decoded] = letters.decode_clips([letters.extractor.frames(signal)], 1)
    emissions = [letters.members[0].emissions([EXTRACTOR.frames(signal)], 1)[0], given[0][:, [0, 3, 2, 1]]]
    assert decoded.ids == search(emissions, Greedy(), LETTERS)[0]


def test_word_times_are_those_of_the_first_member() -> None:
    together = ensemble(LETTERS)
    [signal, *_] = signals()
    transcriber = Transcriber(together, 4)
    queue = RecordingQueue(transcriber)  # type: ignore[var-annotated]
    reader = RecordingReader(together.extractor, None, "text")
    [recognized] = [*queue.add(None, reader.recording_of(signal)), *queue.flush()]
    first = together.members[0]
    [decoded] = together.decode_clips([together.extractor.frames(signal)], 1)
    [emissions] = first.emissions([first.extractor.frames(signal)], 1)
    symbols = align(emissions, decoded.ids, first.emission_rate_hz, first.extractor.frame_rate_hz)
    words = recognized.prediction.words
    assert recognized.prediction.text == LETTERS.spell(decoded.ids)
    assert words[0].confidence == pytest.approx(
        np.exp(np.mean([np.log(each.confidence) for each in symbols])), rel=1e-4
    )
    assert together.emission_rate_hz == first.emission_rate_hz


def test_another_decoder_is_used_for_all_members() -> None:
    together = ensemble(LABELS)
    with pytest.raises(InputError, match="Beam decodes sequences"):
        together.with_decoder(Beam())
    texts = ensemble(LETTERS)
    assert texts.with_decoder(Beam(beam_size=7)).interpreter.decoder == Beam(beam_size=7)


def refusal(*members: Predictor) -> str:
    with pytest.raises(InputError) as caught:
        EnsemblePredictor(members, [f"m{number}" for number in range(len(members))])
    return str(caught.value)


def test_members_must_fit_each_other() -> None:
    labels = member(LABELS)
    assert "at least two members; found 1" in refusal(labels)
    assert "at most 32 members; found 33" in refusal(*[labels] * 33)
    assert "m0 recognises labels and m1 recognises characters" in refusal(labels, member(LETTERS))
    more = member(Vocabulary("label", ("go", "left", "right", "stop")))
    assert "m2 knows 'right' and m0 does not (1 in all)" in refusal(labels, labels, more)
    assert "m0 knows 'right' and m1 does not (1 in all)" in refusal(more, labels)
    spelled = member(replace(LABELS, normalize=("nfc", "lowercase")))
    assert "text.normalize is" in refusal(labels, spelled)
    other_rate = member(LABELS, replace(EXTRACTOR, sample_rate_hz=16000))
    assert "another features.sample_rate_hz for sound" in refusal(labels, other_rate)


def test_recognizers_of_sound_and_of_hands_do_not_answer_together() -> None:
    spec = RecognizerSpec(
        {"_target_": "data_prep.features.hand_keypoints.HandKeypoints"},
        {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 1, "hidden_size": 4},
        {"_target_": "recognizers.head.classification.Classification"},
        LABELS,
    )
    assert "m0 reads audio and m1 reads hands" in refusal(member(LABELS), Predictor.of(*spec.build()))


def test_frames_of_another_extractor_are_refused(tmp_path: Path) -> None:
    together = ensemble(LABELS)
    with pytest.raises(TypeError, match="an ensemble needs frames of its own extractor; found Frames"):
        together.predict([EXTRACTOR.frames(signals()[0])], 1)
