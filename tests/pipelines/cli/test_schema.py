"""Settings are checked, and every choice composes, builds, and is named like its module."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from data_prep.errors import InputError
from data_prep.manifest import SPLITS
from pipelines.cli import generate_schema, optimizer_schema, setting_checks
from pipelines.cli.command import CONF_DIR, register_config, to_schema
from pipelines.cli.optimizer_schema import OptimizerConfig
from pipelines.cli.other_choices import drop_settings_of_other_choices
from pipelines.cli.schema import (
    ClassifyConfig,
    EvaluateConfig,
    LanguageModelConfig,
    PrepareConfig,
    TrainConfig,
    TranscribeConfig,
)
from pipelines.inference.decoder_setup import choose_decoder
from pipelines.inference.generate_clips import WRITERS
from pipelines.training.generator_setup import is_generator
from recognizers.bundle.layout import RUNTIMES
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.instantiate import instantiate, resolve
from recognizers.training.lr_schedule import SCHEDULES
from recognizers.vocabulary import Vocabulary

PACKAGE_OF_GROUP = {
    "features": "data_prep.features",
    "augment": "recognizers.augment",
    "decoder": "recognizers.decoder",
    "encoder": "recognizers.encoder",
    "head": "recognizers.head",
}


#: Settings that a user must give: a corpus of one's own, or where `align` wrote further clips.
REQUIRED = {
    **{name: ["corpus=folder"] for name in ("speech", "keywords", "signs", "fingerspelling")},
    "fsdd_an4": ["extra_corpora.an4_digits.root=units.jsonl"],
    "speech_en_digits": ["extra_corpora.digits.root=units.jsonl"],
}


def choices(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml"))


def composed(*overrides: str) -> TrainConfig:
    register_config()
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        cfg = compose("train", overrides=[*overrides, "hydra.run.dir=unused"], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    OmegaConf.set_struct(cfg, False)
    cfg.pop("hydra")
    drop_settings_of_other_choices(cfg)
    values = to_schema(cfg)
    assert isinstance(values, TrainConfig)
    return values


@pytest.mark.parametrize("group", PACKAGE_OF_GROUP)
def test_a_choice_is_named_like_the_module_it_builds(group: str) -> None:
    for choice in choices(group):
        target = OmegaConf.load(CONF_DIR / group / f"{choice}.yaml")["_target_"]
        assert target.rpartition(".")[0] == f"{PACKAGE_OF_GROUP[group]}.{choice}"


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_a_corpus_can_be_prepared_with_every_experiment(experiment: str, tmp_path: Path) -> None:
    """A setting that is new in an experiment needs a field in `PrepareConfig`, which need not use it."""
    overrides = [f"experiment={experiment}", *REQUIRED.get(experiment, []), f"corpus.root={tmp_path}"]
    trained = composed(*overrides)
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        prepared = to_schema(compose("prepare", [*overrides, f"output_dir={tmp_path}"]))
    assert isinstance(prepared, PrepareConfig)
    assert (prepared.corpus, prepared.features, prepared.augment) == (trained.corpus, trained.features, trained.augment)
    assert prepared.text.normalize == trained.text.normalize
    assert prepared.unit == ("word" if trained.head["unit"] == "word" else "character")


@pytest.mark.parametrize("experiment", choices("experiment"))
def test_every_experiment_builds_its_parts(experiment: str, tmp_path: Path) -> None:
    cfg = composed(f"experiment={experiment}", *REQUIRED.get(experiment, []), f"corpus.root={tmp_path}")
    extractor = instantiate(cfg.features)
    encoder = instantiate(cfg.encoder | {"hidden_size": 4}, num_features=extractor.num_features)
    vocabulary = Vocabulary(cfg.head["unit"], ("x", "y"))
    # A generator draws frames; all others read what the encoder made of them.
    num_inputs = extractor.num_features if is_generator(cfg.head) else encoder.num_outputs
    head = instantiate(cfg.head, num_inputs=num_inputs, vocabulary=vocabulary)
    assert head.vocabulary is vocabulary
    decoder = choose_decoder(cfg.decoder, Greedy(), vocabulary)
    decoder.check_vocabulary(vocabulary)
    assert isinstance(decoder, Beam) == experiment.endswith("_lm")
    assert instantiate(cfg.augment) is not None
    assert instantiate(cfg.corpus).root == str(tmp_path)


@pytest.mark.parametrize("corpus", choices("corpus"))
def test_every_corpus_has_an_experiment_or_is_the_users_own(corpus: str) -> None:
    assert resolve(OmegaConf.load(CONF_DIR / "corpus" / f"{corpus}.yaml")["_target_"])
    assert corpus in (*choices("experiment"), "folder", "manifest", "aligned_units")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OptimizerConfig(learning_rate=0), "optimizer.learning_rate must be above 0; found 0"),
        (lambda: OptimizerConfig(learning_rate=math.nan), "optimizer.learning_rate must be above 0; found nan"),
        (lambda: OptimizerConfig(weight_decay=-1), "optimizer.weight_decay must be at least 0; found -1"),
        (lambda: OptimizerConfig(schedule="steps"), "optimizer.schedule must be one of cosine, plateau, constant"),
        (lambda: OptimizerConfig(warmup_share=1.5), "optimizer.warmup_share must be from 0 to 1; found 1.5"),
        (lambda: PrepareConfig(unit="letter"), "unit must be one of character, word; found 'letter'"),
        (lambda: PrepareConfig(pictures=-1), "pictures must be at least 0; found -1"),
        (lambda: TrainConfig(ema_decay=1.0), "ema_decay must be between 0 and 1, such as 0.999; found 1.0"),
        (lambda: TrainConfig(early_stopping_epochs=0), "early_stopping_epochs must be at least 1; found 0"),
        (lambda: TrainConfig(logger="paper"), "logger must be one of tensorboard, csv, wandb, mlflow; found 'paper'"),
        (lambda: TrainConfig(find="luck"), "find must be learning_rate; found 'luck'"),
        (lambda: TrainConfig(find="learning_rate", resume="last"), "find=learning_rate needs fresh weights"),
        (lambda: TrainConfig(keep_checkpoints=0), "keep_checkpoints must be at least 1; found 0"),
        (lambda: TrainConfig(extra_corpora={"a": 3}), r"extra_corpora.a must be a corpus \(_target_, root, ...\)"),
        (lambda: TrainConfig(trainer={"max_epochs": 0}), "trainer.max_epochs must be above 0"),
        (
            lambda: TrainConfig(trainer={"max_epochs": -1}),
            "max_epochs must be above 0, unless trainer.max_steps is given",
        ),
        (lambda: TrainConfig(trainer={"fast_dev_run": True}), "trainer.fast_dev_run keeps no results"),
        (lambda: EvaluateConfig(split="dev"), "split must be one of train, validation, test, all; found 'dev'"),
        (lambda: EvaluateConfig(batch_size=0), "batch_size must be at least 1; found 0"),
        (lambda: TranscribeConfig(runtime="tflite"), "runtime must be one of torch, onnx, onnx_int8; found 'tflite'"),
        (lambda: ClassifyConfig(top_k=0), "top_k must be at least 1; found 0"),
        (lambda: ClassifyConfig(num_workers=-1), "num_workers must be at least 0; found -1"),
        (lambda: LanguageModelConfig(split="dev"), "split must be one of train, validation, test; found 'dev'"),
        (lambda: LanguageModelConfig("a.txt", split="test"), "only a manifest .* has splits; leave split=test out"),
    ],
)
def test_a_setting_out_of_range_names_its_key_and_what_is_expected(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_choices_are_those_of_the_parts_that_they_configure() -> None:
    """The schema repeats the lists because it must not import numpy or torch."""
    assert (setting_checks.RUNTIMES, setting_checks.SPLITS) == (RUNTIMES, SPLITS)
    assert optimizer_schema.SCHEDULES == SCHEDULES
    assert tuple(WRITERS) == generate_schema.CLIP_FORMATS
