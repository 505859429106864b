"""What keeps a recognizer from being computed step by step, and how long its steps look ahead; without torch."""

from collections.abc import Mapping
from typing import Any

from data_prep.features.extractor import FeatureExtractor
from data_prep.features.mfcc import Mfcc
from data_prep.features.mfcc_stream import lookahead_s, settings_over_whole_clip


def stepwise_obstacles(extractor: FeatureExtractor, encoder: Mapping[str, Any], unit: str) -> list[str]:
    """Name the settings that need a whole clip, and what to set instead; none if steps are possible.

    Args:
        extractor: The feature extractor.
        encoder: The specification of the encoder.
        unit: The unit of the head's vocabulary.
    """
    obstacles = []
    if encoder.get("direction", "both") != "forward":
        obstacles.append("encoder.direction=both reads a clip from its end, too; set encoder.direction=forward")
    if isinstance(extractor, Mfcc):
        obstacles += settings_over_whole_clip(extractor)
    else:
        obstacles.append(
            f"features={type(extractor).__name__} are computed for whole clips; only those of sound need not be"
        )
    if unit == "label":
        obstacles.append("head=classification gives a label to a whole clip; set head=ctc for text")
    return obstacles


def algorithmic_latency_s(extractor: FeatureExtractor, subsampling: int) -> float:
    """How long after a sound its log-probabilities can be computed at the earliest, in seconds.

    The first of the frames that are stacked waits for the others, and the last of these for the end of its window and
    for the frames in its derivatives.
    """
    of_features = lookahead_s(extractor) if isinstance(extractor, Mfcc) else 0.0
    return (subsampling - 1) / extractor.frame_rate_hz + of_features
