"""Transcripts and labels that the page makes of emissions and segments: those of Python."""

from typing import Any

import numpy as np
import pytest

from recognizers.decoder.greedy import Greedy
from recognizers.inference.confidence import mean_confidence
from recognizers.inference.ctc_alignment import Symbol, align
from recognizers.inference.line_breaks import characters_for_breaks
from recognizers.inference.sign_sequence import join_labels
from recognizers.inference.stitching import DecodedSegment, stitch
from recognizers.interpreter import best_label
from recognizers.prediction import Label
from recognizers.segmentation.pause_splitting import ACTIVE, QUIET, Segment
from recognizers.segmentation.voice_activity import VoiceActivity
from recognizers.vocabulary import Vocabulary

pytestmark = pytest.mark.browser

VOCABULARIES = [
    Vocabulary("character", (" ", "a", "b", "'", "\u3000")),
    Vocabulary("character", tuple("東京。、「」２年っかと")),
    Vocabulary("character", ("ภ", "า", "ษ", "ไ", "ท", "ย")),
    Vocabulary("word", ("go", "stop", "東", "京")),
]


def described(vocabulary: Vocabulary) -> dict[str, Any]:
    """What the description of a recognizer says of its vocabulary."""
    return {
        "unit": vocabulary.unit,
        "symbols": [*[""] * vocabulary.first_id, *vocabulary.symbols],
        "separator": " " if vocabulary.unit == "word" else "",
        "characters": characters_for_breaks("".join(vocabulary.symbols)),
    }


def test_greedy_decoding_finds_symbols_and_times(call) -> None:
    rng = np.random.default_rng(0)
    cases = []
    for _ in range(60):
        ids = np.repeat(rng.integers(0, 5, 30), rng.integers(1, 4, 30))[: int(rng.integers(1, 80))]
        scores = rng.standard_normal((len(ids), 5)) + 4 * np.eye(5)[ids]
        cases.append(np.log(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)).astype(np.float32))
    body = """return given[0].map((values) => module.decodeGreedily(
        { values, rows: values.length / 5, width: 5, rateHz: 100 / 3 }, 100));"""
    for found, log_probs in zip(call("ctc_decoding", body, [case.ravel() for case in cases]), cases, strict=True):
        vocabulary = Vocabulary("character", tuple("abcd"))
        [(ids, confidence)] = Greedy().decode(log_probs[None], np.array([len(log_probs)]), vocabulary)
        assert found["confidence"] == pytest.approx(confidence, abs=1e-6)
        for symbol, wanted in zip(found["symbols"], align(log_probs, ids, 100 / 3, 100.0), strict=True):
            assert (symbol["id"], symbol["startS"], symbol["endS"]) == (wanted.id, wanted.start_s, wanted.end_s)
            assert symbol["confidence"] == pytest.approx(wanted.confidence, abs=1e-6)


def random_segments(rng: np.random.Generator, num_ids: int) -> list[DecodedSegment]:
    """Segments with symbols, some of them overlapping windows that agree on most symbols."""
    segments, start_s = [], float(rng.uniform(0, 1))
    spoken = [(int(rng.integers(1, num_ids)), time_s) for time_s in np.arange(0, 60, 0.25)]
    for _ in range(int(rng.integers(1, 6))):
        overlap_s = 3.0 if segments and rng.random() < 0.6 else 0.0
        begin_s = start_s - overlap_s if overlap_s else start_s + float(rng.uniform(0, 2))
        segment = Segment(begin_s, begin_s + float(rng.uniform(3.5, 9)), overlap_s)
        symbols = []
        for symbol, time_s in spoken:
            if not segment.start_s <= time_s < segment.end_s or rng.random() < 0.15:
                continue
            shifted_s = time_s + float(rng.uniform(0, 0.06))
            wrong = rng.random() < 0.1
            symbol = int(rng.integers(1, num_ids)) if wrong else symbol
            symbols.append(Symbol(symbol, shifted_s, shifted_s + float(rng.choice([0.03, 0.1])), float(rng.random())))
        segments.append(DecodedSegment(segment, symbols, float(rng.random())))
        start_s = segment.end_s
    return segments


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=["latin", "japanese", "thai", "words"])
@pytest.mark.parametrize("has_activity", [True, False])
def test_segments_are_stitched_to_the_same_words(call, vocabulary: Vocabulary, has_activity: bool) -> None:
    rng = np.random.default_rng(1)
    body = """const { Vocabulary } = await import("/recognition/vocabulary.js");
        const { LineBreaks } = await import("/recognition/line_breaks.js");
        const { VoiceActivity } = await import("/recognition/voice_activity.js");
        const [about, cases] = given;
        return cases.map(([decoded, durationS, states]) => module.stitch(decoded, new Vocabulary(about),
            new LineBreaks(about.characters), durationS, states ? new VoiceActivity(states) : null));"""
    cases, given = [], []
    for _ in range(40):
        segments = random_segments(rng, vocabulary.num_ids)
        duration_s = segments[-1].segment.end_s + float(rng.choice([0.0, 0.5]))
        states = None
        if has_activity:
            runs = rng.integers(3, 60, 400)
            states = np.repeat(np.resize([ACTIVE, QUIET], 400), runs)[: int(duration_s * 100) + 1].astype(np.int8)
        cases.append((segments, duration_s, None if states is None else VoiceActivity(states)))
        given.append([[as_page(each) for each in segments], duration_s, states])
    for found, (segments, duration_s, activity) in zip(
        call("stitching", body, described(vocabulary), given), cases, strict=True
    ):
        wanted = stitch(segments, vocabulary, duration_s, activity)
        assert found["text"] == wanted.text
        assert found["confidence"] == pytest.approx(wanted.confidence, abs=1e-12)
        for word, other in zip(found["words"], wanted.words, strict=True):
            assert word["word"] == other.text
            assert (word["startS"], word["endS"]) == pytest.approx((other.start_s, other.end_s), abs=1e-12)
            assert word["confidence"] == pytest.approx(other.confidence, abs=1e-12)


def as_page(part: DecodedSegment) -> dict[str, Any]:
    segment = part.segment
    return {
        "segment": {"startS": segment.start_s, "endS": segment.end_s, "overlapS": segment.overlap_s},
        "symbols": [
            {"id": each.id, "startS": each.start_s, "endS": each.end_s, "confidence": each.confidence}
            for each in part.symbols
        ],
        "confidence": part.confidence,
    }


def test_labels_are_ranked_and_joined(call) -> None:
    rng = np.random.default_rng(2)
    vocabulary = Vocabulary("label", ("10", "2", "go", "stop"))
    cases = [np.log(rng.choice([0.1, 0.2, 0.3, 1e-9], 4)).astype(np.float32) for _ in range(20)]  # with ties
    body = "return given[0].map((values) => module.rankLabels({ values }, given[1]));"
    ranked = call("labels", body, cases, list(vocabulary.symbols))
    for top, log_probs in zip(ranked, cases, strict=True):
        wanted = list(best_label(log_probs, vocabulary).scores.items())
        assert [(each["label"], pytest.approx(each["score"], abs=1e-6)) for each in top] == wanted
    for count in range(3):
        labels = [Label("go", number, number + 1.5, 0.5 + number / 4, {}) for number in range(count)]
        signs = [{"label": "go", "startS": x.start_s, "endS": x.end_s, "confidence": x.confidence} for x in labels]
        found = call("labels", "return module.joinLabels(given[0]);", [each | {"top": []} for each in signs])
        joined = join_labels(labels, 5.0)
        assert found["label"] == joined.label
        assert found["confidence"] == pytest.approx(joined.confidence, abs=1e-12)
    parts = [(0.0, 1.0), (0.5, 2.0)]
    mean = call("confidence", "return module.meanConfidence(given[0]);", parts)
    assert mean == pytest.approx(mean_confidence(parts), rel=1e-9)
