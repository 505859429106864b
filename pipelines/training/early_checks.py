"""Checks of a training's settings that need no media, made before anything costly and before a run directory exists."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytorch_lightning as pl
import torch

from data_prep.errors import InputError
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip
from pipelines.cli.schema import TrainConfig
from pipelines.cli.setting_checks import check_value
from pipelines.inference.decoder_setup import choose_decoder
from pipelines.training.gain import check_comparison
from pipelines.training.live_promise import warn_of_broken_promise
from pipelines.training.loggers import check_logger
from pipelines.training.trainer import make_trainer
from recognizers.bundle.spec import RecognizerSpec
from recognizers.decoder.decoder import Decoder
from recognizers.inference.aligned_clip import read_alignments
from recognizers.instantiate import instantiate
from recognizers.recombination.recombiner import check_recombinable
from recognizers.training.lr_schedule import check_validated
from recognizers.training.targets import build_vocabulary, target_of
from recognizers.vocabulary import Unit, Vocabulary

log = logging.getLogger(__name__)

#: Types of the Trainer's arguments whose values are checked here; Lightning checks the others.
PLAIN_TYPES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def check_settings(cfg: TrainConfig, run_dir: Path) -> int:
    """Check that the parts of a recognizer and its training can be made, and fit together.

    Returns:
        The number of processes that will train.

    Raises:
        InputError: A setting is out of range, or does not suit another one or this machine.
    """
    extractor = instantiate(cfg.features)
    check_augment(cfg.augment, extractor)
    _check_recombine(cfg, extractor)
    warn_of_broken_promise(extractor, cfg.encoder, cfg.head.get("unit", "character"))
    instantiate(cfg.corpus)
    for spec in cfg.extra_corpora.values():
        instantiate(spec)
    _check_parts(cfg)
    if cfg.freeze_encoder_epochs and cfg.init is None:
        log.warning(
            "freeze_encoder_epochs=%d without init: in these epochs the head learns from an encoder of random weights. "
            "Leave it out, or give a starting point, such as init=RUN",
            cfg.freeze_encoder_epochs,
        )
    num_processes = check_trainer(cfg, run_dir)
    check_comparison(cfg, num_processes)
    return num_processes


def check_trainer(cfg: TrainConfig, run_dir: Path) -> int:
    """Check that logger and trainer can be made, and return the number of processes that will train.

    Raises:
        InputError: They cannot.
    """
    check_restarts()
    check_logger(cfg.logger)
    check_trainer_types(cfg.trainer)
    trainer = make_trainer(cfg.trainer, run_dir, [], logger=False)
    accumulated = trainer.accumulate_grad_batches
    check_value("trainer.accumulate_grad_batches", accumulated >= 1, "at least 1", accumulated)
    return int(trainer.num_devices * trainer.num_nodes)


def check_restarts() -> None:
    """Check that processes which torchrun starts again will find each other.

    By default they get the store in which the former processes left their addresses, and some wait for those forever.

    Raises:
        InputError: torchrun may start them again, and shares its store with them.
    """
    restarts = int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0"))
    if restarts > 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        raise InputError(
            f"torchrun --max-restarts={restarts}: processes that are started again might wait for the addresses of the "
            "former ones, without an end. Set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 before torchrun, on every node"
        )


def check_targets(cfg: TrainConfig, clips: Sequence[Clip]) -> Decoder:
    """Check that the head can learn what the clips are labelled with, and that schedule and decoder suit them.

    Returns:
        The decoder of the finished recognizer, with its language model if the settings name a file.

    Raises:
        InputError: The clips lack such targets, or have only one class, there are no validation clips that the settings
            need, or the language model cannot be read or used.
    """
    vocabulary = build_vocabulary(clips, cfg.head.get("unit", "character"), cfg.text.normalize)
    for clip in clips:
        if clip.split == "test":
            target_of(clip, vocabulary.unit, vocabulary.normalize)
    has_validation = any(clip.split == "validation" for clip in clips)
    check_validated(has_validation, cfg.optimizer.schedule, cfg.early_stopping_epochs)
    inherited = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary).build_interpreter().decoder
    decoder = choose_decoder(cfg.decoder, inherited, vocabulary)
    decoder.check_vocabulary(vocabulary)
    return decoder


def check_trainer_types(settings: dict[str, Any]) -> None:
    """Check the values of arguments of Lightning's Trainer that are plain numbers, words or truth values.

    Raises:
        InputError: A value is of another type.
    """
    hints = get_type_hints(pl.Trainer.__init__)
    for name, value in settings.items():
        kinds = get_args(hints.get(name)) if get_origin(hints.get(name)) is Union else (hints.get(name),)
        plain = [kind for kind in kinds if kind in PLAIN_TYPES]
        if len(plain) + (type(None) in kinds) < len(kinds) or _has_type(value, kinds):
            continue
        if float in plain:
            plain = [kind for kind in plain if kind is not int]
        named = [PLAIN_TYPES[kind] for kind in plain]
        expected = " or ".join(named + ["null"] * (type(None) in kinds))
        raise InputError(f"trainer.{name} must be {expected}; found {value!r}")


def _has_type(value: Any, kinds: tuple[Any, ...]) -> bool:
    if value is None:
        return type(None) in kinds
    if isinstance(value, bool):
        return bool in kinds
    return type(value) in kinds or (isinstance(value, int) and float in kinds)


def check_augment(settings: dict[str, Any], extractor: FeatureExtractor) -> None:
    """Raise InputError if the augmentation is for signals of another modality."""
    augment = instantiate(settings)
    if augment.modality not in (None, extractor.modality):
        fitting = {"audio": "augment=speech or ", "hands": "augment=hands or "}.get(extractor.modality, "")
        raise InputError(
            f"augment varies {augment.modality}, but the features are of {extractor.modality}; give {fitting}"
            "augment=none"
        )


def _check_recombine(cfg: TrainConfig, extractor: FeatureExtractor) -> None:
    """Raise InputError if clips are to be recombined, but cannot be, or the file of alignments cannot be read."""
    settings = instantiate(cfg.augment).recombine
    if not settings.copies:
        return
    check_recombinable(extractor.modality, cfg.head.get("unit", "character"))
    if settings.alignments is not None:
        read_alignments(Path(settings.alignments))
    settings.first_epoch(cfg.trainer.get("max_epochs"))


def _check_parts(cfg: TrainConfig) -> None:
    """Make encoder, head and decoder for any two symbols; the random numbers of the training stay as they are.

    A language model is left out, because the symbols that can spell it are not known yet.
    """
    unit: Unit = cfg.head.get("unit", "character")
    vocabulary = Vocabulary(unit, ("a", "b"), tuple(cfg.text.normalize))
    with torch.random.fork_rng(devices=[]):
        _, _, head = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary).build()
    settings = {name: value for name, value in cfg.decoder.items() if name != "language_model"}
    choose_decoder(settings, head.interpreter.decoder, vocabulary).check_vocabulary(vocabulary)
