"""Objects from specifications, and what no specification may reach."""

import functools
from typing import Any

import pytest

from data_prep.errors import InputError
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media
from recognizers.augment.speech import SpeechAugment
from recognizers.build import build, describe, resolve
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.encoder.bilstm import BiLstm

MFCC = "data_prep.features.mfcc.Mfcc"


def test_build_makes_the_object_with_its_settings() -> None:
    encoder = build({"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 5}, num_features=3)
    assert isinstance(encoder, BiLstm)
    assert (len(encoder.layers), encoder.num_outputs) == (2, 10)


def test_what_is_described_can_be_built_again() -> None:
    specification = describe(Beam(beam_size=7, lm_weight=0.5))
    assert specification["_target_"] == "recognizers.decoder.beam.Beam"
    assert build(specification) == Beam(beam_size=7, lm_weight=0.5)
    assert describe(Greedy()) == {"_target_": "recognizers.decoder.greedy.Greedy"}


def test_nested_specifications_are_built_first_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    construct = Media.__init__

    @functools.wraps(construct)
    def counted(self: Media, **settings: Any) -> None:
        made.append(settings["encoding"])
        construct(self, **settings)

    monkeypatch.setattr(Media, "__init__", counted)
    inner = {"_target_": "data_prep.media.file.Media", "path": "x", "encoding": "inner"}
    middle = {"_target_": "data_prep.media.file.Media", "path": inner, "encoding": "middle"}
    outer = build({"_target_": "data_prep.media.file.Media", "path": middle, "encoding": "outer"})
    assert outer.path.path.encoding == "inner"
    assert made == ["inner", "middle", "outer"]


def test_lists_become_tuples() -> None:
    augment = build({"_target_": "recognizers.augment.speech.SpeechAugment", "speed": [0.5, 2.0]})
    assert augment == SpeechAugment(speed=(0.5, 2.0))
    assert hash(augment) == hash(SpeechAugment(speed=(0.5, 2.0)))


def test_a_specification_in_a_list_is_refused_like_any_other() -> None:
    with pytest.raises(InputError, match=r"os\.system"):
        build({"_target_": MFCC, "kind": [{"deeper": {"_target_": "os.system", "command": "true"}}]})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_coeficients": 20}, r"Mfcc has no setting 'num_coeficients'; did you mean 'num_coefficients'\?"),
        ({"zzz": 1}, "Mfcc has no setting 'zzz'; it has kind, sample_rate_hz, num_coefficients"),
        ({"hop_ms": -1}, "hop_ms must be above 0"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build({"_target_": MFCC, **settings})


def test_missing_settings_are_named() -> None:
    with pytest.raises(InputError, match="BiLstm needs num_features"):
        build({"_target_": "recognizers.encoder.bilstm.BiLstm"})


@pytest.mark.parametrize(
    "target",
    [
        # Not ours.
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "torch.nn.Linear",
        "pathlib.Path",
        "pipelines.command.Outcome",
        "recognizersx.bundle.EncoderAndHead",
        "recognizers",
        "data_prep",
        # Reachable through our modules, but defined elsewhere.
        "data_prep.media.np",
        "data_prep.media.av",
        "data_prep.media.Path",
        "data_prep.media.InputError",
        "recognizers.bundle.torch",
        "recognizers.bundle.torch.load",
        "recognizers.bundle.torch.nn.Linear",
        "recognizers.bundle.nn",
        "recognizers.bundle.Path",
        "recognizers.bundle.Any",
        "recognizers.bundle.Vocabulary",
        "recognizers.build.importlib",
        # Ours, but no classes.
        "recognizers.bundle",
        "recognizers.build.build",
        "recognizers.bundle.load_bundle",
        "recognizers.bundle.load_weights",
        "data_prep.prepare.attempt",
        "recognizers.bundle.FORMAT",
        "recognizers.encoder.bilstm.CELLS",
        # Dotted tricks.
        "recognizers.bundle.EncoderAndHead.__init__",
        "recognizers.bundle.EncoderAndHead.__class__",
        "recognizers.bundle.EncoderAndHead.__init__.__globals__",
        "recognizers.vocabulary.Vocabulary.of_targets",
        "recognizers.bundle.__builtins__",
        "recognizers.bundle.__loader__",
        "recognizers.bundle.__class__",
        ".recognizers.bundle.EncoderAndHead",
        "recognizers..bundle.EncoderAndHead",
        "recognizers.bundle..Recognizer",
        "recognizers.bundle.EncoderAndHead.",
        "recognizers.bundle:EncoderAndHead",
        "recognizers/bundle.EncoderAndHead",
        "recognizers.bundle.EncoderAndHead()",
        "recognizers.../os.system",
        "recognizers.bundle.\0",
        "recognizers.\0.Recognizer",
        # Nothing at all.
        "",
        ".",
        "recognizers.",
        None,
        7,
        ["os.system"],
        {"_target_": "os.system"},
    ],
)
def test_only_classes_defined_in_our_own_modules_are_resolved(target: Any) -> None:
    with pytest.raises(InputError, match="_target_"):
        resolve(target)


def test_a_specification_without_target_is_refused() -> None:
    with pytest.raises(InputError, match="_target_ None is not allowed"):
        build({"layers": 3})


def test_a_class_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match=r"'recognizers\.encoder\.bilstm\.Lstm' cannot be found"):
        resolve("recognizers.encoder.bilstm.Lstm")


def test_a_class_of_ours_is_resolved() -> None:
    assert resolve("data_prep.features.hand_keypoints.HandKeypoints") is HandKeypoints
