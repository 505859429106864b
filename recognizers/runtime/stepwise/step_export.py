"""Writes a network for streaming as ONNX: states are inputs and outputs."""

from pathlib import Path

import torch

from data_prep.features.extractor import FeatureExtractor
from data_prep.features.mfcc import Mfcc
from recognizers.runtime.onnx_export import OPSET, silenced
from recognizers.runtime.stepwise.description import LOG_PROBS, NEXT, NUM_FRAMES, source_of
from recognizers.runtime.stepwise.step_module import StepModule, WaveformStepModule

#: Groups of frames in the step on which the graph is traced; it may be any number.
EXAMPLE_GROUPS = 5


def write_steps(path: Path, steps: StepModule, extractor: FeatureExtractor) -> None:
    """Write the network, with the features inside if `source_of` says that it takes a waveform."""
    source = source_of(extractor)
    count = EXAMPLE_GROUPS * steps.encoder.subsampling
    if source == "waveform":
        assert isinstance(extractor, Mfcc)
        features = WaveformStepModule(steps, extractor)
        module: torch.nn.Module = features
        values, axes = torch.rand(features.window + (count - 1) * features.hop) - 0.5, {0: "samples"}
    else:
        module, values, axes = steps, torch.randn(1, count, extractor.num_features), {1: "frames"}
    shapes = steps.state_shapes()
    states = [torch.zeros(shape) for shape in shapes.values()]
    with silenced(), torch.inference_mode(False), torch.no_grad():
        torch.onnx.export(
            module.eval(),
            (values, torch.tensor([count]), *states),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[source, NUM_FRAMES, *shapes],
            output_names=[LOG_PROBS, *(NEXT + name for name in shapes)],
            dynamic_axes={source: axes, LOG_PROBS: {1: "rows"}},
        )
