"""Bundles of generators: what is written is read, and neither kind is taken for the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.bundle.generator import Generator, GeneratorSpec, load_generator, save_generator
from recognizers.bundle.layout import WEIGHTS_NAME
from recognizers.bundle.spec import SPEC_NAME
from recognizers.bundle.weights import load_bundle
from recognizers.head.generation import Generation
from recognizers.vocabulary import Vocabulary

FROZEN = Path(__file__).parents[2] / "frozen"
FEATURES = {"_target_": "data_prep.features.hand_keypoints.HandKeypoints", "num_hands": 1, "frame_rate_hz": 15.0}
HEAD = {"_target_": "recognizers.head.generation.Generation", "hidden_size": 8, "components": 3, "mixtures": 2}


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Generation]:
    spec = GeneratorSpec(FEATURES, HEAD, Vocabulary("label", ("hello", "thanks")), {"epochs": 3}, {"test/loss": 1.5})
    _, network = spec.build()
    network.learn_scale([np.random.default_rng(0).normal(size=(20, 67)).astype(np.float32) ** 2])
    save_generator(tmp_path / "run" / "bundle", spec, network)
    return tmp_path / "run", network


def draw(network: Generation) -> np.ndarray:
    return network.eval().draw([1], torch.Generator().manual_seed(3), max_frames=5)


@pytest.mark.parametrize("below", ["", "bundle"])
def test_a_generator_that_was_saved_draws_the_same(saved: tuple[Path, Generation], below: str) -> None:
    path, network = saved
    loaded = load_generator(path / below)
    assert isinstance(loaded, Generator)
    np.testing.assert_array_equal(draw(loaded.network), draw(network))
    assert loaded.extractor.frame_rate_hz == 15.0
    assert loaded.spec.vocabulary.symbols == ("hello", "thanks")
    assert (loaded.spec.training, loaded.spec.metrics) == ({"epochs": 3}, {"test/loss": 1.5})


def test_a_generator_is_not_taken_for_a_recognizer(saved: tuple[Path, Generation]) -> None:
    with pytest.raises(
        InputError, match="describes a generator, which draws clips and recognises nothing; use it with"
    ):
        load_bundle(saved[0])


def test_a_recognizer_is_not_taken_for_a_generator() -> None:
    with pytest.raises(InputError, match="describes a recognizer, which draws nothing; train a generator with head="):
        load_generator(FROZEN / "signs/bundle")


def test_a_folder_without_a_bundle_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found no recognizer.json in it; give the directory of a finished training"):
        load_generator(tmp_path)


def put(*keys: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (put("format", value=99), "has the format 99, but this version reads"),
        (put("head", "_target_", value="os.system"), "the _target_ of head is not a class of recognizers.head"),
        (put("head", "_target_", value="recognizers.head.ctc.Ctc"), "does not describe a generator of this version"),
        (put("head", "hidden_size", value=10**9), "does not describe a generator of this version"),
        (put("head", "hidden_size", value=9), "does not fit its recognizer.json"),
        (put("features", "num_hands", value=2), "does not fit its recognizer.json"),
        (put("vocabulary", "symbols", value=None), "not a generator's specification"),
        (put("vocabulary", value=[]), "not a generator's specification"),
        (put("training", value=3), None),
    ],
)
def test_a_damaged_specification_is_refused(
    saved: tuple[Path, Generation], damage: Callable[[dict[str, Any]], None], message: str | None
) -> None:
    path = saved[0] / "bundle" / SPEC_NAME
    document = json.loads(path.read_text())
    damage(document)
    path.write_text(json.dumps(document))
    if message is None:
        load_generator(saved[0])
        return
    with pytest.raises(InputError, match=message):
        load_generator(saved[0])


def test_damaged_weights_are_refused(saved: tuple[Path, Generation]) -> None:
    weights = saved[0] / "bundle" / WEIGHTS_NAME
    content = weights.read_bytes()
    weights.write_bytes(content[:50])
    with pytest.raises(InputError, match="copy the bundle again"):
        load_generator(saved[0])
    weights.write_bytes(content[:-4] + b"\xff\xff\xff\xff")
    with pytest.raises(InputError, match="damaged"):
        load_generator(saved[0])
    weights.unlink()
    with pytest.raises(InputError, match="no such file; copy the bundle again"):
        load_generator(saved[0])
