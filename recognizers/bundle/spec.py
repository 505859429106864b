"""The specification of a recognizer, as JSON: everything that is needed to rebuild it except the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_prep.errors import InputError
from recognizers.instantiate import instantiate
from recognizers.interpreter import Interpreter, interpreter_for
from recognizers.language_model.arpa import read_arpa, write_arpa
from recognizers.language_model.ngram import LanguageModel
from recognizers.vocabulary import Vocabulary

if TYPE_CHECKING:
    from data_prep.features.extractor import FeatureExtractor
    from recognizers.encoder.encoder import Encoder
    from recognizers.head.head import Head

FORMAT = 3
#: The package from which each part's class must come.
PACKAGE_OF_PART = {
    "features": "data_prep.features.",
    "encoder": "recognizers.encoder.",
    "head": "recognizers.head.",
    "decoder": "recognizers.decoder.",
}
#: Rules by which targets were spelled before bundles named them.
FORMER_RULES = ("nfc",)
SPEC_NAME, LANGUAGE_MODEL_NAME = "recognizer.json", "language_model.arpa"
#: The kind of specification that `recognizers.bundle.generator` reads; those of recognizers name no kind.
GENERATOR_KIND = "generator"
#: Decoder of specifications that name none.
GREEDY = {"_target_": "recognizers.decoder.greedy.Greedy"}


@dataclass(frozen=True)
class RecognizerSpec:
    """The parts of a recognizer; each is a mapping of ``_target_`` and settings, as `instantiate` takes it.

    Attributes:
        features: Specification of the feature extractor.
        encoder: Specification of the encoder, without the widths that follow from other parts.
        head: Specification of the head, without the widths that follow from other parts.
        vocabulary: The symbols it can emit.
        training: How it was trained, for information.
        metrics: Its scores, for information.
        decoder: Specification of the decoder; its language model, if any, is a `LanguageModel`, which is written to a
            separate file.
    """

    features: Mapping[str, Any]
    encoder: Mapping[str, Any]
    head: Mapping[str, Any]
    vocabulary: Vocabulary
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    decoder: Mapping[str, Any] = field(default_factory=lambda: GREEDY)

    def build(self) -> tuple[FeatureExtractor, Encoder, Head]:
        """Make extractor, encoder and head; each takes its input width from the one before."""
        extractor = instantiate(self.features)
        encoder = instantiate(self.encoder, num_features=extractor.num_features)
        head = instantiate(self.head, num_inputs=encoder.num_outputs, vocabulary=self.vocabulary)
        return extractor, encoder, head

    def build_interpreter(self) -> Interpreter:
        """Make the interpreter of the head's log-probabilities, with the decoder."""
        return interpreter_for(self.vocabulary, instantiate(self.decoder))


def write_spec(folder: Path, spec: RecognizerSpec) -> None:
    """Write ``recognizer.json`` and, if the decoder has a language model, ``language_model.arpa``."""
    language_model = spec.decoder.get("language_model")
    if isinstance(language_model, LanguageModel):
        write_arpa(folder / LANGUAGE_MODEL_NAME, language_model)
        spec = replace(spec, decoder={**spec.decoder, "language_model": LANGUAGE_MODEL_NAME})
    document = {"format": FORMAT, "frame_rate_hz": instantiate(spec.features).frame_rate_hz, **asdict(spec)}
    (folder / SPEC_NAME).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_spec(path: Path) -> RecognizerSpec:
    """Read ``recognizer.json`` and its language model, if any; no class is instantiated yet.

    Raises:
        InputError: The file is damaged, has the format of another version, or names a class outside this project.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("kind") == GENERATOR_KIND:
            raise InputError(
                f"{path}: describes a generator, which draws clips and recognises nothing; use it with "
                "python -m pipelines.generate, or give a recognizer"
            )
        if document.get("format") != FORMAT:
            raise InputError(
                f"{path}: has the format {document.get('format')!r}, but this version reads {FORMAT}; train again"
            )
        document.setdefault("decoder", GREEDY)
        for part, package in PACKAGE_OF_PART.items():
            if not str(document[part]["_target_"]).startswith(package):
                raise InputError(f"{path}: the _target_ of {part} is not a class of {package}*, as expected")
        if document["decoder"].get("language_model") == LANGUAGE_MODEL_NAME:  # the only file name that is accepted
            document["decoder"]["language_model"] = read_arpa(path.with_name(LANGUAGE_MODEL_NAME))
        return RecognizerSpec(
            **{name: document[name] for name in ("features", "encoder", "head", "training", "metrics", "decoder")},
            vocabulary=read_vocabulary(document["vocabulary"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        prefixes = (f"{path}: ", f"{path.with_name(LANGUAGE_MODEL_NAME)}:")
        if isinstance(error, InputError) and str(error).startswith(prefixes):
            raise
        raise InputError(
            f"{path}: not a recognizer's specification ({type(error).__name__}: {error}); copy the bundle again"
        ) from None


def read_vocabulary(document: Mapping[str, Any]) -> Vocabulary:
    """Make the vocabulary of a specification."""
    return Vocabulary(document["unit"], tuple(document["symbols"]), tuple(document.get("normalize", FORMER_RULES)))
