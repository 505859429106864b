"""A recognizer's network written as ONNX, in float32 and in int8."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from recognizers.bundle.weights import EncoderAndHead
from recognizers.runtime.onnx_network import INPUTS, OUTPUTS

#: Of ONNX's operators; the first version with layer normalisation.
OPSET = 17


def write_onnx(path: Path, recognizer: EncoderAndHead, num_features: int) -> None:
    """Write the network for batches of any size and length.

    Args:
        path: The file.
        recognizer: Encoder and head; what its `forward` computes in inference is what is written.
        num_features: F, the width of its frames.
    """
    recognizer.eval()
    lengths = torch.tensor([41, 23, 8])  # the longest first: then nothing need be sorted
    example = (torch.randn(3, 41, num_features, generator=torch.Generator().manual_seed(0)), lengths)
    encoded = ["clips", "encoded_frames"] if recognizer(*example)[0].ndim == 3 else ["clips"]
    names = (["clips", "frames"], ["clips"], encoded, ["clips"])
    with _quiet(), torch.inference_mode(False), torch.no_grad():
        # The exporter by tracing: the newer one fixes the lengths of recurrent layers.
        torch.onnx.export(
            recognizer,
            example,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: dict(enumerate(axes)) for name, axes in zip((*INPUTS, *OUTPUTS), names, strict=True)},
        )


def write_int8(path: Path, float32: Path) -> bool:
    """Write a network with the weights of its LSTMs in int8; what flows between them is quantised as it comes.

    The last layers stay as they are: they take little time, and what is lost there is lost for good.

    Args:
        path: The file.
        float32: The network that `write_onnx` wrote.

    Returns:
        Whether there is an LSTM; without one nothing is written, for ONNX Runtime computes no other cell in int8.
    """
    import onnx
    from onnxruntime import quantization

    if all(node.op_type != "LSTM" for node in onnx.load(float32).graph.node):
        return False
    with _quiet():
        quantization.quantize_dynamic(
            float32, path, op_types_to_quantize=["LSTM"], weight_type=quantization.QuantType.QInt8
        )
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' remarks on shapes they cannot infer, or on what else one might do."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
