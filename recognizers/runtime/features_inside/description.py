"""The JSON file beside networks with features inside: all that a caller in another language needs to know."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from data_prep.features.extractor import FeatureExtractor
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, RecognizerSpec
from recognizers.inference.line_breaks import characters_for_breaks
from recognizers.language_model.ngram import LanguageModel
from recognizers.runtime.features_inside.inputs import DEVICE_INPUTS, DeviceInput
from recognizers.vocabulary import BLANK, Vocabulary

FORMAT = 1
#: Names in the description for the runtimes whose networks it describes.
PRECISIONS = {"onnx": "float32", "onnx_int8": "int8"}
TEXT_DECODING = (
    "For each of the first `lengths` rows of log_probs take the id with the highest value; drop an id that equals the "
    "one before it; drop the blank; look the others up in `symbols`, join them with `separator`, and collapse spaces."
)
LABEL_DECODING = (
    "The id with the highest value is the answer; look it up in `symbols`. The exponential is its confidence."
)


def network_names(source: str) -> dict[str, str]:
    """Return the name of the network's file for each runtime."""
    return {"onnx": f"from_{source}.onnx", "onnx_int8": f"from_{source}.int8.onnx"}


def description_name(source: str) -> str:
    """Return the name of the description."""
    return f"from_{source}.json"


#: All files that an export with features inside may contain.
ALL_NAMES = {
    name
    for kind in DEVICE_INPUTS.values()
    for name in (*network_names(kind.source).values(), description_name(kind.source))
}


def describe_networks(
    spec: RecognizerSpec,
    extractor: FeatureExtractor,
    device_input: DeviceInput,
    subsampling: int,
    networks: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Describe networks with features inside.

    Args:
        spec: The recognizer.
        extractor: Its extractor, whose features are inside.
        device_input: What the networks take.
        subsampling: Frames per encoded frame.
        networks: What is known about each file, by precision.
    """
    vocabulary = spec.vocabulary
    is_label = vocabulary.unit == "label"
    return {
        "format": FORMAT,
        "source": device_input.source,
        "task": "classify" if is_label else "transcribe",
        "networks": networks,
        "inputs": [asdict(each) for each in device_input.inputs],
        "outputs": _outputs(vocabulary, extractor.num_features),
        **device_input.details(),
        "frame_rate_hz": extractor.frame_rate_hz,
        **({} if is_label else {"log_probs_rate_hz": extractor.frame_rate_hz / subsampling}),
        **symbols_and_decoding(spec),
    }


def symbols_and_decoding(spec: RecognizerSpec) -> dict[str, Any]:
    """Describe the symbols of log-probabilities, and how to find those of a clip."""
    vocabulary = spec.vocabulary
    is_label = vocabulary.unit == "label"
    return {
        "unit": vocabulary.unit,
        "symbols": [*[""] * vocabulary.first_id, *vocabulary.symbols],
        "blank": None if is_label else BLANK,
        "separator": " " if vocabulary.unit == "word" else "",
        "characters": characters_for_breaks("".join(vocabulary.symbols)),
        "decoding": LABEL_DECODING if is_label else TEXT_DECODING,
        "decoder": _decoder(spec.decoder),
    }


def _outputs(vocabulary: Vocabulary, num_features: int) -> list[dict[str, Any]]:
    if vocabulary.unit == "label":
        shape, length = [1, vocabulary.num_ids], "Number of encoded frames from which the label was found."
    else:
        shape = [1, "encoded_frames", vocabulary.num_ids]  # type: ignore[list-item]
        length = "Number of rows of log_probs."
    return [
        {
            "name": "log_probs",
            "type": "float32",
            "shape": shape,
            "meaning": "Natural logarithm of the probability of each id; ids are places in `symbols`.",
        },
        {"name": "lengths", "type": "int64", "shape": [1], "meaning": length},
        {
            "name": "frames",
            "type": "float32",
            "shape": [1, "frames", num_features],
            "meaning": "The features, frame_rate_hz of them a second, to look at; leave it out of what you ask for.",
        },
    ]


def _decoder(decoder: Mapping[str, Any]) -> dict[str, Any]:
    """The decoder that was chosen in training; its settings are those that JSON can hold."""
    name = str(decoder["_target_"]).rpartition(".")[2]
    settings = {
        key: LANGUAGE_MODEL_NAME if isinstance(value, LanguageModel) else value
        for key, value in decoder.items()
        if key != "_target_" and isinstance(value, str | int | float | bool | LanguageModel | None)
    }
    return {"name": name.lower(), **settings}
