"""Which recognizer teaches, whether the student can learn from it, and what it would learn."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from data_prep.errors import InputError
from data_prep.manifest import Clip
from data_prep.operating_system import expand_home
from pipelines.cli.schema import TrainConfig
from pipelines.training.teacher_record import warn_of_overlap
from pipelines.training.unlabelled import find_unlabelled
from recognizers.bundle.layout import files_of
from recognizers.bundle.spec import SPEC_NAME
from recognizers.ensemble.predictor import EnsemblePredictor
from recognizers.inference.clip_predictor import ClipPredictor
from recognizers.inference.loading import load_predictor
from recognizers.instantiate import instantiate, resolve
from recognizers.pretrained import find_recognizer
from recognizers.training.distillation.guided_frames import GuidedFrames
from recognizers.training.distillation.hypotheses import Hypotheses
from recognizers.training.distillation.soft_labels import SoftLabels
from recognizers.training.distillation.transfer import Transfer
from recognizers.training.targets import build_vocabulary
from recognizers.vocabulary import Vocabulary

log = logging.getLogger(__name__)

#: Symbols that a message names.
MAX_NAMED = 8
#: Settings of augmentations that move words in time, so that frames no longer correspond to the teacher's.
MOVING_SETTINGS = ("pad_share", "cut_share")


def check_teacher(cfg: TrainConfig, clips: Sequence[Clip]) -> None:
    """Check that the student can learn from the teacher, before any media are read.

    Args:
        cfg: The settings.
        clips: All clips of the training, with their splits.

    Raises:
        InputError: There is no such teacher, or it recognises other things than the student or in another way, or a
            setting does not suit it, or there are no unlabelled recordings where the settings say so.
    """
    unlabelled = cfg.distillation.unlabelled
    if cfg.teacher is None:
        if unlabelled is not None:
            raise InputError(
                f"distillation.unlabelled={unlabelled}: nobody says what is in these recordings; give teacher=RUN too"
            )
        return
    teacher = load_teacher(cfg)
    vocabulary = build_vocabulary(clips, cfg.head.get("unit", "character"), cfg.text.normalize)
    check_symbols(cfg, teacher.interpreter.vocabulary, vocabulary)
    choose_transfer(cfg, teacher)
    if unlabelled is not None:
        if cfg.balance is not None:
            raise InputError(
                f"balance={cfg.balance} cannot be combined with distillation.unlabelled, whose clips are of no known "
                "group; leave one of them out"
            )
        find_unlabelled(unlabelled, instantiate(cfg.features))
    warn_of_overlap(teacher_paths(cfg), clips)


def teacher_paths(cfg: TrainConfig) -> list[Path]:
    """Return the recognizers that the setting `teacher` names."""
    named = cfg.teacher if isinstance(cfg.teacher, list) else [cfg.teacher]
    return [find_recognizer(expand_home(str(name))) for name in named]


def load_teacher(cfg: TrainConfig) -> ClipPredictor:
    """Load the teacher; the random numbers of the training stay as they are.

    Raises:
        InputError: It is missing or damaged, or reads other recordings than the student.
    """
    paths = teacher_paths(cfg)
    for path in paths:
        if not any(file.is_file() for file in files_of(path, "torch")):
            raise InputError(
                f"teacher={path}: found no recognizer in it (no {SPEC_NAME}); give the directory of a finished "
                "training run, a bundle, or an ensemble"
            )
    with torch.random.fork_rng(devices=[]):
        teacher = load_predictor(paths)
    wanted = resolve(cfg.features["_target_"]).modality  # type: ignore[attr-defined]
    if teacher.extractor.modality != wanted:
        raise InputError(
            f"teacher={cfg.teacher} has learned from {teacher.extractor.modality}, but the features of this training "
            f"are of {wanted}; give a teacher of {wanted}, or other features"
        )
    return teacher


def check_symbols(cfg: TrainConfig, of_teacher: Vocabulary, of_student: Vocabulary) -> None:
    """Check that teacher and student know the same symbols, in whatever order.

    Raises:
        InputError: They differ in unit, symbols or spelling.
    """
    if of_teacher.unit != of_student.unit:
        raise InputError(
            f"teacher={cfg.teacher} recognises {of_teacher.unit}s, but this training is for {of_student.unit}s; set "
            f"{_head_of(of_teacher)}, or give a teacher of {of_student.unit}s"
        )
    if of_teacher.normalize != of_student.normalize:
        raise InputError(
            f"teacher={cfg.teacher} was trained with text.normalize={_listed(of_teacher.normalize)}, but this training "
            f"has {_listed(of_student.normalize)}; set text.normalize={_listed(of_teacher.normalize)}"
        )
    for known, others, who, advice in (
        (of_teacher, of_student, "only the teacher", "add training clips with them, or train a teacher without them"),
        (of_student, of_teacher, "only the training clips", "leave these clips out, or train a teacher with them"),
    ):
        if missing := sorted(set(known.symbols) - set(others.symbols)):
            named = ", ".join(map(repr, missing[:MAX_NAMED])) + (", …" if len(missing) > MAX_NAMED else "")
            raise InputError(
                f"teacher={cfg.teacher} and the training clips must have the same {known.unit}s, but {who} "
                f"know{'s' if known is of_teacher else ''} {named} ({len(missing)} in all); {advice}"
            )


def choose_transfer(cfg: TrainConfig, teacher: ClipPredictor) -> Transfer:
    """Choose what the student learns: what the settings say, or else what suits the teacher.

    Raises:
        InputError: The settings do not suit the teacher, or the augmentation.
    """
    settings, by = cfg.distillation, cfg.distillation.by
    if teacher.interpreter.target == "label":
        if by is not None:
            raise InputError(
                f"distillation.by={by} is for transcripts, but this teacher recognises labels; leave it out"
            )
        return SoftLabels(settings.temperature)
    if by == "frames" and isinstance(teacher, EnsemblePredictor):
        raise InputError(
            "distillation.by=frames: the networks of an ensemble emit the same symbol in different frames, so that "
            "their frames cannot be averaged; give distillation.by=hypotheses, or one of them as teacher"
        )
    moving = [name for name in MOVING_SETTINGS if cfg.augment.get(name)]
    if by == "frames" and moving:
        raise InputError(
            f"distillation.by=frames needs the words where they were, but augment.{moving[0]}="
            f"{cfg.augment[moving[0]]} moves them; set it to 0, or give distillation.by=hypotheses"
        )
    if by == "frames" or (by is None and not moving and not isinstance(teacher, EnsemblePredictor)):
        return GuidedFrames(settings.temperature)
    return Hypotheses(settings.hypotheses, settings.temperature)


def describe_teacher(cfg: TrainConfig) -> list[str]:
    """Return where the recognizers are that teach."""
    return [str(path.absolute()) for path in teacher_paths(cfg)]


def _head_of(vocabulary: Vocabulary) -> str:
    return "head=classification" if vocabulary.unit == "label" else f"head=ctc head.unit={vocabulary.unit}"


def _listed(rules: Any) -> str:
    return f"[{','.join(rules)}]"
