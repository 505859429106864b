"""The trained recognizer as a folder."""

import dataclasses
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from data_prep.errors import InputError
from data_prep.features.extractor import Frames
from recognizers.bundle.layout import WEIGHTS_NAME
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, RecognizerSpec
from recognizers.bundle.weights import load_bundle, load_weights, save_bundle
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import Vocabulary
from tests.recognizers.conftest import EXTRACTOR

FEATURES = {"_target_": "data_prep.features.mfcc.Mfcc", "num_coefficients": 13, "hop_ms": 20.0}
STORE = "data_prep.store.signal_store.SignalStore"
ENCODER = {"_target_": "recognizers.encoder.bilstm.BiLstm", "layers": 2, "hidden_size": 6, "subsampling": 2}
CTC = RecognizerSpec(
    FEATURES,
    ENCODER,
    {"_target_": "recognizers.head.ctc.Ctc", "unit": "character"},
    Vocabulary("character", (" ", "a", "\u00e9", "\u4e2d")),
    training={"epochs": 3},
    metrics={"test/wer": 0.25},
)
CLASSIFICATION = RecognizerSpec(
    FEATURES,
    ENCODER | {"cell": "gru", "subsample_by": "convolution"},
    {"_target_": "recognizers.head.classification.Classification", "pooling": "last"},
    Vocabulary("label", ("go", "stop")),
)
LANGUAGE_MODEL = witten_bell([["a"], ["a", "\u00e9a"], ["\u4e2d"]], 2)
BEAM = Beam(LANGUAGE_MODEL, lm_weight=0.25, word_bonus=1.0, beam_size=5, only_known_words=True)
#: A damaged part and what the message says besides the file's name.
Tamper = Callable[[dict[str, Any]], Any]


def save(folder: Path, spec: RecognizerSpec = CTC) -> tuple[Any, Any]:
    _, encoder, head = spec.build()
    save_bundle(folder, spec, encoder, head)
    return encoder.eval(), head.eval()  # type: ignore[attr-defined]


def outputs(encoder: Any, head: Any) -> list[torch.Tensor]:
    frames = torch.randn(3, 11, 13, generator=torch.Generator().manual_seed(5))
    lengths = torch.tensor([11, 4, 7])
    encoded, lengths = encoder(frames, lengths)
    return [encoded, head.log_probs(encoded, lengths)]


@pytest.mark.parametrize("spec", [CTC, CLASSIFICATION], ids=["ctc", "classification"])
def test_what_is_loaded_gives_identical_outputs(tmp_path: Path, spec: RecognizerSpec) -> None:
    encoder, head = save(tmp_path / "bundle", spec)
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.spec == spec
    assert (bundle.extractor.num_features, bundle.extractor.frame_rate_hz) == (13, 50)
    assert not bundle.encoder.training  # type: ignore[attr-defined]
    assert not bundle.head.training  # type: ignore[attr-defined]
    for before, after in zip(outputs(encoder, head), outputs(bundle.encoder, bundle.head), strict=True):
        assert torch.equal(before, after)


def test_a_bundle_is_readable_json_and_weights_alone(tmp_path: Path) -> None:
    save(tmp_path / "bundle")
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {SPEC_NAME, WEIGHTS_NAME}
    text = (tmp_path / "bundle" / SPEC_NAME).read_text(encoding="utf-8")
    assert "\u4e2d" in text
    document = json.loads(text)
    assert (document["format"], document["frame_rate_hz"]) == (3, 50)
    assert document["metrics"] == {"test/wer": 0.25}
    names = load_file(tmp_path / "bundle" / WEIGHTS_NAME)
    assert {name.split(".")[0] for name in names} == {"encoder", "head"}


def test_a_bundle_brings_its_language_model_with_it(tmp_path: Path) -> None:
    encoder, head = save(tmp_path / "bundle", dataclasses.replace(CTC, decoder=describe(BEAM)))
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME}
    bundle = load_bundle(tmp_path / "bundle")
    decoder = bundle.interpreter.decoder
    assert isinstance(decoder, Beam)
    assert dataclasses.replace(decoder, language_model=None) == dataclasses.replace(BEAM, language_model=None)
    assert decoder.language_model is not None
    assert decoder.language_model.followers == LANGUAGE_MODEL.followers
    clips = [Frames(torch.randn(length, 13).numpy(), 50) for length in (30, 4, 17)]
    expected = Predictor.of(EXTRACTOR, encoder, head).with_decoder(BEAM).predict(clips, 3)
    assert Predictor.load(tmp_path / "bundle").predict(clips, 3) == expected
    # Saved again, it is the same; and without a language model, none is left behind.
    save(tmp_path / "again", bundle.spec)
    for name in (SPEC_NAME, LANGUAGE_MODEL_NAME):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "bundle" / name).read_bytes()
    save(tmp_path / "again", CTC)
    assert not (tmp_path / "again" / LANGUAGE_MODEL_NAME).exists()


def test_a_bundle_that_names_no_decoder_decodes_greedily(tmp_path: Path) -> None:
    save(tmp_path)
    document = json.loads((tmp_path / SPEC_NAME).read_text(encoding="utf-8"))
    del document["decoder"]
    (tmp_path / SPEC_NAME).write_text(json.dumps(document), encoding="utf-8")
    bundle = load_bundle(tmp_path)
    assert bundle.spec == CTC
    assert bundle.interpreter.decoder == Greedy()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", r"language_model.arpa:0: found no line"), (b"\xff", "not valid UTF-8"), (None, "no such language model")],
)
def test_a_damaged_language_model_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    save(tmp_path, dataclasses.replace(CTC, decoder=describe(BEAM)))
    path = tmp_path / LANGUAGE_MODEL_NAME
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_bundle(tmp_path)
    assert str(caught.value).startswith(f"{path}:")


def test_no_language_model_outside_a_bundle_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "bundle", dataclasses.replace(CTC, decoder=describe(BEAM)))
    stranger = tmp_path / LANGUAGE_MODEL_NAME
    stranger.write_bytes((tmp_path / "bundle" / LANGUAGE_MODEL_NAME).read_bytes())
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bundle" / SPEC_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    for name in (str(stranger), f"../{LANGUAGE_MODEL_NAME}", f"./{LANGUAGE_MODEL_NAME}", ["a"], {"order": 1}):
        document["decoder"]["language_model"] = name
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(InputError, match="language_model must be a LanguageModel"):
            load_bundle(tmp_path / "bundle")


def test_a_bundle_that_is_there_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deeper" / "bundle"
    save(folder, CLASSIFICATION)
    (folder / "stray.txt").write_text("old")
    (folder.parent / "bundle.partial").mkdir()
    (folder.parent / "bundle.partial" / "half").write_text("from a run that was killed")
    encoder, head = save(folder, CTC)
    assert {path.name for path in folder.parent.iterdir()} == {"bundle"}
    assert {path.name for path in folder.iterdir()} == {SPEC_NAME, WEIGHTS_NAME}
    bundle = load_bundle(folder)
    assert bundle.spec.vocabulary == CTC.vocabulary
    assert torch.equal(outputs(encoder, head)[1], outputs(bundle.encoder, bundle.head)[1])


def set_in(*path: str) -> Callable[[Any], Tamper]:
    def with_value(value: Any) -> Tamper:
        def tamper(document: dict[str, Any]) -> None:
            place = document
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = value

        return tamper

    return with_value


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (set_in("format")(1), "has the format 1, but this version reads 3; train again"),
        (set_in("format")(None), "has the format None"),
        (lambda document: document.pop("head"), "KeyError.*head"),
        (lambda document: document.pop("vocabulary"), "KeyError.*vocabulary"),
        (set_in("vocabulary")(["a"]), "not a recognizer's specification"),
        (set_in("vocabulary", "symbols")(None), "not a recognizer's specification"),
        (set_in("vocabulary", "symbols")([]), "needs at least one symbol"),
        (set_in("vocabulary", "symbols")(["a", "a"]), "no symbol twice"),
        (set_in("vocabulary", "symbols")(["a", 1]), "must be strings"),
        (set_in("vocabulary", "symbols")([["a"]]), "not a recognizer's specification"),
        (set_in("vocabulary", "unit")("phone"), "unit must be"),
        (set_in("vocabulary", "unit")("label"), "vocabulary of labels"),
        (set_in("encoder", "_target_")("os.system"), "not a class of recognizers.encoder"),
        (set_in("encoder", "_target_")("recognizers.encoder.torch.load"), "cannot be found"),
        (set_in("features", "_target_")("data_prep.features.mfcc.Media"), "is not a class defined in"),
        (set_in("head", "_target_")("builtins.eval"), "not a class of recognizers.head"),
        (set_in("encoder", "cell")({"_target_": "os.system", "command": "true"}), "'os.system' is not allowed"),
        (set_in("features")({"_target_": "data_prep.features.extractor.Frames"}), "Frames needs values"),
        (set_in("features")({"_target_": "data_prep.features.extractor.FeatureExtractor"}), "does not describe"),
        (
            set_in("features")({"_target_": STORE}),
            "not a class of data_prep.features",
        ),
        (
            set_in("features")({"_target_": STORE, "folder": "/"}),
            "not a class of data_prep",
        ),
        (set_in("encoder", "layer")(3), "BiLstm has no setting 'layer'; did you mean 'layers'"),
        (set_in("encoder", "layers")("three"), "layers must be a whole number"),
        (set_in("encoder", "cell")("transformer"), "cell must be one of"),
        (set_in("encoder")("BiLstm"), "not a recognizer's specification"),
        (set_in("encoder")(None), "not a recognizer's specification"),
        (set_in("decoder")(None), "not a recognizer's specification"),
        (set_in("decoder")({"_target_": "os.system"}), "not a class of recognizers.decoder"),
        (set_in("decoder")({"_target_": "recognizers.decoder.prefix_search.Prefix"}), "Prefix needs parent"),
        (set_in("decoder")({"_target_": "recognizers.decoder.prefix_search.Hypotheses"}), "Hypotheses needs prefixes"),
        (
            set_in("decoder")(
                {"_target_": "recognizers.decoder.prefix_search.Prefix"}
                | {"parent": None, "symbol": 1, "state": None, "symbol_scores": []}
            ),
            "expected a decoder, such as Greedy or Beam; found Prefix",
        ),
        (set_in("decoder")({"_target_": "recognizers.decoder.decoder.Decoder"}), "does not describe"),
        (set_in("decoder")({"_target_": "recognizers.decoder.beam.Beam", "beam_size": 10**12}), "beam_size must be"),
        (set_in("decoder")({"_target_": "recognizers.decoder.beam.Beam", "lm_weight": "much"}), "does not describe"),
        (set_in("decoder", "more")(1), "Greedy has no setting 'more'"),
        (set_in("features", "hop_ms")("ten"), "does not describe a recognizer of this version"),
    ],
)
def test_a_damaged_specification_is_named(tmp_path: Path, tamper: Tamper, message: str) -> None:
    save(tmp_path)
    path = tmp_path / SPEC_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    tamper(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load_bundle(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"garbage", b"[]", b"null", b'"text"', b"7", b"\xff\xfe\x00", b"[" * 100_000, b'{"format": 3}'],
    ids=lambda content: repr(content[:8]),
)
def test_a_specification_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    save(tmp_path)
    (tmp_path / SPEC_NAME).write_bytes(content)
    with pytest.raises(InputError, match=rf"^{tmp_path / SPEC_NAME}: "):
        load_bundle(tmp_path)


def rename_first(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    first = next(iter(weights))
    return {f"{name}_x" if name == first else name: value for name, value in weights.items()}


@pytest.mark.parametrize(
    "change",
    [
        rename_first,
        lambda weights: dict(list(weights.items())[1:]),
        lambda weights: weights | {"head.more": torch.zeros(2)},
        lambda weights: {name: value[:-1].clone() for name, value in weights.items()},
        lambda weights: {},
    ],
    ids=["renamed", "missing", "more", "smaller", "none"],
)
def test_weights_that_do_not_fit_are_named(
    tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    save(tmp_path)
    path = tmp_path / WEIGHTS_NAME
    save_file(change(load_file(path)), path)
    with pytest.raises(InputError, match=rf"^{path}: does not fit its {SPEC_NAME}"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    ("settings", "file"),
    [
        ({"hidden_size": 7}, WEIGHTS_NAME),
        ({"hidden_size": 10**6}, WEIGHTS_NAME),  # a terabyte
        ({"hidden_size": 10**30}, SPEC_NAME),
        ({"layers": 10**9}, SPEC_NAME),
        ({"subsampling": 10**7}, WEIGHTS_NAME),
    ],
)
def test_no_memory_is_taken_for_sizes_that_do_not_fit_the_weights(
    tmp_path: Path, settings: dict[str, int], file: str
) -> None:
    save(tmp_path)
    document = json.loads((tmp_path / SPEC_NAME).read_text(encoding="utf-8"))
    document["encoder"] |= settings
    (tmp_path / SPEC_NAME).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{tmp_path / file}: does not"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), -1e30])
def test_weights_that_no_network_has_are_named(tmp_path: Path, value: float) -> None:
    save(tmp_path)
    path = tmp_path / WEIGHTS_NAME
    weights = load_file(path)
    weights["head.linear.bias"][1] = value
    save_file(weights, path)
    with pytest.raises(InputError, match=rf"^{path}: damaged: head.linear.bias holds "):
        load_bundle(tmp_path)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.bool, torch.uint16, torch.float64])
def test_weights_of_another_precision_are_read(tmp_path: Path, dtype: torch.dtype) -> None:
    save(tmp_path)
    path = tmp_path / WEIGHTS_NAME
    weights = load_file(path)
    weights["head.linear.bias"] = torch.ones_like(weights["head.linear.bias"]).to(dtype)
    save_file(weights, path)
    head = load_bundle(tmp_path).head
    assert head.linear.bias.tolist() == [1.0] * len(weights["head.linear.bias"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("kept_share", [0.0, 0.001, 0.5, 0.99])
def test_truncated_weights_are_named(tmp_path: Path, kept_share: float) -> None:
    save(tmp_path)
    path = tmp_path / WEIGHTS_NAME
    content = path.read_bytes()
    path.write_bytes(content[: int(kept_share * len(content))])
    with pytest.raises(InputError, match=rf"^{path}: does not fit its {SPEC_NAME}"):
        load_bundle(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"^model={tmp_path / 'nowhere'}: found no {SPEC_NAME} in it; give the"):
        load_bundle(tmp_path / "nowhere")
    save(tmp_path)
    (tmp_path / WEIGHTS_NAME).unlink()
    with pytest.raises(InputError, match=rf"^{tmp_path / WEIGHTS_NAME}: "):
        load_bundle(tmp_path)
    (tmp_path / SPEC_NAME).unlink()
    with pytest.raises(InputError, match=f"found no {SPEC_NAME}"):
        load_bundle(tmp_path)


class Trap:
    """Leaves a trace where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    folder = tmp_path / "bundle"
    save(folder)
    pickle.loads(pickle.dumps(Trap(trace)))
    assert trace.exists()  # the trap works
    trace.unlink()
    checkpoint = tmp_path / "last.ckpt"
    torch.save({"state_dict": Trap(trace)}, checkpoint)
    for content in (pickle.dumps(Trap(trace)), checkpoint.read_bytes()):
        (folder / WEIGHTS_NAME).write_bytes(content)
        with pytest.raises(InputError, match=WEIGHTS_NAME):
            load_bundle(folder)
    _, encoder, head = CTC.build()
    with pytest.raises(pickle.UnpicklingError):
        load_weights(checkpoint, encoder, head)
    assert not trace.exists()


def test_loading_unpickles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path)

    def refuse(*arguments: Any, **settings: Any) -> None:
        raise AssertionError("unpickled")

    for name in ("torch.load", "pickle.load", "pickle.loads", "pickle.Unpickler"):
        monkeypatch.setattr(name, refuse)
    assert load_bundle(tmp_path).spec == CTC


def test_weights_of_a_checkpoint_are_taken_and_the_rest_is_not(tmp_path: Path) -> None:
    _, encoder, head = CTC.build()
    state = {f"encoder.{name}": value + 1 for name, value in encoder.state_dict().items()}  # type: ignore[attr-defined]
    state |= {f"head.{name}": value + 1 for name, value in head.state_dict().items()}  # type: ignore[attr-defined]
    torch.save({"state_dict": state | {"val_wer.errors": torch.tensor(3)}, "epoch": 4}, tmp_path / "last.ckpt")
    load_weights(tmp_path / "last.ckpt", encoder, head)
    assert all(torch.equal(value, state[f"encoder.{name}"]) for name, value in encoder.state_dict().items())  # type: ignore[attr-defined]
    assert all(torch.equal(value, state[f"head.{name}"]) for name, value in head.state_dict().items())  # type: ignore[attr-defined]
