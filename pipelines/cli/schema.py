"""The settings of each command: one dataclass per command, which checks its values.

The fields are the top-level keys of ``conf/COMMAND.yaml``, and Hydra refuses any other key. Groups such as `corpus` and
`encoder` stay mappings: their ``_target_`` names a class, and its constructor checks what they hold. Nothing here may
import numpy or torch, because every ``--help`` loads this module.
"""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from pipelines.cli.align_schema import AlignConfig
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.compare_schema import CompareConfig
from pipelines.cli.ensemble_schema import EnsembleConfig
from pipelines.cli.export_schema import ExportConfig, WebConfig
from pipelines.cli.generate_schema import GenerateConfig
from pipelines.cli.language_model_schema import LanguageModelConfig
from pipelines.cli.live_schema import LiveConfig
from pipelines.cli.prepare_schema import PrepareConfig
from pipelines.cli.probe_schema import ProbeConfig
from pipelines.cli.setting_checks import (
    ALL_SPLITS,
    RUNTIMES,
    check_choice,
    check_minimums,
    check_shard,
    check_value,
)
from pipelines.cli.train_schema import TrainConfig

VOICE_ACTIVITY = ("silero", "energy")


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
        check_choice("split", self.split, ALL_SPLITS)
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
        cache: Where objects are kept that were downloaded.
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
    cache: CacheConfig = field(default_factory=CacheConfig)

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
        "live": LiveConfig,
        "compare": CompareConfig,
        "generate": GenerateConfig,
        "ensemble": EnsembleConfig,
        "language_model": LanguageModelConfig,
        "probe": ProbeConfig,
        "web": WebConfig,
    }
    for name, schema in schemas.items():
        store.store(name=f"{name}_schema", node=schema)
