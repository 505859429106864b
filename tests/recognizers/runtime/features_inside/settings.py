"""The features of all recipes, and settings that no recipe uses."""

from dataclasses import replace
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from data_prep.features.extractor import FeatureExtractor
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.features.mfcc import Mfcc
from pipelines.cli.command import CONF_DIR
from pipelines.cli.schema import register_schemas
from recognizers.instantiate import instantiate

OTHER_SETTINGS: dict[str, FeatureExtractor] = {
    "filterbank": Mfcc(kind="filterbank", sample_rate_hz=11_000, num_coefficients=30, deltas=1, hop_ms=8.0),
    "deltas": Mfcc(deltas=2, cmvn="none", window_ms=20.0625),  # a window of an odd number of samples
    "filterbank_range": Mfcc(kind="filterbank", dynamic_range_db=30.0, cmvn="mean"),
    "image": HandKeypoints(coordinates="image", velocity=True, frame_rate_hz=12.5, fill_gaps_s=0.0),
    "one_hand": HandKeypoints(num_hands=1, velocity=True, fill_gaps_s=0.5),
}

#: Recipes that leave the choice of the corpus to others.
BASES = ("fingerspelling", "keywords", "signs", "speech")


def recipe_extractors() -> dict[str, FeatureExtractor]:
    """The extractor of each recipe in ``conf/experiment``; recipes with equal ones are joined by a plus sign."""
    register_schemas()
    found: dict[FeatureExtractor, list[str]] = {}
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        for path in sorted((CONF_DIR / "experiment").glob("*.yaml")):
            corpus = ["corpus=manifest"] if path.stem in BASES else []
            cfg = compose("train", overrides=[f"experiment={path.stem}", *corpus])
            spec: Any = OmegaConf.to_container(cfg.features, resolve=True)
            extractor = instantiate(spec)
            if isinstance(extractor, HandKeypoints):  # how hands are found makes no difference here
                extractor = replace(extractor, tracker=HandKeypoints().tracker)
            found.setdefault(extractor, []).append(path.stem)
    return {"+".join(names): extractor for extractor, names in found.items()}


EXTRACTORS = recipe_extractors() | OTHER_SETTINGS
