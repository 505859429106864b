"""The settings of ``train``."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from data_prep.errors import InputError
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.distillation_schema import DistillationConfig
from pipelines.cli.optimizer_schema import OptimizerConfig
from pipelines.cli.setting_checks import check_choice, check_minimums, check_value
from pipelines.cli.text_schema import TextConfig

LOGGERS = ("tensorboard", "csv", "wandb", "mlflow")
SEARCHABLE = ("learning_rate",)


@dataclass
class TrainConfig:
    """Settings of ``python -m pipelines.train``.

    Attributes:
        name: Name of the run; its directories are ``runs/NAME/*``.
        corpus: The corpus to train, validate and test on.
        extra_corpora: Other corpora by name, whose training clips are added.
        features: The feature extractor.
        augment: Random variations of the training clips.
        encoder: The encoder.
        head: The head: CTC for sequences, classification for labels.
        decoder: The decoder that the finished recognizer uses.
        init: Recognizer to start from: a run directory, a bundle, or the name of one that comes with the package; None
            for random weights.
        freeze_encoder_epochs: Number of epochs at the beginning in which only the head learns.
        compare_with_scratch: Whether to train once more from random weights, and report what `init` gained; None to
            do so if there are few training clips.
        teacher: Recognizer to learn from: a run directory, a bundle, an ensemble or a list of these; None for none.
        distillation: How to learn from it.
        trainer: Arguments of Lightning's Trainer, which checks them.
        text: How texts and labels are spelled before they are learned.
        optimizer: The optimizer and its learning rate.
        ema_decay: Decay of an exponential moving average of the weights, which becomes the result; None for none.
        early_stopping_epochs: Validations without improvement that end the training; None to train to the end.
        balance: Field of the manifest, such as "label" or "speaker", whose values are drawn equally often in training;
            None to draw every clip once in an epoch.
        batch_size: Most clips in a batch of one process.
        batch_frames: Most frames in a batch of one process, padding included.
        buffer_shards: Shards of the store whose clips are shuffled together; None to shuffle all clips together.
        num_workers: Worker processes of each training process; 0 for none.
        seed: Seed of weights, order, dropout and augmentation.
        seeds: Number of recognizers to train, from `seed` on, which become an ensemble if there are several.
        store_dir: Folder of the stored signals, or a URL.
        cache: Where objects are kept that were downloaded.
        logger: Where the curves go: "tensorboard", "csv", "wandb" or "mlflow".
        watch_every_epochs: Epochs from one set of pictures of what is recognised in three validation clips to the next;
            None for no pictures, and no line about a clip after each validation.
        check: Check everything that can be known without training, and say how long it would take.
        find: Search for this setting instead of training: "learning_rate", or None to train.
        resume: Run directory to resume or its URL, "last" for the newest run of this name, or None for a new run.
        upload_to: URL that the run directory is copied to after every checkpoint and at the end; None for no copy, or
            for the URL that `resume` names.
        checkpoint_every_s: Seconds between checkpoints within an epoch.
        report_clips: Number of clips shown in report.html of each kind, such as the worst; with 0 it has no recordings.
        groups: Fields of the clips by which they are scored apart, such as "sex"; None for those with few values.
        keep_checkpoints: Number of newest checkpoints to keep, by epoch and by time.
    """

    name: str = MISSING
    corpus: dict[str, Any] = MISSING
    extra_corpora: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = MISSING
    augment: dict[str, Any] = MISSING
    encoder: dict[str, Any] = MISSING
    head: dict[str, Any] = MISSING
    decoder: dict[str, Any] = MISSING
    init: str | None = None
    freeze_encoder_epochs: int = 0
    compare_with_scratch: bool | None = None
    teacher: Any = None
    distillation: DistillationConfig = field(default_factory=DistillationConfig)
    trainer: dict[str, Any] = field(default_factory=dict)
    text: TextConfig = field(default_factory=TextConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    ema_decay: float | None = None
    early_stopping_epochs: int | None = None
    balance: str | None = None
    batch_size: int = 32
    batch_frames: int = 10000
    buffer_shards: int | None = None
    num_workers: int = 2
    seed: int = 0
    seeds: int = 1
    store_dir: str = "data/store"
    cache: CacheConfig = field(default_factory=CacheConfig)
    logger: str = "tensorboard"
    watch_every_epochs: int | None = 5
    check: bool = False
    find: str | None = None
    resume: str | None = None
    upload_to: str | None = None
    checkpoint_every_s: float = 600.0
    report_clips: int = 8
    groups: list[str] | None = None
    keep_checkpoints: int = 2

    def __post_init__(self) -> None:
        check_minimums(
            self,
            batch_size=1,
            batch_frames=1,
            num_workers=0,
            seed=0,
            seeds=1,
            checkpoint_every_s=0,
            keep_checkpoints=1,
            report_clips=0,
            freeze_encoder_epochs=0,
        )
        for name, corpus in self.extra_corpora.items():
            check_value(f"extra_corpora.{name}", isinstance(corpus, dict), "a corpus (_target_, root, ...)", corpus)
        epochs = self.trainer.get("max_epochs")
        check_value("trainer.max_epochs", epochs != 0, "above 0, or nothing is trained", 0)
        is_endless = epochs == -1 and (self.trainer.get("max_steps") or -1) == -1
        check_value("trainer.max_epochs", not is_endless, "above 0, unless trainer.max_steps is given", epochs)
        if self.trainer.get("fast_dev_run"):
            raise InputError(
                "trainer.fast_dev_run keeps no results; to try a few steps, set trainer.limit_train_batches=4"
            )
        if self.ema_decay is not None:
            check_value("ema_decay", 0 < self.ema_decay < 1, "between 0 and 1, such as 0.999", self.ema_decay)
        if self.early_stopping_epochs is not None:
            check_minimums(self, early_stopping_epochs=1)
        if self.buffer_shards is not None:
            check_minimums(self, buffer_shards=1)
        if self.watch_every_epochs is not None:
            check_minimums(self, watch_every_epochs=1)
        check_choice("logger", self.logger, LOGGERS)
        if self.find is not None:
            check_choice("find", self.find, SEARCHABLE)
            if self.resume is not None:
                raise InputError(f"find={self.find} needs fresh weights, so no run can be resumed; leave resume out")
