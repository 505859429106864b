"""Joins the graph of the features and that of the network to one ONNX file."""

from pathlib import Path
from typing import Any

from recognizers.runtime.onnx_network import INPUTS, OUTPUTS

#: Put before all names of the network's graph, because both graphs number their values.
PREFIX = "network/"


def join_graphs(features: Path, network: Path, target: Path) -> None:
    """Write a network that takes the inputs of the features' graph and gives log-probabilities, lengths and frames.

    Args:
        features: A graph whose outputs are named like the network's inputs.
        network: An exported network, in float32 or int8, of the same version of operators.
        target: The file to write.
    """
    import onnx

    first, second = onnx.load(features), onnx.load(network)
    first.ir_version = second.ir_version
    frames = next(each for each in first.graph.output if each.name == INPUTS[0])
    joined = onnx.compose.merge_models(
        first, second, io_map=[(name, name) for name in INPUTS], prefix2=PREFIX, name="recognizer"
    )
    _rename(joined.graph, {PREFIX + name: name for name in OUTPUTS})
    joined.graph.output.append(frames)
    onnx.checker.check_model(joined)
    onnx.save(joined, target)


def _rename(graph: Any, names: dict[str, str]) -> None:
    """Rename outputs of a graph."""
    for node in graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(each, each) for each in values]
    for output in graph.output:
        output.name = names.get(output.name, output.name)
