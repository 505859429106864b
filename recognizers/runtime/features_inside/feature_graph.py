"""Exports the computation of features as an ONNX graph."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from recognizers.runtime.features_inside.inputs import DeviceInput, LandmarkInput, WaveformInput
from recognizers.runtime.features_inside.landmarks import LandmarkFeatures
from recognizers.runtime.features_inside.series import SeriesFeatures
from recognizers.runtime.features_inside.waveform import WaveformFeatures
from recognizers.runtime.onnx_export import OPSET, silenced
from recognizers.runtime.onnx_network import INPUTS

#: Length of the clip on which the graph is traced; it may be any, but 0 and 1 would be taken for constants.
EXAMPLE_LENGTHS = {"waveform": 8000, "landmarks": 12, "series": 12}


def feature_module(device_input: DeviceInput) -> nn.Module:
    """Make the torch module that computes the frames of one clip."""
    if isinstance(device_input, WaveformInput):
        return WaveformFeatures(device_input.settings)
    if isinstance(device_input, LandmarkInput):
        return LandmarkFeatures(device_input.settings)
    return SeriesFeatures()


def write_feature_graph(path: Path, device_input: DeviceInput) -> None:
    """Write the graph that computes the frames of one clip, and their number, as a network takes them."""
    import numpy as np

    signal = device_input.noise(np.random.default_rng(0), EXAMPLE_LENGTHS[device_input.source])
    example = tuple(torch.from_numpy(each) for each in device_input.arrays(signal).values())
    with silenced(), torch.inference_mode(False), torch.no_grad():
        module = feature_module(device_input).eval()
        if isinstance(device_input, WaveformInput):
            _export_with_dynamo(path, module, example, device_input)
        else:
            _trace(path, module, example, device_input)


def _export_with_dynamo(path: Path, module: nn.Module, example: tuple[Any, ...], device_input: DeviceInput) -> None:
    """Use the newer exporter, which knows the complex numbers of a Fourier transform."""
    sizes = {name: torch.export.Dim(name) for each in device_input.inputs for name in _named(each.shape).values()}
    program = torch.onnx.export(
        module,
        example,
        dynamo=True,
        verbose=False,
        opset_version=OPSET,
        input_names=[each.name for each in device_input.inputs],
        output_names=list(INPUTS),
        dynamic_shapes=[
            {axis: sizes[name] for axis, name in _named(each.shape).items()} for each in device_input.inputs
        ],
    )
    assert program is not None  # as ever with dynamo=True
    program.save(path)


def _trace(path: Path, module: nn.Module, example: tuple[Any, ...], device_input: DeviceInput) -> None:
    """Use the older exporter, which lets the number of frames follow from the values of an input."""
    torch.onnx.export(
        module,
        example,
        str(path),
        dynamo=False,
        opset_version=OPSET,
        input_names=[each.name for each in device_input.inputs],
        output_names=list(INPUTS),
        dynamic_axes={each.name: _named(each.shape) for each in device_input.inputs} | {INPUTS[0]: {1: "frames"}},
    )


def _named(shape: tuple[str | int, ...]) -> dict[int, str]:
    """The axes of any size, and their names."""
    return {axis: size for axis, size in enumerate(shape) if isinstance(size, str)}
