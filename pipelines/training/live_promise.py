"""What a training says of recognition while somebody speaks, which an encoder that reads forward promises."""

import logging
from collections.abc import Mapping
from typing import Any

from data_prep.features.extractor import FeatureExtractor
from recognizers.runtime.stepwise.obstacles import algorithmic_latency_s, stepwise_obstacles

log = logging.getLogger(__name__)


def warn_of_broken_promise(extractor: FeatureExtractor, encoder: Mapping[str, Any], unit: str) -> None:
    """Warn if the encoder reads forward only, but another setting needs whole clips.

    It is no error, because a recognizer of labels, or one of hands, may read forward for other reasons.
    """
    if encoder.get("direction") != "forward" or unit == "label" or extractor.modality != "audio":
        return
    if obstacles := stepwise_obstacles(extractor, encoder, unit):
        log.warning(
            "encoder.direction=forward, but each frame cannot be recognised as it comes: %s", "; ".join(obstacles)
        )


def streaming_latency(
    extractor: FeatureExtractor, encoder: Mapping[str, Any], unit: str, subsampling: int
) -> dict[str, float]:
    """Return the latency for the report of a training, in seconds, if each frame can be recognised as it comes."""
    if stepwise_obstacles(extractor, encoder, unit):
        return {}
    return {"streaming_latency_s": round(algorithmic_latency_s(extractor, subsampling), 6)}
