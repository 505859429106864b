"""Networks with features inside: writing them, and comparing them with the bundle."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.atomic import write_json
from data_prep.dependency_groups import require
from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from pipelines.inference.export_check import CheckClips, Expected
from recognizers.bundle.weights import Bundle
from recognizers.runtime.features_inside.description import (
    PRECISIONS,
    describe_networks,
    description_name,
    network_names,
)
from recognizers.runtime.features_inside.inputs import DeviceInput, device_input_for
from recognizers.runtime.onnx_network import OUTPUTS, start_session

#: Largest difference of features, as a share of the largest feature if that is above 1: velocities reach hundreds.
FEATURE_TOLERANCE = 1e-3
#: The same of log-probabilities in float32, which carry the differences of features on.
TOLERANCE = 1e-2


def checked_device_input(extractor: FeatureExtractor) -> DeviceInput:
    """Return what networks take that compute an extractor's features, before anything is exported.

    Raises:
        InputError: A setting cannot be exported, or a package is missing.
    """
    device_input = device_input_for(extractor)
    if device_input.source == "waveform":
        require("export with features_inside=true", "torchaudio", "onnxscript")
    return device_input


def export_features_inside(
    folder: Path,
    bundle: Bundle,
    device_input: DeviceInput,
    networks: Mapping[str, Path],
    clips: CheckClips,
    expected: Expected,
) -> dict[str, dict[str, float]]:
    """Write networks that compute the features themselves, and the file that describes them.

    Args:
        folder: Where to write them.
        bundle: The recognizer.
        device_input: What the networks take.
        networks: Its exported networks, for each runtime.
        clips: The clips on which they are compared with the bundle.
        expected: What the bundle makes of them.

    Returns:
        For each runtime, the differences of features, log-probabilities and predictions.

    Raises:
        InputError: The networks differ from the bundle.
    """
    from recognizers.runtime.features_inside.feature_graph import write_feature_graph
    from recognizers.runtime.features_inside.joining import join_graphs

    names = network_names(device_input.source)
    paths = {runtime: folder / names[runtime] for runtime in networks}
    with tempfile.TemporaryDirectory() as scratch:
        features = Path(scratch) / "features.onnx"
        write_feature_graph(features, device_input)
        for runtime, network in networks.items():
            join_graphs(features, network, paths[runtime])
    differences = _compare(bundle, device_input, paths, clips, expected)
    about = {PRECISIONS[runtime]: _about(path) | differences[runtime] for runtime, path in paths.items()}
    description = describe_networks(bundle.spec, bundle.extractor, device_input, bundle.encoder.subsampling, about)
    write_json(folder / description_name(device_input.source), description)
    return differences


def _about(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"file": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _compare(
    bundle: Bundle, device_input: DeviceInput, paths: Mapping[str, Path], clips: CheckClips, expected: Expected
) -> dict[str, dict[str, float]]:
    """Compare the networks, which compute clip by clip, with features in numpy and the bundle."""
    interpreter = bundle.interpreter
    differences = {}
    for runtime, path in paths.items():
        session = start_session(path, path.read_bytes(), num_threads=1)
        of_features, of_emissions, changed = 0.0, 0.0, 0
        wanted = zip(clips.signals, clips.frames, expected.emissions, expected.texts, strict=True)
        for signal, frames, emissions, text in wanted:
            found, lengths, computed = session.run([*OUTPUTS, "frames"], device_input.arrays(signal))
            [found_emissions] = interpreter.emissions(found, lengths)
            of_features = max(of_features, _largest_difference(frames.values, computed[0]))
            of_emissions = max(of_emissions, _largest_difference(emissions, found_emissions))
            [prediction] = interpreter.predictions(found, lengths)
            changed += prediction.text != text
        largest = max(float(np.abs(frames.values).max()) for frames in clips.frames)
        _check(runtime, of_features / max(1.0, largest), of_emissions)
        differences[runtime] = {
            "features_max_abs_diff": float(f"{of_features:.3g}"),
            "max_abs_diff": float(f"{of_emissions:.3g}"),
            "changed_predictions": changed,
        }
    return differences


def _largest_difference(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the largest difference of two arrays, infinity if their shapes differ."""
    return float(np.abs(expected - found).max()) if expected.shape == found.shape else float("inf")


def _check(runtime: str, of_features: float, of_emissions: float) -> None:
    for name, difference, limit in (
        ("features", of_features, FEATURE_TOLERANCE),
        ("log-probabilities", of_emissions, TOLERANCE if runtime == "onnx" else float("inf")),
    ):
        if not difference <= limit:
            raise InputError(
                f"the exported network with features inside differs from the bundle in its {name} by {difference:.3g}, "
                f"expected at most {limit}; nothing was written; export with features_inside=false"
            )
