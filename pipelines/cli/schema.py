"""The settings of each command: one dataclass per command, which checks its values.

The fields are the top-level keys of ``conf/COMMAND.yaml``, and Hydra refuses any other key. Groups such as `corpus` and
`encoder` stay mappings: their ``_target_`` names a class, and its constructor checks what they hold. Nothing here may
import numpy or torch, because every ``--help`` loads this module.
"""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from data_prep.errors import InputError
from pipelines.cli.align_schema import AlignConfig
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.compare_schema import CompareConfig
from pipelines.cli.distillation_schema import DistillationConfig
from pipelines.cli.ensemble_schema import EnsembleConfig
from pipelines.cli.generate_schema import GenerateConfig
from pipelines.cli.language_model_schema import SPLITS, LanguageModelConfig
from pipelines.cli.optimizer_schema import OptimizerConfig
from pipelines.cli.prepare_schema import PrepareConfig
from pipelines.cli.probe_schema import ProbeConfig
from pipelines.cli.setting_checks import check_choice, check_minimums, check_shard, check_value
from pipelines.cli.text_schema import TextConfig

VOICE_ACTIVITY = ("silero", "energy")
RUNTIMES = ("torch", "onnx", "onnx_int8")
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
        resume: Run directory to resume, "last" for the newest run of this name, or None for a new run.
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


@dataclass
class EvaluateConfig:
    """Settings of ``python -m pipelines.evaluate``.

    Attributes:
        model: Run directory, bundle or export to score; the folder of a sweep, or a list of runs, is scored as a
            cross-validation.
        models: Recognizers to score as one, instead of `model`: an ensemble.
        corpus: The corpus to score on; None for the one the recognizer was trained on.
        split: "train", "validation", "test", or "all".
        batch_size: Clips in a batch.
        num_workers: Worker processes that decode media; 0 decodes in the main process.
        store_dir: Folder of the stored signals, or a URL.
        cache: Where objects are kept that were downloaded.
        output_dir: Folder of the scores; None for ``MODEL/evaluations/CORPUS_SPLIT``.
        runtime: "torch", "onnx" or "onnx_int8".
        corpus_name: Name of the chosen corpus, for the output folder; filled in by conf/evaluate.yaml.
        decoder: The decoder to use; None for the recognizer's own.
        decoder_name: Name of the chosen decoder, for the output folder; filled in by conf/evaluate.yaml.
        report_clips: Number of clips shown in report.html of each kind, such as the worst; with 0 it has no recordings.
        groups: Fields of the clips by which they are scored apart, such as "sex"; None for those with few values.
        shard: Number of this process among several that share the work, from 0; None to do all of it.
        num_shards: Number of these processes.
    """

    model: Any = None
    models: Any = None
    corpus: dict[str, Any] | None = None
    split: str = "test"
    batch_size: int = 8
    num_workers: int = 2
    store_dir: str = "data/store"
    cache: CacheConfig = field(default_factory=CacheConfig)
    output_dir: str | None = None
    runtime: str = "torch"
    corpus_name: str | None = None
    decoder: dict[str, Any] | None = None
    decoder_name: str | None = None
    report_clips: int = 8
    groups: list[str] | None = None
    shard: int | None = None
    num_shards: int | None = None

    def __post_init__(self) -> None:
        check_minimums(self, batch_size=1, num_workers=0, report_clips=0)
        check_shard(self.shard, self.num_shards)
        check_choice("split", self.split, (*SPLITS, "all"))
        check_choice("runtime", self.runtime, RUNTIMES)


@dataclass
class RecognizeConfig:
    """Settings that ``pipelines.classify`` and ``pipelines.transcribe`` share.

    Attributes:
        model: Run directory, bundle or export to recognise with.
        models: Recognizers to recognise with as one, instead of `model`: an ensemble.
        inputs: A file, a folder, a glob, a list of these, a manifest, or "-" for paths on stdin.
        output_dir: Folder of the results.
        encoding: Encoding of headerless audio, such as "s16le@16000"; None for files that have a header.
        channel: Index of the channel of a sound to take, from 0; "mix" mixes all of them.
        audio_stream: Index of the sound to take among those of a video, from 0; None for the one that players choose.
        overwrite: Recognise again what already has a result.
        runtime: "torch", "onnx" or "onnx_int8".
        batch_size: Clips in a batch.
        num_workers: Worker processes that decode media; 0 decodes in the main process.
        formats: Files to write for each input, by their endings, such as "txt" or "srt".
        shard: Number of this process among several that share the work, from 0; None to do all of it.
        num_shards: Number of these processes.
    """

    model: str | None = None
    models: Any = None
    inputs: Any = MISSING
    output_dir: str = MISSING
    encoding: str | None = None
    channel: Any = "mix"
    audio_stream: int | None = None
    overwrite: bool = False
    runtime: str = "torch"
    batch_size: int = 8
    num_workers: int = 2
    formats: list[str] = field(default_factory=lambda: ["txt"])
    shard: int | None = None
    num_shards: int | None = None

    def __post_init__(self) -> None:
        check_minimums(self, batch_size=1, num_workers=0)
        check_shard(self.shard, self.num_shards)
        is_channel = self.channel == "mix" or (type(self.channel) is int and self.channel >= 0)
        check_value("channel", is_channel, 'the index of a channel, from 0, or "mix"', self.channel)
        if self.audio_stream is not None:
            check_minimums(self, audio_stream=0)
        check_choice("runtime", self.runtime, RUNTIMES)


@dataclass
class ClassifyConfig(RecognizeConfig):
    """Settings of ``python -m pipelines.classify``.

    Attributes:
        top_k: Number of best labels to list with their probabilities.
        whole_up_to_s: Longer videos of hands are searched for signs; None to take every clip as one sign.
    """

    top_k: int = 5
    whole_up_to_s: float | None = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_minimums(self, top_k=1)


@dataclass
class TranscribeConfig(RecognizeConfig):
    """Settings of ``python -m pipelines.transcribe``.

    Attributes:
        whole_up_to_s: Longer recordings are cut at pauses.
        voice_activity: How speech is found: "silero" also in noise; "energy" takes any sound for speech.
        decoder: The decoder to use; None for the recognizer's own.
    """

    whole_up_to_s: float = 30.0
    voice_activity: str = "silero"
    decoder: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("voice_activity", self.voice_activity, VOICE_ACTIVITY)


@dataclass
class ExportConfig:
    """Settings of ``python -m pipelines.export``.

    Attributes:
        model: Run directory or bundle to export.
        output_dir: Folder of the exported recognizer; None for ``MODEL/onnx``.
        features_inside: Whether to write networks, too, that take a waveform or landmarks and compute the features.
    """

    model: str = MISSING
    output_dir: str | None = None
    features_inside: bool = True


def register_schemas() -> None:
    """Register the schemas with Hydra, under the names that the defaults lists in ``conf/*.yaml`` use."""
    store = ConfigStore.instance()
    schemas = {
        "align": AlignConfig,
        "prepare": PrepareConfig,
        "train": TrainConfig,
        "evaluate": EvaluateConfig,
        "classify": ClassifyConfig,
        "transcribe": TranscribeConfig,
        "export": ExportConfig,
        "compare": CompareConfig,
        "generate": GenerateConfig,
        "ensemble": EnsembleConfig,
        "language_model": LanguageModelConfig,
        "probe": ProbeConfig,
    }
    for name, schema in schemas.items():
        store.store(name=f"{name}_schema", node=schema)
