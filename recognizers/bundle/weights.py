"""Writing and reading bundles: the specification and the weights, without pickle."""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from data_prep.atomic import atomic_folder
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from recognizers.bundle.layout import WEIGHTS_NAME, folder_of, is_ensemble
from recognizers.bundle.spec import SPEC_NAME, RecognizerSpec, read_spec, write_spec
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.interpreter import Interpreter

#: Larger than any weight of a trained network, yet small enough that sums of products do not overflow.
MAX_WEIGHT = 1e6


class EncoderAndHead(nn.Module):
    """An encoder and a head as one module; its state is the content of a bundle's weights file."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, frames: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, T, F), (N,) -> the head's log-probabilities, and (N,) numbers of encoded frames."""
        encoded, lengths = self.encoder(frames, lengths)
        return self.head.log_probs(encoded, lengths), lengths


@dataclass(frozen=True)
class Bundle:
    """A trained recognizer that was read from a bundle.

    Attributes:
        spec: The specification that the other parts were made from.
        extractor: The feature extractor it was trained with.
        encoder: The encoder, with trained weights.
        head: The head, with trained weights; its own interpreter decodes greedily, as in training.
        interpreter: Interprets the head's log-probabilities with the decoder that was chosen in training.
    """

    spec: RecognizerSpec
    extractor: FeatureExtractor
    encoder: Encoder
    head: Head
    interpreter: Interpreter


def save_bundle(folder: Path, spec: RecognizerSpec, encoder: Encoder, head: Head) -> None:
    """Write a bundle atomically, replacing an existing one."""
    state = EncoderAndHead(encoder, head).state_dict()
    with atomic_folder(folder) as partial:
        write_spec(partial, spec)
        save_file({name: tensor.cpu().contiguous() for name, tensor in state.items()}, partial / WEIGHTS_NAME)


def load_bundle(path: Path) -> Bundle:
    """Read a bundle and rebuild the recognizer, ready for inference.

    Args:
        path: The folder of a bundle, or the run directory that contains one.

    Raises:
        InputError: There is no bundle, or it is damaged, or it was written by another version.
    """
    folder = folder_of(path, "torch")
    if is_ensemble(folder):
        raise InputError(
            f"model={path}: holds an ensemble, but a single recognizer is needed here; give one of its members, such "
            f"as {folder / 'members' / '0'}"
        )
    if not (folder / SPEC_NAME).is_file():
        raise InputError(
            f"model={path}: found no {SPEC_NAME} in it; give the directory of a finished training run, or a bundle"
        )
    if not (folder / WEIGHTS_NAME).is_file():
        raise InputError(
            f"{folder / WEIGHTS_NAME}: no such file; copy the bundle again, or, if {folder} is an exported "
            "recognizer, give runtime=onnx"
        )
    spec = read_spec(folder / SPEC_NAME)
    with torch.device("meta"):  # allocates no memory, however large the layers are
        shapes = _build(folder, spec)
        check_shapes(folder / WEIGHTS_NAME, EncoderAndHead(shapes.encoder, shapes.head))
    bundle = _build(folder, spec)
    weights = load_file(folder / WEIGHTS_NAME)
    check_values(folder / WEIGHTS_NAME, weights)
    EncoderAndHead(bundle.encoder, bundle.head).eval().load_state_dict(weights)
    return bundle


def _build(folder: Path, spec: RecognizerSpec) -> Bundle:
    """Make the parts of a recognizer, with initial weights."""
    try:
        return Bundle(spec, *spec.build(), spec.build_interpreter())
    except (ValueError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise InputError(
            f"{folder / SPEC_NAME}: does not describe a recognizer of this version ({error}); copy the bundle again"
        ) from None


def check_shapes(path: Path, recognizer: nn.Module) -> None:
    """Compare names and shapes in the header of a weights file with those of a recognizer; no weights are read."""
    expected = {name: tuple(tensor.shape) for name, tensor in recognizer.state_dict().items()}
    try:
        with safe_open(path, framework="pt") as weights:
            found = {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: does not fit its {SPEC_NAME} ({error}); copy the bundle again") from None
    wrong = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    if wrong:
        first = f"{wrong[0]} is {found.get(wrong[0], 'missing')}, expected {expected.get(wrong[0], 'no such weights')}"
        raise InputError(f"{path}: does not fit its {SPEC_NAME} ({first}); copy the bundle again")


def check_values(path: Path, weights: dict[str, torch.Tensor]) -> None:
    """Refuse weights that are huge or not a number: a single flipped bit makes such a weight, and all outputs NaN."""
    for name, values in weights.items():
        largest = float(values.to(torch.float32).abs().max()) if values.numel() else 0.0
        if not largest <= MAX_WEIGHT:
            raise InputError(f"{path}: damaged: {name} holds {largest}; copy the bundle again, or train again")


def load_weights(checkpoint: Path, encoder: Encoder, head: Head) -> None:
    """Load the weights of a training checkpoint."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    recognizer = EncoderAndHead(encoder, head)
    recognizer.load_state_dict({name: value for name, value in state.items() if name.startswith(("encoder.", "head."))})
