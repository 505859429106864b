"""Everything that a training needs before its first step: clips, signals, targets and fresh networks."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from torch import nn

from data_prep.failures import Failure
from data_prep.features.extractor import FeatureExtractor
from data_prep.manifest import Clip
from data_prep.prepare import Prepared, prepare
from data_prep.report.split_checks import check_splits, check_unseen_classes, spell_labels
from data_prep.report.text_checks import check_texts
from pipelines.cli.schema import TrainConfig
from pipelines.corpora.extra_corpora import extra_clips
from pipelines.training.early_checks import check_targets
from pipelines.training.starting_point import take_over_weights
from pipelines.training.teacher import check_teacher
from pipelines.training.teaching import Teaching, set_up_teaching
from recognizers.bundle.spec import RecognizerSpec
from recognizers.decoder.decoder import Decoder
from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head
from recognizers.inference.clip_groups import choose_groups
from recognizers.instantiate import instantiate
from recognizers.recombination.recombiner import Recombiner
from recognizers.training.balance import groups_of, with_groups
from recognizers.training.datamodule import ClipData
from recognizers.training.lightning_module import SequenceRecognizer
from recognizers.training.targets import TargetClip, build_vocabulary, encode_targets

log = logging.getLogger(__name__)

#: Number of training clips from which the encoder learns the scale of the features.
STANDARDIZE_CLIPS = 1000
#: Folder of a run that holds the alignments of its training clips.
ALIGNMENTS_FOLDER = "alignments"


@dataclass(frozen=True)
class TrainingSetup:
    """The parts of a recognizer, and the clips that it learns from.

    Attributes:
        clips: All clips of the corpus, and the training clips of extra corpora.
        prepared: The clips whose media could be read, and their signals.
        targets: The training and validation clips with their target symbols.
        failures: The clips that cannot be used, with the reason.
        spec: Specification of the recognizer: its parts and its vocabulary.
        extractor: The feature extractor.
        encoder: The encoder, with fresh weights.
        head: The head, with fresh weights; it decodes greedily during training.
        decoder: The decoder of the finished recognizer.
        teaching: What it learns from a teacher; None if there is none.
    """

    clips: Sequence[Clip]
    prepared: Prepared
    targets: list[TargetClip]
    failures: list[Failure]
    spec: RecognizerSpec
    extractor: FeatureExtractor
    encoder: Encoder
    head: Head
    decoder: Decoder
    teaching: Teaching | None = None

    @property
    def networks(self) -> Sequence[nn.Module]:
        """What is trained."""
        return cast(nn.Module, self.encoder), cast(nn.Module, self.head)


def set_up_training(cfg: TrainConfig) -> TrainingSetup:
    """Prepare the corpus, and build a recognizer for its vocabulary; `check_settings` has been passed.

    Raises:
        InputError: The corpus cannot be used, or the parts do not fit together.
    """
    extractor = instantiate(cfg.features)
    clips, decoder = read_clips(cfg)
    prepared = prepare(clips, extractor, Path(cfg.store_dir), cfg.num_workers)
    vocabulary = build_vocabulary(prepared.clips, cfg.head.get("unit", "character"), cfg.text.normalize)
    spec = RecognizerSpec(cfg.features, cfg.encoder, cfg.head, vocabulary)
    _, encoder, head = spec.build()
    # The vocabulary may lack symbols of clips that could not be read.
    decoder.check_vocabulary(vocabulary)
    # Test clips are not checked for length here, so that they cannot affect training.
    learned = Prepared([clip for clip in prepared.clips if clip.split != "test"], [], prepared.store, prepared.keys)
    targets, failures = encode_targets(learned, extractor.frame_rate_hz, encoder, head, scored=("validation",))
    failures = prepared.failures + failures
    teaching = None
    if cfg.teacher is not None:
        teaching = set_up_teaching(cfg, prepared, targets, extractor, encoder, head)
        failures += teaching.failures
    return TrainingSetup(clips, prepared, targets, failures, spec, extractor, encoder, head, decoder, teaching)


def read_clips(cfg: TrainConfig) -> tuple[Sequence[Clip], Decoder]:
    """List the clips of the corpora, and check their splits and targets before any of their media are read.

    Returns:
        The clips, and the decoder of the finished recognizer, which suits their targets.

    Raises:
        InputError: The corpus cannot be used, or head, decoder or teacher do not suit its targets.
    """
    clips: Sequence[Clip] = instantiate(cfg.corpus).clips()
    if cfg.extra_corpora:
        clips = [*clips, *extra_clips(cfg.extra_corpora)]
    spelled = spell_labels(clips, cfg.text.normalize)
    for warning in check_splits(spelled) + check_unseen_classes(spelled) + check_texts(clips, cfg.text.normalize):
        log.warning("%s", warning)
    decoder = check_targets(cfg, clips)
    choose_groups(clips, cfg.groups)  # raises if no clip has a field
    if cfg.balance is not None:
        groups_of([clip for clip in clips if clip.split == "train"], cfg.balance, cfg.text.normalize)
    check_teacher(cfg, clips)
    return clips, decoder


def make_data(cfg: TrainConfig, setup: TrainingSetup, run_dir: Path) -> ClipData:
    """Make the batches of a training; its directory will hold the alignments of the clips, if there are any."""
    augment, taught = instantiate(cfg.augment), setup.teaching
    recombiner = None
    if augment.recombine.copies:
        trained = [entry for entry in setup.targets if entry.clip.split == "train"]
        vocabulary, modality = setup.spec.vocabulary, setup.extractor.modality
        folder = run_dir / ALIGNMENTS_FOLDER
        recombiner = Recombiner(augment.recombine, trained, setup.prepared, vocabulary, modality, folder, cfg.seed)
    data = ClipData(
        with_groups(setup.targets, cfg.balance, cfg.text.normalize) + (taught.unlabelled if taught else []),
        taught.prepared if taught else setup.prepared,
        setup.extractor,
        augment,
        cfg.batch_size,
        cfg.batch_frames,
        cfg.num_workers,
        cfg.seed,
        views=2 if cfg.optimizer.consistency_weight else 1,
        may_be_empty=setup.spec.vocabulary.unit != "label",
        recombiner=recombiner,
        subsampling=setup.encoder.subsampling,
        buffer_shards=cfg.buffer_shards,
    )
    if data.balance is not None:
        log.info("balance=%s: %s", cfg.balance, data.balance.describe())
    return data


def make_module(
    cfg: TrainConfig, setup: TrainingSetup, data: ClipData, has_checkpoint: bool = False
) -> SequenceRecognizer:
    """Make the trainable module, with the weights of the starting point, if there is one.

    Otherwise its encoder learns the mean and the scale of the training features.

    Args:
        cfg: The settings.
        setup: The parts of the recognizer.
        data: The clips to learn from.
        has_checkpoint: Whether the weights will come from a checkpoint, so that the starting point is not needed.
    """
    module = SequenceRecognizer(
        setup.encoder, setup.head, **asdict(cfg.optimizer), freeze_encoder_epochs=cfg.freeze_encoder_epochs
    )
    if cfg.init is None:
        setup.encoder.standardize.learn(data.train.plain_frames(STANDARDIZE_CLIPS))
    elif not has_checkpoint:
        take_over_weights(cfg.init, setup.encoder, setup.head)
    if setup.teaching is not None:
        module.distillation = setup.teaching.distillation
    setup.head.learn_targets([entry.target for entry in data.train.clips], data.rates)
    return module
