"""Everything that the training of a generator needs before its first step."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor
from data_prep.features.hand_keypoints import HandKeypoints
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from pipelines.cli.schema import TrainConfig
from pipelines.training.early_checks import check_augment, check_trainer
from pipelines.training.setup import STANDARDIZE_CLIPS, read_clips
from recognizers.bundle.generator import GeneratorSpec
from recognizers.head.generation import Generation
from recognizers.instantiate import instantiate, resolve
from recognizers.training.balance import with_groups
from recognizers.training.datamodule import ClipData
from recognizers.training.generator_module import SequenceGenerator
from recognizers.training.targets import TargetClip, build_vocabulary, encode_targets
from recognizers.vocabulary import Unit, Vocabulary

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GeneratorSetup:
    """The parts of a generator, and the clips that it learns from.

    Attributes:
        clips: All clips of the corpus, and the training clips of extra corpora.
        prepared: The clips whose media could be read, and their signals.
        targets: The clips of all splits with their target symbols.
        failures: The clips that cannot be used, with the reason.
        spec: Specification of the generator.
        extractor: The feature extractor whose frames it draws.
        network: The network, with fresh weights.
    """

    clips: Sequence[Clip]
    prepared: Prepared
    targets: list[TargetClip]
    failures: list[Failure]
    spec: GeneratorSpec
    extractor: FeatureExtractor
    network: Generation

    @property
    def networks(self) -> Sequence[nn.Module]:
        """What is trained."""
        return (self.network,)


def is_generator(head: dict[str, Any]) -> bool:
    """Tell whether the specification of a head is that of a generator."""
    return resolve(head.get("_target_")) is Generation


def adopt_generator_settings(cfg: TrainConfig) -> TrainConfig:
    """Return the settings without those of recipes for recognizers that a generator has no use for, named in the log.

    Raises:
        InputError: The settings ask for a starting point, which only recognizers have.
    """
    for name, is_set in (
        ("init", cfg.init is not None),
        ("freeze_encoder_epochs", bool(cfg.freeze_encoder_epochs)),
        ("compare_with_scratch", bool(cfg.compare_with_scratch)),
    ):
        if is_set:
            raise InputError(f"head=generation has no encoder that could start from another one: leave {name} out")
    for name, is_set in (("teacher", cfg.teacher is not None), ("seeds", cfg.seeds > 1)):
        if is_set:
            raise InputError(f"{name} is for recognizers; head=generation draws clips: leave {name} out")
    unused: list[str] = []
    if cfg.features.get("velocity"):
        cfg, unused = replace(cfg, features={**cfg.features, "velocity": False}), [*unused, "features.velocity"]
    if cfg.optimizer.consistency_weight:
        cfg = replace(cfg, optimizer=replace(cfg.optimizer, consistency_weight=0.0))
        unused.append("optimizer.consistency_weight")
    if unused:
        log.info("head=generation has no use for %s, which the recipe sets", " and ".join(unused))
    return cfg


def check_generator_settings(cfg: TrainConfig, run_dir: Path) -> int:
    """Check that a generator and its training can be made; no media are read.

    Returns:
        The number of processes that will train.

    Raises:
        InputError: A setting is out of range, or does not suit another one or this machine.
    """
    extractor = instantiate(cfg.features)
    if not isinstance(extractor, HandKeypoints):
        raise InputError(
            f"head=generation draws hands, but the features are of {extractor.modality}; give features=hand_keypoints"
        )
    check_augment(cfg.augment, extractor)
    for spec in (cfg.corpus, *cfg.extra_corpora.values()):
        instantiate(spec)
    unit: Unit = cfg.head.get("unit", "label")
    vocabulary = Vocabulary(unit, ("a", "b"), tuple(cfg.text.normalize))
    with torch.random.fork_rng(devices=[]):  # the random numbers of the training stay as they are
        GeneratorSpec(cfg.features, cfg.head, vocabulary).build()
    return check_trainer(cfg, run_dir)


def set_up_generator(cfg: TrainConfig) -> GeneratorSetup:
    """Prepare the corpus, and build a generator for its targets; `check_generator_settings` has been passed.

    Raises:
        InputError: The corpus cannot be used.
    """
    extractor = instantiate(cfg.features)
    clips, _ = read_clips(cfg)
    prepared = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    vocabulary = build_vocabulary(prepared.clips, cfg.head.get("unit", "label"), cfg.text.normalize)
    spec = GeneratorSpec(cfg.features, cfg.head, vocabulary)
    _, network = spec.build()
    targets, failures = encode_targets(prepared, extractor.frame_rate_hz, network, network)
    return GeneratorSetup(clips, prepared, targets, prepared.failures + failures, spec, extractor, network)


def make_generator_data(cfg: TrainConfig, setup: GeneratorSetup) -> ClipData:
    """Make the batches of a training: those that a recognizer of the same clips would learn from."""
    return ClipData(
        with_groups(setup.targets, cfg.balance, cfg.text.normalize),
        setup.prepared,
        setup.extractor,
        instantiate(cfg.augment),
        cfg.batch_size,
        cfg.batch_frames,
        cfg.num_workers,
        cfg.seed,
    )


def make_generator_module(cfg: TrainConfig, setup: GeneratorSetup, data: ClipData) -> SequenceGenerator:
    """Make the trainable module; it learns the components of hands from the training clips."""
    setup.network.learn_scale(data.train.plain_frames(STANDARDIZE_CLIPS))
    settings = cfg.optimizer
    return SequenceGenerator(
        setup.network,
        settings.learning_rate,
        settings.weight_decay,
        settings.schedule,  # type: ignore[arg-type]
        settings.warmup_share,
        settings.patience_epochs,
    )
