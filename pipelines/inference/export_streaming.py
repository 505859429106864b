"""The network for streaming: writing it, and comparing it with the bundle."""

import hashlib
import logging
from pathlib import Path

import numpy as np

from data_prep.atomic import write_json
from data_prep.errors import InputError
from data_prep.features.extractor import Signal
from data_prep.features.mfcc import Mfcc
from pipelines.inference.export_check import CheckClips
from recognizers.bundle.weights import Bundle
from recognizers.encoder.bilstm import BiLstm
from recognizers.head.ctc import Ctc
from recognizers.inference.predictor import Predictor
from recognizers.runtime.features_inside.inputs import device_input_for
from recognizers.runtime.stepwise.description import DESCRIPTION_NAME, NETWORK_NAME, describe_steps
from recognizers.runtime.stepwise.onnx_steps import OnnxSteps
from recognizers.runtime.stepwise.step_export import write_steps
from recognizers.runtime.stepwise.step_module import StepModule
from recognizers.runtime.torch_network import TorchNetwork
from recognizers.streaming.emission_stream import EmissionStream

log = logging.getLogger(__name__)

#: Largest difference of log-probabilities from those of the whole clip; rounding alone causes some.
TOLERANCE = 1e-3
#: Clips of noise, where no clip of the run can be read, and their duration.
NOISE_CLIPS, NOISE_S = 4, 3.0


def export_steps(folder: Path, bundle: Bundle, clips: CheckClips) -> dict[str, float]:
    """Write the network for streaming and its description, if the recognizer reads sound forward and gives text.

    Args:
        folder: Where to write them.
        bundle: The recognizer.
        clips: The clips on which the network is compared with the bundle.

    Returns:
        The largest difference of log-probabilities, and the latency; empty if nothing was written.

    Raises:
        InputError: The network differs from the bundle.
    """
    encoder, head, extractor = bundle.encoder, bundle.head, bundle.extractor
    if not isinstance(encoder, BiLstm) or encoder.direction == "both" or not isinstance(head, Ctc):
        return {}  # nobody expects it
    obstacles = TorchNetwork(encoder, head).steps(extractor)
    if isinstance(obstacles, list):
        log.warning("no network for streaming was written: %s; and train again", "; ".join(obstacles))
        return {}
    assert isinstance(extractor, Mfcc)
    steps = StepModule(encoder, head)
    write_steps(folder / NETWORK_NAME, steps, extractor)
    content = (folder / NETWORK_NAME).read_bytes()
    network = {"file": NETWORK_NAME, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    document = describe_steps(bundle.spec, extractor, encoder.subsampling, steps.state_shapes(), network)
    write_json(folder / DESCRIPTION_NAME, document)
    difference = _compare(folder, bundle, extractor, clips)
    document["network"]["max_abs_diff"] = difference
    write_json(folder / DESCRIPTION_NAME, document)
    return {"streaming_max_abs_diff": difference, "streaming_latency_s": document["latency_s"]}


def _compare(folder: Path, bundle: Bundle, extractor: Mfcc, clips: CheckClips) -> float:
    """Compare the network, which is given chunks of all lengths, with the bundle, which is given whole clips."""
    network = OnnxSteps(folder, bundle.encoder.subsampling, bundle.spec.vocabulary.num_ids, num_threads=1)
    whole = Predictor(extractor, TorchNetwork(bundle.encoder, bundle.head), bundle.interpreter)
    rng = np.random.default_rng(0)
    signals = clips.signals or _noise(extractor, rng)
    largest = 0.0
    for signal in signals:
        [expected] = whole.emissions([extractor.frames(signal)], batch_size=1)
        found = _streamed(EmissionStream(extractor, network), signal, rng)
        shapes_agree = found.shape == expected.shape
        largest = max(largest, float(np.abs(found - expected).max()) if shapes_agree else float("inf"))
    if not largest <= TOLERANCE:
        raise InputError(
            f"the network for streaming differs from the bundle by {largest:.3g}, expected at most {TOLERANCE}; "
            "nothing was written; please report it"
        )
    return float(f"{largest:.3g}")


def _streamed(stream: EmissionStream, signal: Signal, rng: np.random.Generator) -> np.ndarray:
    cuts = np.sort(rng.integers(0, len(signal.values), size=20))
    rows = [stream.add(chunk) for chunk in np.split(signal.values, cuts)]
    return np.concatenate([*rows, stream.finish()])


def _noise(extractor: Mfcc, rng: np.random.Generator) -> list[Signal]:
    longest = round(NOISE_S * extractor.sample_rate_hz)
    return [device_input_for(extractor).noise(rng, int(length)) for length in rng.integers(1, longest, NOISE_CLIPS)]
