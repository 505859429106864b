"""Starting from what another recognizer has learned, instead of from random weights."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from torch import nn

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.operating_system import expand_home
from pipelines.cli.schema import TrainConfig
from pipelines.training.resume import ResumedRun
from recognizers import pretrained
from recognizers.bundle.layout import folder_of
from recognizers.bundle.spec import SPEC_NAME, read_spec
from recognizers.bundle.weights import Bundle, load_bundle
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.instantiate import complete_settings, resolve
from recognizers.pretrained import find_recognizer

log = logging.getLogger(__name__)

#: What the weights do not depend on, so that the recipe's own settings are kept: how hands are found, and dropout.
FREE_SETTINGS = {"features": "tracker", "encoder": "dropout"}
#: With fewer training clips than these, a starting point is suggested: clips for each label, or clips with a text.
FEW_PER_LABEL, FEW_TEXTS = 50, 500


def adopt_settings(cfg: TrainConfig, overrides: Sequence[str], resumed: ResumedRun | None = None) -> TrainConfig:
    """Return the settings with features and encoder as the starting point has them, since its weights fit no others.

    What the recipe has otherwise is replaced, and named in the log. A run that is resumed from a checkpoint no longer
    needs its starting point: it recorded its features and encoder.

    Args:
        cfg: The settings; unchanged if `init` is None.
        overrides: Settings given on the command line; those of features and encoder are not replaced but refused.
        resumed: The run that is resumed; None for a new run.

    Raises:
        InputError: There is no such starting point, it recognises something else, or a setting on the command line
            differs from it.
    """
    if cfg.init is None:
        return cfg
    if resumed is not None and resumed.checkpoint is not None:
        recorded, source = resumed.config, f"resume={resumed.folder}"
        return _with_parts(cfg, overrides, recorded["features"], recorded["encoder"], source)
    try:
        bundle = _load(cfg.init)  # whole, so that damage is known before anything costly
    except InputError as error:
        if resumed is None:
            raise
        raise InputError(
            f"resume={resumed.folder}: the run was stopped before its first checkpoint, so it needs its starting point "
            f"again: {error}. If it has moved, give init=PATH"
        ) from None
    learned = bundle.extractor.modality
    wanted = resolve(cfg.features["_target_"]).modality  # type: ignore[attr-defined]
    if learned != wanted:
        raise InputError(
            f"init={cfg.init} has learned from {learned}, but the features of this training are of {wanted}"
        )
    return _with_parts(cfg, overrides, bundle.spec.features, bundle.spec.encoder, f"init={cfg.init}")


def take_over_weights(init: str, encoder: Encoder, head: Head) -> None:
    """Give encoder and head the weights of the starting point: all of the encoder's, and those of shared symbols.

    Raises:
        InputError: The starting point is damaged.
    """
    bundle = _load(init)
    cast(nn.Module, encoder).load_state_dict(cast(nn.Module, bundle.encoder).state_dict())
    shared = head.take_over(bundle.head)
    log.info(
        "init=%s: the encoder starts from what was learned there; %d of %d symbols of the head too",
        init,
        shared,
        len(head.vocabulary.symbols),
    )


def suggest_starting_point(cfg: TrainConfig, clips: Sequence[Clip]) -> None:
    """Advise to start from a recognizer that comes with the package if there are few clips to learn from."""
    trained = [clip for clip in clips if clip.split == "train"]
    labels = {clip.label for clip in trained}
    few = FEW_TEXTS if cfg.head.get("unit", "character") != "label" else FEW_PER_LABEL * len(labels)
    if cfg.init is not None or len(trained) >= few:
        return
    if names := starting_points(resolve(cfg.features["_target_"]).modality):  # type: ignore[attr-defined]
        log.info(
            "%d training clips are few. With init=%s the encoder starts from what it has learned from other "
            "recordings, which makes unseen speakers or signers much easier to recognise",
            len(trained),
            " or init=".join(names),
        )


def starting_points(modality: str) -> list[str]:
    """Return the names of the recognizers that come with the package and have learned from this modality."""
    specs = {name: read_spec(pretrained.FOLDER / name / SPEC_NAME) for name in pretrained.names()}
    return [name for name, spec in specs.items() if resolve(spec.features["_target_"]).modality == modality]  # type: ignore[attr-defined]


def _load(init: str) -> Bundle:
    """Load the starting point.

    Raises:
        InputError: There is no bundle where `init` points, or it is damaged.
    """
    folder = folder_of(find_recognizer(expand_home(init)), "torch")
    if not (folder / SPEC_NAME).is_file():
        raise InputError(
            f"init={init}: found no {SPEC_NAME} in it; give the directory of a finished training run, a bundle, or the "
            "name of a recognizer that comes with the package"
        )
    return load_bundle(folder)


def _with_parts(
    cfg: TrainConfig, overrides: Sequence[str], features: Mapping[str, Any], encoder: Mapping[str, Any], source: str
) -> TrainConfig:
    """Return the settings with other features and another encoder, except for what weights do not depend on.

    Args:
        cfg: The settings.
        overrides: Settings given on the command line, which must not differ.
        features: Specification of the features.
        encoder: Specification of the encoder.
        source: The setting that they come from.
    """
    given = [override.lstrip("+").partition("=")[0] for override in overrides]
    parts, replaced = {}, []
    for group, own, other in (("features", cfg.features, features), ("encoder", cfg.encoder, encoder)):
        for name, value, learned_value in _differences(group, own, other):
            if name in given or (group in given and name == f"{group}._target_"):
                raise InputError(
                    f"{name}={value} does not fit {source}, which was trained with {learned_value}: leave {name} out, "
                    f"or train without {source.partition('=')[0]}"
                )
            replaced.append(f"{name} {learned_value} (not {value})")
        parts[group] = {**other, **{name: value for name, value in own.items() if name == FREE_SETTINGS[group]}}
    if replaced:
        log.info("%s: features and encoder are as there: %s", source, ", ".join(replaced))
    return replace(cfg, features=parts["features"], encoder=parts["encoder"])


def _differences(group: str, own: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return the settings in which two specifications differ: their names, and the values of both."""
    mine, theirs = complete_settings(own), complete_settings(other)
    return [
        (f"{group}.{name}", mine.get(name), theirs.get(name))
        for name in mine | theirs
        if mine.get(name) != theirs.get(name) and name.split(".")[0] != FREE_SETTINGS[group]
    ]
