"""Clips with targets that can be learned."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.text_rules import DEFAULT_RULES
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.classification import Classification
from recognizers.head.ctc import Ctc
from recognizers.training.targets import build_vocabulary, encode_targets, target_of
from recognizers.vocabulary import Unit, Vocabulary
from tests.recognizers.conftest import EXTRACTOR, StoreSignals

LETTERS = Vocabulary("character", ("a", "b", "c"))


def clip(name: str, text: str | None = None, label: str | None = None, split: str = "train") -> Clip:
    return Clip(name, Path(f"{name}.wav"), text=text, label=label, split=split)


def encoder_with(subsampling: int) -> BiLstm:
    return BiLstm(EXTRACTOR.num_features, layers=1, hidden_size=4, subsampling=subsampling).eval()


@pytest.mark.parametrize(
    ("text", "duration_s", "subsampling", "frames", "min_frames"),
    [
        ("abc", 0.03, 1, 3, 3),
        ("aab", 0.04, 1, 4, 4),
        ("abc", 0.07, 3, 7, 7),
        ("aab", 0.1, 3, 10, 10),
        ("a", 1, 4, 100, 1),
    ],
)
def test_targets_that_just_fit_are_accepted(
    store_signals: StoreSignals, text: str, duration_s: float, subsampling: int, frames: int, min_frames: int
) -> None:
    encoder, head = encoder_with(subsampling), Ctc(8, LETTERS)
    prepared = store_signals([clip("one", text)], [duration_s])
    [taken], failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder, head)
    assert failures == []
    assert taken.target == tuple(LETTERS.encode(text))
    assert (taken.num_frames, taken.min_frames) == (frames, min_frames)
    # With this number of frames the loss is finite, with one fewer it is infinite.
    values = torch.from_numpy(EXTRACTOR.frames(prepared.signal(taken.clip)).values)
    assert len(values) == frames
    for count, finite in ((min_frames, True), (min_frames - 1, False)):
        if count:
            encoded, lengths = encoder(values[None, :count], torch.tensor([count]))
            loss = head.loss(encoded, lengths, torch.tensor([taken.target]), torch.tensor([len(text)]))
            assert torch.isfinite(loss).item() == finite


def test_clips_too_short_for_their_target_are_reported_and_left_out(
    store_signals: StoreSignals, caplog: pytest.LogCaptureFixture
) -> None:
    prepared = store_signals([clip("fine", "abc"), clip("short", "aabc"), clip("too", "abc")], [1, 0.12, 0.05])
    good, failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder_with(3), Ctc(8, LETTERS))
    assert [entry.clip.id for entry in good] == ["fine"]
    assert [(failure.id, failure.path) for failure in failures] == [("short", "short.wav"), ("too", "too.wav")]
    assert failures[0].reason == (
        "clip short: its target of 4 symbols needs 5 encoded frames, but its 12 frames give 4; correct the transcript "
        "or the times, lower encoder.subsampling (now 3) or raise the frame rate"
    )
    assert "2 clips are left out because of their targets; the first: clip short" in caplog.text


def test_clips_with_unknown_symbols_or_without_text_are_reported_and_left_out(store_signals: StoreSignals) -> None:
    prepared = store_signals(
        [clip("odd", "abz"), clip("fine", "ab"), clip("none"), clip("blank", " "), clip("sign", None, "a")]
    )
    good, failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder_with(1), Ctc(8, LETTERS))
    assert [entry.clip.id for entry in good] == ["fine"]
    reasons = {failure.id: failure.reason for failure in failures}
    assert reasons["odd"].startswith(
        "clip odd: the target 'abz' contains characters that the training split does not: 'z'"
    )
    assert reasons["none"].endswith("clip none: has no text, which this head learns")
    assert reasons["blank"].endswith("clip blank: has no text, which this head learns")
    assert "it has a label: did you mean head=classification?" in reasons["sign"]


def test_clips_of_scored_splits_stay_without_a_target(
    store_signals: StoreSignals, caplog: pytest.LogCaptureFixture
) -> None:
    clips = [
        clip("odd", "abz", split="validation"),
        clip("long", "abc", split="validation"),
        clip("none", split="validation"),
        clip("odd too", "z"),
        clip("fine", "Ab", split="validation"),
    ]
    head = Ctc(8, replace(LETTERS, normalize=("lowercase",)))
    found = encode_targets(
        store_signals(clips, [1, 0.05, 1, 1, 1]), EXTRACTOR.frame_rate_hz, encoder_with(3), head, ("validation",)
    )
    assert [(entry.clip.id, entry.target, entry.reference) for entry in found[0]] == [
        ("odd", (), "abz"),
        ("long", (), "abc"),
        ("fine", (1, 2), "ab"),
    ]
    assert [failure.id for failure in found[1]] == ["none", "odd too"]
    assert "2 validation clips count in the scores, but not in the loss, because of their targets; the" in caplog.text


def test_a_label_needs_one_frame_at_any_subsampling(store_signals: StoreSignals) -> None:
    head = Classification(8, Vocabulary("label", ("go", "stop")))
    prepared = store_signals([clip("one", label="stop")], [0.005])
    [taken], failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder_with(4), head)
    assert failures == []
    assert (taken.target, taken.num_frames, taken.min_frames) == ((1,), 1, 1)


@pytest.mark.parametrize(
    ("row", "unit", "target"),
    [
        (clip("x", "hello", "greeting"), "character", "hello"),
        (clip("x", "hello", "greeting"), "word", "hello"),
        (clip("x", "hello", "greeting"), "label", "greeting"),
    ],
)
def test_target_of_returns_the_text_or_the_label(row: Clip, unit: Unit, target: str) -> None:
    assert target_of(row, unit, DEFAULT_RULES) == target


@pytest.mark.parametrize(
    ("row", "unit", "message"),
    [
        (clip("x", text="hi"), "label", r"^clip x: has no label, which .*; it has a text: did you mean head=ctc\?$"),
        (
            clip("x", label="hi"),
            "word",
            r"^clip x: has no text, .*; it has a label: did you mean head=classification\?$",
        ),
        (clip("x"), "label", "^clip x: has no label, which this head learns$"),
    ],
)
def test_a_missing_target_suggests_the_other_head(row: Clip, unit: Unit, message: str) -> None:
    with pytest.raises(InputError, match=message):
        target_of(row, unit, DEFAULT_RULES)


def test_a_target_of_which_the_rules_leave_nothing_is_an_error() -> None:
    with pytest.raises(InputError, match=r"^clip x: nothing is left of its text '\\u200b' after text.normalize=\['inv"):
        target_of(clip("x", text="\u200b"), "character", ["invisible"])
    assert build_vocabulary([clip("1", "\u200b"), clip("2", "cba")], "character") == LETTERS


def test_targets_are_spelled_by_the_rules(store_signals: StoreSignals) -> None:
    clips = [clip("1", "A\u00adb"), clip("2", "b\u200bC")]
    vocabulary = build_vocabulary(clips, "character", ["invisible", "lowercase"])
    assert (vocabulary.symbols, vocabulary.normalize) == (("a", "b", "c"), ("invisible", "lowercase"))
    prepared = store_signals(clips, [1.0, 1.0])
    taken, failures = encode_targets(prepared, EXTRACTOR.frame_rate_hz, encoder_with(1), Ctc(8, vocabulary))
    assert ([each.target for each in taken], failures) == ([(1, 2), (2, 3)], [])


def test_the_vocabulary_comes_from_the_training_clips() -> None:
    clips = [clip("1", "ba"), clip("2", "xyz", split="test"), clip("3", "q", split="validation"), clip("4", "ac")]
    assert build_vocabulary(clips, "character") == LETTERS
    with pytest.raises(InputError, match="no row has the split 'train'"):
        build_vocabulary([replace(each, split="test") for each in clips], "character")
