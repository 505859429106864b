"""What a recognizer is made of, as JSON: all of a bundle or an exported recognizer but its weights; without torch."""

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
#: What a specification may name for each of its parts.
PACKAGE_OF_PART = {
    "features": "data_prep.features.",
    "encoder": "recognizers.encoder.",
    "head": "recognizers.head.",
    "decoder": "recognizers.decoder.",
}
SPEC_NAME, LANGUAGE_MODEL_NAME = "recognizer.json", "language_model.arpa"
#: How a recognizer decodes that does not say so.
GREEDY = {"_target_": "recognizers.decoder.greedy.Greedy"}


@dataclass(frozen=True)
class RecognizerSpec:
    """All it takes to rebuild a recognizer, but its weights.

    Attributes:
        features: Specification of the extractor (``_target_`` and settings).
        encoder: Of the encoder, without the widths that follow from other parts.
        head: Of the head, likewise.
        vocabulary: What it can emit.
        training: How it was trained, for people.
        metrics: How well it did, for people.
        decoder: Of the decoder; a language model in it is one, which a bundle holds as a file of its own.
    """

    features: Mapping[str, Any]
    encoder: Mapping[str, Any]
    head: Mapping[str, Any]
    vocabulary: Vocabulary
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    decoder: Mapping[str, Any] = field(default_factory=lambda: GREEDY)

    def build(self) -> tuple[FeatureExtractor, Encoder, Head]:
        """Make the parts that training needs; widths flow from each to the next."""
        extractor = instantiate(self.features)
        encoder = instantiate(self.encoder, num_features=extractor.num_features)
        head = instantiate(self.head, num_inputs=encoder.num_outputs, vocabulary=self.vocabulary)
        return extractor, encoder, head

    def build_interpreter(self) -> Interpreter:
        """Make the interpreter of the network's log-probabilities, with the decoder."""
        return interpreter_for(self.vocabulary, instantiate(self.decoder))


def write_spec(folder: Path, spec: RecognizerSpec) -> None:
    """Write ``recognizer.json`` and, if the decoder has a language model, that."""
    language_model = spec.decoder.get("language_model")
    if isinstance(language_model, LanguageModel):
        write_arpa(folder / LANGUAGE_MODEL_NAME, language_model)
        spec = replace(spec, decoder={**spec.decoder, "language_model": LANGUAGE_MODEL_NAME})
    document = {"format": FORMAT, "frame_rate_hz": instantiate(spec.features).frame_rate_hz, **asdict(spec)}
    (folder / SPEC_NAME).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_spec(path: Path) -> RecognizerSpec:
    """Read ``recognizer.json``, and the language model beside it if it names one; no class is made yet.

    Raises:
        InputError: It is damaged, or made by another version, or names a class that is not of our packages.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("format") != FORMAT:
            raise InputError(
                f"{path}: has the format {document.get('format')!r}, this version reads {FORMAT}: train again"
            )
        document.setdefault("decoder", GREEDY)
        for part, package in PACKAGE_OF_PART.items():
            if not str(document[part]["_target_"]).startswith(package):
                raise InputError(f"{path}: the _target_ of {part} is not a class of {package}*")
        vocabulary = document["vocabulary"]
        if document["decoder"].get("language_model") == LANGUAGE_MODEL_NAME:  # no other file is ever read
            document["decoder"]["language_model"] = read_arpa(path.with_name(LANGUAGE_MODEL_NAME))
        return RecognizerSpec(
            **{name: document[name] for name in ("features", "encoder", "head", "training", "metrics", "decoder")},
            vocabulary=Vocabulary(vocabulary["unit"], tuple(vocabulary["symbols"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        own_words = (f"{path}: ", f"{path.with_name(LANGUAGE_MODEL_NAME)}:")
        if isinstance(error, InputError) and str(error).startswith(own_words):
            raise
        raise InputError(
            f"{path}: not a recognizer's specification ({type(error).__name__}: {error}); copy the bundle again"
        ) from None
