"""The trained recognizer as a folder: a JSON specification and safetensors weights; no code, no pickle."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from recognizers.arpa import read_arpa, write_arpa
from recognizers.build import build
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.language_model import LanguageModel
from recognizers.vocabulary import Vocabulary

FORMAT = 2
#: What a bundle may name for each of its parts.
PACKAGE_OF_PART = {
    "features": "data_prep.features.",
    "encoder": "recognizers.encoder.",
    "head": "recognizers.head.",
    "decoder": "recognizers.decoder.",
}
SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME = "recognizer.json", "model.safetensors", "language_model.arpa"
#: How a bundle decodes that does not say so.
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
        """Make the parts; widths flow from each to the next."""
        extractor = build(self.features)
        encoder = build(self.encoder, num_features=extractor.num_features)
        head = build(self.head, num_inputs=encoder.num_outputs, vocabulary=self.vocabulary)
        head.use(build(self.decoder))
        return extractor, encoder, head


class Recognizer(nn.Module):
    """An encoder and a head; its state is what a bundle's weights file holds."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head


def save_bundle(folder: Path, spec: RecognizerSpec, encoder: Encoder, head: Head) -> None:
    """Write a bundle, under a temporary name first; one that is there is replaced."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    frame_rate_hz = build(spec.features).frame_rate_hz
    language_model = spec.decoder.get("language_model")
    if isinstance(language_model, LanguageModel):
        write_arpa(partial / LANGUAGE_MODEL_NAME, language_model)
        spec = replace(spec, decoder={**spec.decoder, "language_model": LANGUAGE_MODEL_NAME})
    document = {"format": FORMAT, "frame_rate_hz": frame_rate_hz, **asdict(spec)}
    (partial / SPEC_NAME).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    state = Recognizer(encoder, head).state_dict()
    save_file({name: tensor.cpu().contiguous() for name, tensor in state.items()}, partial / WEIGHTS_NAME)
    if folder.exists():
        # Renamed rather than removed first: whatever stops the process, one whole bundle is left.
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(folder, old)
        os.replace(partial, folder)
        shutil.rmtree(old)
    else:
        os.replace(partial, folder)


def load_bundle(path: Path) -> tuple[RecognizerSpec, FeatureExtractor, Encoder, Head]:
    """Read a bundle and rebuild what it holds, ready for inference.

    Args:
        path: A bundle's folder, or the directory of the run that wrote one.

    Raises:
        InputError: There is none, or it is damaged, or made by a newer version.
    """
    folder = path / "bundle" if (path / "bundle").is_dir() else path
    if not (folder / SPEC_NAME).is_file():
        raise InputError(
            f"model={path}: found no {SPEC_NAME} there; give the directory of a finished training run, or a bundle"
        )
    spec = _read_spec(folder / SPEC_NAME)
    try:
        extractor, encoder, head = spec.build()
    except (ValueError, TypeError, AttributeError, RuntimeError) as error:
        raise InputError(
            f"{folder / SPEC_NAME}: does not describe a recognizer of this version ({error}); copy the bundle again"
        ) from None
    recognizer = Recognizer(encoder, head)
    try:
        recognizer.load_state_dict(load_file(folder / WEIGHTS_NAME))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(
            f"{folder / WEIGHTS_NAME}: does not fit its {SPEC_NAME} ({error}); copy the bundle again"
        ) from None
    recognizer.eval()
    return spec, extractor, encoder, head


def _read_spec(path: Path) -> RecognizerSpec:
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
        raise InputError(f"{path}: not a recognizer's specification ({error!r}); copy the bundle again") from None


def load_weights(checkpoint: Path, encoder: Encoder, head: Head) -> None:
    """Take the weights of a training checkpoint."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    recognizer = Recognizer(encoder, head)
    recognizer.load_state_dict({name: value for name, value in state.items() if name.startswith(("encoder.", "head."))})
