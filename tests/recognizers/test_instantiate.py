"""Objects from specifications, and what no specification may reach."""

import functools
from typing import Any

import pytest

from data_prep.errors import InputError
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.media import Media
from recognizers.augment.speech import SpeechAugment
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.encoder.bilstm import BiLstm
from recognizers.instantiate import describe, instantiate, resolve

MFCC = "data_prep.features.mfcc.Mfcc"


def test_build_makes_the_object_with_its_settings() -> None:
    encoder = instantiate(
        {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 5}, num_features=3
    )
    assert isinstance(encoder, BiLstm)
    assert (len(encoder.layers), encoder.num_outputs) == (2, 10)


def test_what_is_described_can_be_built_again() -> None:
    specification = describe(Beam(beam_size=7, lm_weight=0.5))
    assert specification["_target_"] == "recognizers.decoder.beam.Beam"
    assert instantiate(specification) == Beam(beam_size=7, lm_weight=0.5)
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
    outer = instantiate({"_target_": "data_prep.media.file.Media", "path": middle, "encoding": "outer"})
    assert outer.path.path.encoding == "inner"
    assert made == ["inner", "middle", "outer"]


def test_lists_become_tuples() -> None:
    augment = instantiate({"_target_": "recognizers.augment.speech.SpeechAugment", "speed": [0.5, 2.0]})
    assert augment == SpeechAugment(speed=(0.5, 2.0))
    assert hash(augment) == hash(SpeechAugment(speed=(0.5, 2.0)))


def test_a_specification_in_a_list_is_refused_like_any_other() -> None:
    with pytest.raises(InputError, match=r"os\.system"):
        instantiate({"_target_": MFCC, "kind": [{"deeper": {"_target_": "os.system", "command": "true"}}]})


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
        instantiate({"_target_": MFCC, **settings})


def test_missing_settings_are_named() -> None:
    with pytest.raises(InputError, match="BiLstm needs num_features"):
        instantiate({"_target_": "recognizers.encoder.bilstm.BiLstm"})


@pytest.mark.parametrize(
    "target",
    [
        # Not ours.
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "torch.nn.Linear",
        "pathlib.Path",
        "pipelines.cli.command.Outcome",
        "recognizersx.bundle.EncoderAndHead",
        "recognizers",
        "data_prep",
        # Reachable through our modules, but defined elsewhere.
        "data_prep.media.np",
        "data_prep.media.av",
        "data_prep.media.Path",
        "data_prep.media.InputError",
        "recognizers.bundle.weights.torch",
        "recognizers.bundle.weights.torch.load",
        "recognizers.bundle.weights.torch.nn.Linear",
        "recognizers.bundle.weights.nn",
        "recognizers.bundle.weights.Path",
        "recognizers.bundle.weights.Any",
        "recognizers.bundle.weights.Vocabulary",
        "recognizers.instantiate.importlib",
        # Ours, but no classes.
        "recognizers.bundle.weights",
        "recognizers.instantiate.build",
        "recognizers.bundle.weights.load_bundle",
        "recognizers.bundle.weights.load_weights",
        "data_prep.prepare.guarded_call",
        "recognizers.bundle.weights.FORMAT",
        "recognizers.encoder.bilstm.CELLS",
        # Dotted tricks.
        "recognizers.bundle.weights.EncoderAndHead.__init__",
        "recognizers.bundle.weights.EncoderAndHead.__class__",
        "recognizers.bundle.weights.EncoderAndHead.__init__.__globals__",
        "recognizers.vocabulary.Vocabulary.of_targets",
        "recognizers.bundle.weights.__builtins__",
        "recognizers.bundle.weights.__loader__",
        "recognizers.bundle.weights.__class__",
        ".recognizers.bundle.EncoderAndHead",
        "recognizers..bundle.EncoderAndHead",
        "recognizers.bundle.weights..Recognizer",
        "recognizers.bundle.weights.EncoderAndHead.",
        "recognizers.bundle.weights:EncoderAndHead",
        "recognizers/bundle.EncoderAndHead",
        "recognizers.bundle.weights.EncoderAndHead()",
        "recognizers.../os.system",
        "recognizers.bundle.weights.\0",
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
        instantiate({"layers": 3})


def test_a_class_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match=r"'recognizers\.encoder\.bilstm\.Lstm' cannot be found"):
        resolve("recognizers.encoder.bilstm.Lstm")


def test_a_class_of_ours_is_resolved() -> None:
    assert resolve("data_prep.features.hand_keypoints.HandKeypoints") is HandKeypoints


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("data_prep.corpora.an4.An4", "data_prep.corpora.an4.an4.An4"),
        ("data_prep.corpora.an4_digits.An4Digits", "data_prep.corpora.an4.digits.An4Digits"),
        ("data_prep.corpora.an4_recombined.An4Recombined", "data_prep.corpora.an4.recombined.An4Recombined"),
    ],
)
def test_a_class_is_found_by_the_name_of_its_former_module(old: str, new: str) -> None:
    assert resolve(old) is resolve(new)
