"""Every choice composes, builds, and is named like its module."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from pipelines.cli.command import CONF_DIR, to_schema
from pipelines.cli.schema import TrainConfig, register_schemas
from pipelines.inference.decoder_setup import choose_decoder
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.instantiate import instantiate, resolve
from recognizers.vocabulary import Vocabulary

PACKAGE_OF_GROUP = {
    "features": "data_prep.features",
    "augment": "recognizers.augment",
    "decoder": "recognizers.decoder",
    "encoder": "recognizers.encoder",
    "head": "recognizers.head",
}


def choices(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml"))


def composed(*overrides: str) -> TrainConfig:
    register_schemas()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("train", overrides=[*overrides, "hydra.run.dir=unused"], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    OmegaConf.set_struct(cfg, False)
    cfg.pop("hydra")
    values = to_schema(cfg)
    assert isinstance(values, TrainConfig)
    return values


@pytest.mark.parametrize("group", PACKAGE_OF_GROUP)
def test_a_choice_is_named_like_the_module_it_builds(group: str) -> None:
    for choice in choices(group):
        target = OmegaConf.load(CONF_DIR / group / f"{choice}.yaml")["_target_"]
        assert target.rpartition(".")[0] == f"{PACKAGE_OF_GROUP[group]}.{choice}"


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_every_experiment_builds_its_parts(experiment: str, tmp_path: Path) -> None:
    own = ["corpus=folder"] if experiment in ("speech", "keywords", "signs", "fingerspelling") else []
    cfg = composed(f"experiment={experiment}", *own, f"corpus.root={tmp_path}")
    extractor = instantiate(cfg.features)
    encoder = instantiate(cfg.encoder | {"hidden_size": 4}, num_features=extractor.num_features)
    vocabulary = Vocabulary(cfg.head["unit"], ("x", "y"))
    head = instantiate(cfg.head, num_inputs=encoder.num_outputs, vocabulary=vocabulary)
    assert head.vocabulary is vocabulary
    decoder = choose_decoder(cfg.decoder, Greedy())
    decoder.check_vocabulary(vocabulary)
    assert isinstance(decoder, Beam) == experiment.endswith("_lm")
    assert instantiate(cfg.augment) is not None
    assert instantiate(cfg.corpus).root == str(tmp_path)


@pytest.mark.parametrize("corpus", choices("corpus"))
def test_every_corpus_has_an_experiment_or_is_the_users_own(corpus: str) -> None:
    assert resolve(OmegaConf.load(CONF_DIR / "corpus" / f"{corpus}.yaml")["_target_"])
    assert corpus in (*choices("experiment"), "folder", "manifest")
