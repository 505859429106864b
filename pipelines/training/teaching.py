"""What a teacher says of the clips of a training: computed, or read from the store."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor, fingerprint, num_frames
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from pipelines.cli.schema import TrainConfig
from pipelines.training.first_process import is_first_process
from pipelines.training.teacher import check_symbols, choose_transfer, load_teacher, teacher_paths
from pipelines.training.unlabelled import find_unlabelled
from recognizers.bundle.layout import files_of
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.training.distillation.distillation import Distillation
from recognizers.training.distillation.teacher_targets import TeacherTargets, fingerprint_files
from recognizers.training.targets import TargetClip, fit_target

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Teaching:
    """What a student learns from a teacher.

    Attributes:
        distillation: The loss.
        unlabelled: The recordings without a text or a label, with what the teacher finds most probable as their
            targets.
        prepared: The signals of all training clips.
        failures: The recordings without a text or a label that cannot be used.
        record: What reports say about it.
    """

    distillation: Distillation
    unlabelled: list[TargetClip]
    prepared: Prepared
    failures: list[Failure]
    record: dict[str, Any]

    @property
    def identity(self) -> dict[str, str]:
        """What must be the same when a run is resumed."""
        return {name: self.record[name] for name in ("targets", "unlabelled_clips")}


def set_up_teaching(
    cfg: TrainConfig,
    prepared: Prepared,
    targets: Sequence[TargetClip],
    extractor: FeatureExtractor,
    encoder: Encoder,
    head: Head,
) -> Teaching:
    """Let the teacher recognise all training clips whose targets are not stored yet; `check_teacher` has been passed.

    Of several processes the first one computes, and the others wait.

    Args:
        cfg: The settings.
        prepared: The student's signals.
        targets: The clips with a text or a label that it learns.
        extractor: The student's feature extractor.
        encoder: The student's encoder.
        head: The student's head.

    Raises:
        InputError: The teacher cannot be used.
    """
    teacher = load_teacher(cfg)
    check_symbols(cfg, teacher.interpreter.vocabulary, head.vocabulary)
    labelled = [entry.clip for entry in targets if entry.clip.split == "train"]
    prepared, unlabelled, failures = _prepare_unlabelled(cfg, prepared, extractor)
    of_teacher = prepare([*labelled, *unlabelled], teacher.extractor, Path(cfg.store_dir), cfg.num_workers)
    files = [file for path in teacher_paths(cfg) for file in files_of(path, "torch")]
    said = TeacherTargets(
        Path(cfg.store_dir),
        fingerprint_files(files),
        choose_transfer(cfg, teacher),
        head.vocabulary,
        of_teacher.keys,
    )
    if is_first_process():
        said.compute(teacher, of_teacher, of_teacher.clips)
    else:
        said.wait(of_teacher.clips)
    learned = []
    for clip in unlabelled:
        frames = num_frames(prepared.duration_s(clip), extractor.frame_rate_hz)
        try:
            if clip.id in said:
                learned.append(fit_target(clip, said.transfer.best(said[clip.id]), frames, encoder, head))
        except InputError as error:
            failures.append(Failure(clip.id, str(clip.path), str(error)))
    failures += [failure for failure in of_teacher.failures if failure.id in {clip.id for clip in unlabelled}]
    distillation = Distillation(said, cfg.distillation.weight, frozenset(entry.clip.id for entry in learned))
    record = _describe(cfg, said, labelled, learned)
    return Teaching(distillation, learned, prepared, failures, record)


def _prepare_unlabelled(
    cfg: TrainConfig, prepared: Prepared, extractor: FeatureExtractor
) -> tuple[Prepared, list[Clip], list[Failure]]:
    """Prepare the recordings without a text or a label, and leave out those that are among the corpus's own.

    Returns:
        The signals of all clips, the recordings, and those that cannot be used.
    """
    if cfg.distillation.unlabelled is None:
        return prepared, [], []
    clips = find_unlabelled(cfg.distillation.unlabelled, extractor)
    found = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    known = {prepared.keys[clip.id] for clip in prepared.clips}
    new = [clip for clip in found.clips if found.keys[clip.id] not in known]
    if len(new) < len(found.clips):
        log.warning(
            "distillation.unlabelled: %d of its %d recordings are left out: they are clips of the corpus itself",
            len(found.clips) - len(new),
            len(found.clips),
        )
    return replace(prepared, store=found.store, keys=prepared.keys | found.keys), new, found.failures


def _describe(
    cfg: TrainConfig, said: TeacherTargets, labelled: Sequence[Clip], unlabelled: Sequence[TargetClip]
) -> dict[str, Any]:
    taught = sum(clip.id in said for clip in labelled)
    log.info(
        "teacher: %s of %d training clips%s are learned, with a weight of %g and a temperature of %g",
        {"labels": "its probabilities", "frames": "its frames"}.get(said.transfer.name, "its transcripts"),
        taught,
        f" and of {len(unlabelled)} without a text or a label" if unlabelled else "",
        cfg.distillation.weight,
        cfg.distillation.temperature,
    )
    return {
        "models": [str(path.absolute()) for path in teacher_paths(cfg)],
        "by": said.transfer.name,
        "weight": cfg.distillation.weight,
        "temperature": cfg.distillation.temperature,
        "targets": said.fingerprint,
        "clips": taught,
        "unlabelled": len(unlabelled),
        "unlabelled_clips": fingerprint(keys=sorted(said.keys[entry.clip.id] for entry in unlabelled)),
    }
