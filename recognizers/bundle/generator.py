"""Bundles of generators: the same two files as those of recognizers, of another kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

from data_prep.atomic import atomic_folder
from data_prep.errors import InputError
from recognizers.bundle.layout import WEIGHTS_NAME, folder_of
from recognizers.bundle.spec import FORMAT, GENERATOR_KIND, PACKAGE_OF_PART, SPEC_NAME, read_vocabulary
from recognizers.bundle.weights import check_shapes, check_values
from recognizers.head.generation import Generation
from recognizers.instantiate import instantiate
from recognizers.vocabulary import Vocabulary

if TYPE_CHECKING:
    from data_prep.features.extractor import FeatureExtractor


@dataclass(frozen=True)
class GeneratorSpec:
    """The parts of a generator; each is a mapping of ``_target_`` and settings, as `instantiate` takes it.

    Attributes:
        features: Specification of the feature extractor whose frames it draws.
        head: Specification of the network, without the width of the frames.
        vocabulary: The labels or symbols that it draws.
        training: How it was trained, for information.
        metrics: Its scores, for information.
    """

    features: Mapping[str, Any]
    head: Mapping[str, Any]
    vocabulary: Vocabulary
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> tuple[FeatureExtractor, Generation]:
        """Make the extractor, and the network with initial weights."""
        extractor = instantiate(self.features)
        network = instantiate(self.head, num_inputs=extractor.num_features, vocabulary=self.vocabulary)
        if not isinstance(network, Generation):
            raise InputError(f"head: expected Generation; found {type(network).__name__}")
        return extractor, network


@dataclass(frozen=True)
class Generator:
    """A trained generator that was read from a bundle, ready to draw."""

    spec: GeneratorSpec
    extractor: FeatureExtractor
    network: Generation


def save_generator(folder: Path, spec: GeneratorSpec, network: Generation) -> None:
    """Write the bundle of a generator atomically, replacing an existing one."""
    rate_hz = instantiate(spec.features).frame_rate_hz
    document = {"format": FORMAT, "kind": GENERATOR_KIND, "frame_rate_hz": rate_hz, **asdict(spec)}
    with atomic_folder(folder) as partial:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (partial / SPEC_NAME).write_text(text, encoding="utf-8")
        weights = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
        save_file(weights, partial / WEIGHTS_NAME)


def load_generator(path: Path) -> Generator:
    """Read the bundle of a generator.

    Args:
        path: The folder of the bundle, or the run directory that contains one.

    Raises:
        InputError: There is no bundle, or it holds a recognizer, is damaged, or was written by another version.
    """
    folder = folder_of(path, "torch")
    spec_path, weights_path = folder / SPEC_NAME, folder / WEIGHTS_NAME
    if not spec_path.is_file():
        raise InputError(
            f"model={path}: found no {SPEC_NAME} in it; give the directory of a finished training run with "
            "head=generation, or its bundle"
        )
    if not weights_path.is_file():
        raise InputError(f"{weights_path}: no such file; copy the bundle again")
    spec = _read_spec(spec_path)
    with torch.device("meta"):  # allocates no memory, however large the layers are
        check_shapes(weights_path, _build(spec_path, spec).network)
    generator = _build(spec_path, spec)
    weights = load_file(weights_path)
    check_values(weights_path, weights)
    generator.network.load_state_dict(weights)
    generator.network.eval()
    return generator


def _read_spec(path: Path) -> GeneratorSpec:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("kind") != GENERATOR_KIND:
            raise InputError(
                f"{path}: describes a recognizer, which draws nothing; train a generator with head=generation, or "
                "recognise files with python -m pipelines.transcribe or python -m pipelines.classify"
            )
        if document.get("format") != FORMAT:
            raise InputError(
                f"{path}: has the format {document.get('format')!r}, but this version reads {FORMAT}; train again"
            )
        for part in ("features", "head"):
            if not str(document[part]["_target_"]).startswith(PACKAGE_OF_PART[part]):
                raise InputError(f"{path}: the _target_ of {part} is not a class of {PACKAGE_OF_PART[part]}*")
        parts = {name: document[name] for name in ("features", "head", "training", "metrics")}
        return GeneratorSpec(**parts, vocabulary=read_vocabulary(document["vocabulary"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError) and str(error).startswith(f"{path}: "):
            raise
        raise InputError(
            f"{path}: not a generator's specification ({type(error).__name__}: {error}); copy the bundle again"
        ) from None


def _build(path: Path, spec: GeneratorSpec) -> Generator:
    try:
        return Generator(spec, *spec.build())
    except (ValueError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(
            f"{path}: does not describe a generator of this version ({error}); copy the bundle again"
        ) from None
