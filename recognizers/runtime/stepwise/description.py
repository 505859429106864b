"""The JSON file beside a network for streaming: all that a caller in another language needs to know."""

from collections.abc import Mapping
from typing import Any

from data_prep.features.extractor import FeatureExtractor
from data_prep.features.mfcc import Mfcc, window_samples
from recognizers.bundle.spec import RecognizerSpec
from recognizers.runtime.features_inside.description import symbols_and_decoding
from recognizers.runtime.stepwise.obstacles import algorithmic_latency_s

FORMAT = 1
NETWORK_NAME, DESCRIPTION_NAME = "streaming.onnx", "streaming.json"
#: Put before the name of each state that a step takes, in the name of the output that the next step takes.
NEXT = "next_"
NUM_FRAMES, LOG_PROBS = "num_frames", "log_probs"
WAVEFORM_STEPS = (
    "Keep the samples of a clip in a buffer, with a full scale of 1. Wait until there are 2 * window_samples, or "
    "fill up a shorter clip with zeros at its end. Then put before them samples number samples_before, ..., 2, 1 of "
    "the clip (counted from 0), which reflects its beginning. Whenever the buffer holds window_samples + (n - 1) * "
    "hop_samples samples, where n is a multiple of subsampling, give these to a step with num_frames = n, and "
    "remove the first n * hop_samples from the buffer. Do not compute frame number i before the clip has (i + 0.5) "
    "* hop_samples samples. At the end of a clip of T samples, append its samples number T - 2, T - 3, ..., T - 1 - "
    "(window_samples - samples_before), which reflects its end. Compute steps until floor(T / hop_samples + 0.5) "
    "frames are computed in all, at least 1. For the last step set num_frames to the number of frames that are "
    "left, and append zeros until n is a multiple of subsampling."
)
FRAME_STEPS = (
    "Give the frames of a clip in their order, n at a time, where n is a multiple of subsampling, with num_frames = n. "
    "At the end of the clip set num_frames to the number of frames that are left, and append zeros until n is a "
    "multiple of subsampling."
)
STATES = (
    "Before the first step of a clip all states are zeros of the given shape. Then each state is the output of the "
    f"step before whose name begins with {NEXT}."
)


def source_of(extractor: FeatureExtractor) -> str:
    """Return what a streaming network takes: the samples under windows, or frames where those do not suffice."""
    return "waveform" if isinstance(extractor, Mfcc) and not extractor.deltas else "frames"


def describe_steps(
    spec: RecognizerSpec,
    extractor: FeatureExtractor,
    subsampling: int,
    state_shapes: Mapping[str, tuple[int, ...]],
    network: Mapping[str, Any],
) -> dict[str, Any]:
    """Describe a network for streaming.

    Args:
        spec: The recognizer.
        extractor: Its extractor.
        subsampling: Frames for each row of log-probabilities.
        state_shapes: The shape of each state, by name.
        network: What is known about the file.
    """
    source = source_of(extractor)
    return {
        "format": FORMAT,
        "task": "stream",
        "network": network,
        "source": source,
        "inputs": [_input(source, extractor), _num_frames(), *map(_state, state_shapes.items())],
        "outputs": [
            {
                "name": LOG_PROBS,
                "type": "float32",
                "shape": [1, "rows", spec.vocabulary.num_ids],
                "meaning": "Natural logarithm of the probability of each id, in n / subsampling rows; ids are places "
                "in `symbols`.",
            },
            *(
                {"name": NEXT + name, "type": "float32", "shape": list(shape), "meaning": f"`{name}` of the next step."}
                for name, shape in state_shapes.items()
            ),
        ],
        "steps": WAVEFORM_STEPS if source == "waveform" else FRAME_STEPS,
        "states": STATES,
        **_sound(extractor),
        "subsampling": subsampling,
        "frame_rate_hz": extractor.frame_rate_hz,
        "log_probs_rate_hz": extractor.frame_rate_hz / subsampling,
        "latency_s": round(algorithmic_latency_s(extractor, subsampling), 6),
        **symbols_and_decoding(spec),
    }


def _input(source: str, extractor: FeatureExtractor) -> dict[str, Any]:
    if source == "frames":
        return {
            "name": "frames",
            "type": "float32",
            "shape": [1, "frames", extractor.num_features],
            "meaning": "The next n frames.",
        }
    return {
        "name": "waveform",
        "type": "float32",
        "shape": ["samples"],
        "meaning": "The samples of one channel under the windows of the next n frames: window_samples + (n - 1) * "
        "hop_samples of them, at sample_rate_hz, with a full scale of 1.",
    }


def _num_frames() -> dict[str, Any]:
    meaning = "How many of the n frames belong to the clip: n, but fewer in its last step."
    return {"name": NUM_FRAMES, "type": "int64", "shape": [1], "meaning": meaning}


def _state(named: tuple[str, tuple[int, ...]]) -> dict[str, Any]:
    name, shape = named
    return {"name": name, "type": "float32", "shape": list(shape), "meaning": "A state; see `states`."}


def _sound(extractor: FeatureExtractor) -> dict[str, Any]:
    if not isinstance(extractor, Mfcc):
        return {}
    window = window_samples(extractor)
    return {
        "sample_rate_hz": extractor.sample_rate_hz,
        "window_samples": window,
        "hop_samples": round(extractor.sample_rate_hz * extractor.hop_ms / 1000),
        "samples_before": (window + 1) // 2,
    }
