"""Export of a recognizer's network as ONNX, in float32 and int8."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from recognizers.bundle.weights import EncoderAndHead
from recognizers.runtime.onnx_network import INPUTS, OUTPUTS

#: Version of ONNX's operators: the earliest that both of torch's exporters write, so that their graphs can be joined.
OPSET = 18


def write_onnx(path: Path, recognizer: EncoderAndHead, num_features: int) -> None:
    """Write the network as it computes in inference, for batches of any size and length."""
    recognizer.eval()
    lengths = torch.tensor([41, 23, 8])  # longest first, so that tracing records no sorting
    example = (torch.randn(3, 41, num_features, generator=torch.Generator().manual_seed(0)), lengths)
    encoded = ["clips", "encoded_frames"] if recognizer(*example)[0].ndim == 3 else ["clips"]
    names = (["clips", "frames"], ["clips"], encoded, ["clips"])
    with silenced(), torch.inference_mode(False), torch.no_grad():
        # The tracing exporter, because the newer one fixes the lengths of recurrent layers.
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
    """Write a copy of a float32 network whose LSTMs have int8 weights and quantise their inputs dynamically.

    The last layers remain float32, because they take little time and their rounding errors would reach the output.

    Returns:
        Whether the file was written; it is not if there is no LSTM, the only cell ONNX Runtime computes in int8.
    """
    import onnx
    from onnxruntime import quantization

    if all(node.op_type != "LSTM" for node in onnx.load(float32).graph.node):
        return False
    with silenced():
        quantization.quantize_dynamic(
            float32, path, op_types_to_quantize=["LSTM"], weight_type=quantization.QuantType.QInt8
        )
    return True


@contextmanager
def silenced() -> Iterator[None]:
    """Silence the exporters' warnings about shapes they cannot infer and about other ways to export."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
