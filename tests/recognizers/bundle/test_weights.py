"""Bundles saved and loaded, and damaged weights."""

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
from recognizers.bundle.weights import load_bundle, load_weights
from recognizers.decoder.beam import Beam
from recognizers.inference.predictor import Predictor
from recognizers.instantiate import describe
from tests.recognizers.bundle.bundles import BEAM, CLASSIFICATION, CTC, LANGUAGE_MODEL, outputs, save
from tests.recognizers.conftest import EXTRACTOR


@pytest.mark.parametrize("spec", [CTC, CLASSIFICATION], ids=["ctc", "classification"])
def test_a_loaded_bundle_gives_identical_outputs(tmp_path: Path, spec: RecognizerSpec) -> None:
    encoder, head = save(tmp_path / "bundle", spec)
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.spec == spec
    assert (bundle.extractor.num_features, bundle.extractor.frame_rate_hz) == (13, 50)
    assert not bundle.encoder.training  # type: ignore[attr-defined]
    assert not bundle.head.training  # type: ignore[attr-defined]
    for before, after in zip(outputs(encoder, head), outputs(bundle.encoder, bundle.head), strict=True):
        assert torch.equal(before, after)


def test_a_bundle_consists_of_json_and_weights(tmp_path: Path) -> None:
    save(tmp_path / "bundle")
    assert {path.name for path in (tmp_path / "bundle").iterdir()} == {SPEC_NAME, WEIGHTS_NAME}
    text = (tmp_path / "bundle" / SPEC_NAME).read_text(encoding="utf-8")
    assert "\u4e2d" in text
    document = json.loads(text)
    assert (document["format"], document["frame_rate_hz"]) == (3, 50)
    assert document["metrics"] == {"test/wer": 0.25}
    names = load_file(tmp_path / "bundle" / WEIGHTS_NAME)
    assert {name.split(".")[0] for name in names} == {"encoder", "head"}


def test_a_bundle_contains_its_language_model(tmp_path: Path) -> None:
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
    # Saving it again gives the same files, and saving without a language model leaves none behind.
    save(tmp_path / "again", bundle.spec)
    for name in (SPEC_NAME, LANGUAGE_MODEL_NAME):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "bundle" / name).read_bytes()
    save(tmp_path / "again", CTC)
    assert not (tmp_path / "again" / LANGUAGE_MODEL_NAME).exists()


def test_saving_replaces_an_existing_bundle(tmp_path: Path) -> None:
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
def test_weights_of_another_shape_or_name_are_refused(
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
def test_no_memory_is_allocated_for_sizes_that_do_not_fit_the_weights(
    tmp_path: Path, settings: dict[str, int], file: str
) -> None:
    save(tmp_path)
    document = json.loads((tmp_path / SPEC_NAME).read_text(encoding="utf-8"))
    document["encoder"] |= settings
    (tmp_path / SPEC_NAME).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{tmp_path / file}: does not"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), -1e30])
def test_implausible_weights_are_refused(tmp_path: Path, value: float) -> None:
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
def test_truncated_weights_are_refused(tmp_path: Path, kept_share: float) -> None:
    save(tmp_path)
    path = tmp_path / WEIGHTS_NAME
    content = path.read_bytes()
    path.write_bytes(content[: int(kept_share * len(content))])
    with pytest.raises(InputError, match=rf"^{path}: does not fit its {SPEC_NAME}"):
        load_bundle(tmp_path)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_pickled_files_are_refused(tmp_path: Path) -> None:
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


def test_only_the_weights_of_a_checkpoint_are_loaded(tmp_path: Path) -> None:
    _, encoder, head = CTC.build()
    state = {f"encoder.{name}": value + 1 for name, value in encoder.state_dict().items()}  # type: ignore[attr-defined]
    state |= {f"head.{name}": value + 1 for name, value in head.state_dict().items()}  # type: ignore[attr-defined]
    torch.save({"state_dict": state | {"val_wer.errors": torch.tensor(3)}, "epoch": 4}, tmp_path / "last.ckpt")
    load_weights(tmp_path / "last.ckpt", encoder, head)
    assert all(torch.equal(value, state[f"encoder.{name}"]) for name, value in encoder.state_dict().items())  # type: ignore[attr-defined]
    assert all(torch.equal(value, state[f"head.{name}"]) for name, value in head.state_dict().items())  # type: ignore[attr-defined]
