"""The specification of a bundle, whole and damaged."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import InputError
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME
from recognizers.bundle.weights import load_bundle
from recognizers.decoder.greedy import Greedy
from recognizers.instantiate import describe
from tests.recognizers.bundle.bundles import BEAM, CTC, save

STORE = "data_prep.store.signal_store.SignalStore"
#: Damages a specification in place.
Tamper = Callable[[dict[str, Any]], Any]


def test_a_specification_without_a_decoder_decodes_greedily(tmp_path: Path) -> None:
    save(tmp_path)
    document = json.loads((tmp_path / SPEC_NAME).read_text(encoding="utf-8"))
    del document["decoder"]
    (tmp_path / SPEC_NAME).write_text(json.dumps(document), encoding="utf-8")
    bundle = load_bundle(tmp_path)
    assert bundle.spec == CTC
    assert bundle.interpreter.decoder == Greedy()


def test_rules_for_texts_are_part_of_the_bundle(tmp_path: Path) -> None:
    vocabulary = dataclasses.replace(CTC.vocabulary, normalize=("nfc", "lowercase"))
    save(tmp_path, dataclasses.replace(CTC, vocabulary=vocabulary))
    assert load_bundle(tmp_path).head.vocabulary == vocabulary
    path = tmp_path / SPEC_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["vocabulary"]["normalize"] == ["nfc", "lowercase"]
    document["vocabulary"]["normalize"] = ["nfc", "of a later version"]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="found 'of a later version'"):
        load_bundle(tmp_path)


def test_bundles_from_before_the_rules_compose_accents_and_change_nothing_else(tmp_path: Path) -> None:
    save(tmp_path)
    path = tmp_path / SPEC_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["vocabulary"]["normalize"]
    path.write_text(json.dumps(document), encoding="utf-8")
    vocabulary = load_bundle(tmp_path).head.vocabulary
    assert vocabulary.encode("ae\u0301") == [2, 3]
    with pytest.raises(InputError, match=r"'\\u200b'"):
        vocabulary.encode("a\u200b")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", r"language_model.arpa:0: found no line"), (b"\xff", "not valid UTF-8"), (None, "no such language model")],
)
def test_errors_name_a_damaged_language_model(tmp_path: Path, content: bytes | None, message: str) -> None:
    save(tmp_path, dataclasses.replace(CTC, decoder=describe(BEAM)))
    path = tmp_path / LANGUAGE_MODEL_NAME
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_bundle(tmp_path)
    assert str(caught.value).startswith(f"{path}:")


def test_a_language_model_outside_the_bundle_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "bundle", dataclasses.replace(CTC, decoder=describe(BEAM)))
    outside = tmp_path / LANGUAGE_MODEL_NAME
    outside.write_bytes((tmp_path / "bundle" / LANGUAGE_MODEL_NAME).read_bytes())
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bundle" / SPEC_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    for name in (str(outside), f"../{LANGUAGE_MODEL_NAME}", f"./{LANGUAGE_MODEL_NAME}", ["a"], {"order": 1}):
        document["decoder"]["language_model"] = name
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(InputError, match="language_model must be a LanguageModel"):
            load_bundle(tmp_path / "bundle")


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
def test_errors_name_what_is_damaged_in_a_specification(tmp_path: Path, tamper: Tamper, message: str) -> None:
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
def test_files_that_are_not_a_specification_are_refused(tmp_path: Path, content: bytes) -> None:
    save(tmp_path)
    (tmp_path / SPEC_NAME).write_bytes(content)
    with pytest.raises(InputError, match=rf"^{tmp_path / SPEC_NAME}: "):
        load_bundle(tmp_path)
