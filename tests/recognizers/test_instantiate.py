"""Objects made from specifications, and the names that no specification may use."""

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


def test_instantiate_passes_settings_to_the_constructor() -> None:
    encoder = instantiate(
        {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 5}, num_features=3
    )
    assert isinstance(encoder, BiLstm)
    assert (len(encoder.layers), encoder.num_outputs) == (2, 10)


def test_instantiate_makes_an_equal_object_from_a_description() -> None:
    specification = describe(Beam(beam_size=7, lm_weight=0.5))
    assert specification["_target_"] == "recognizers.decoder.beam.Beam"
    assert instantiate(specification) == Beam(beam_size=7, lm_weight=0.5)
    assert describe(Greedy()) == {"_target_": "recognizers.decoder.greedy.Greedy"}


def test_nested_specifications_are_instantiated_first_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_forbidden_class_inside_a_list_is_refused() -> None:
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
def test_errors_name_the_wrong_setting(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        instantiate({"_target_": MFCC, **settings})


def test_errors_name_a_missing_setting() -> None:
    with pytest.raises(InputError, match="BiLstm needs num_features"):
        instantiate({"_target_": "recognizers.encoder.bilstm.BiLstm"})


@pytest.mark.parametrize(
    "target",
    [
        # Not from this project.
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "torch.nn.Linear",
        "pathlib.Path",
        "pipelines.cli.command.CommandOutcome",
        "recognizersx.bundle.EncoderAndHead",
        "recognizers",
        "data_prep",
        # Imported by this project's modules, but defined elsewhere.
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
        # From this project, but not classes.
        "recognizers.bundle.weights",
        "recognizers.instantiate.instantiate",
        "recognizers.bundle.weights.load_bundle",
        "recognizers.bundle.weights.load_weights",
        "data_prep.workers.guarded_map.guarded_call",
        "recognizers.bundle.spec.FORMAT",
        "recognizers.encoder.bilstm.CELLS",
        # Dotted tricks.
        "recognizers.bundle.weights.EncoderAndHead.__init__",
        "recognizers.bundle.weights.EncoderAndHead.__class__",
        "recognizers.bundle.weights.EncoderAndHead.__init__.__globals__",
        "recognizers.vocabulary.Vocabulary.from_targets",
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
        # Not names of classes.
        "",
        ".",
        "recognizers.",
        None,
        7,
        ["os.system"],
        {"_target_": "os.system"},
    ],
)
def test_resolve_refuses_all_but_classes_of_this_project(target: Any) -> None:
    with pytest.raises(InputError, match="_target_"):
        resolve(target)


def test_a_specification_without_target_is_refused() -> None:
    with pytest.raises(InputError, match="_target_ None is not allowed"):
        instantiate({"layers": 3})


def test_the_error_names_a_class_that_does_not_exist() -> None:
    with pytest.raises(InputError, match=r"'recognizers\.encoder\.bilstm\.Lstm' cannot be found"):
        resolve("recognizers.encoder.bilstm.Lstm")


def test_resolve_finds_a_class_of_this_project() -> None:
    assert resolve("data_prep.features.hand_keypoints.HandKeypoints") is HandKeypoints


def test_resolve_finds_a_class_by_its_modules_former_name() -> None:
    assert resolve("data_prep.corpora.an4.an4.An4") is resolve("data_prep.corpora.an4.An4")


@pytest.mark.parametrize(
    ("gone", "instead"),
    [
        ("data_prep.corpora.an4_digits.An4Digits", "pipelines.align formats=units"),
        ("data_prep.corpora.an4.digits.An4Digits", "experiment=fsdd_an4"),
        ("data_prep.corpora.an4_recombined.An4Recombined", "augment.recombine.copies=1"),
        ("data_prep.corpora.an4.recombined.An4Recombined", "augment.recombine.copies=1"),
    ],
)
def test_the_error_for_a_class_that_is_gone_says_what_to_do_instead(gone: str, instead: str) -> None:
    with pytest.raises(InputError, match=f"does not exist any more.*{instead}"):
        resolve(gone)
