"""The top-level keys of each command's config and their types; Hydra refuses any other.

What lies below a group (``encoder.layers``) is checked where it is used: the constructor is the schema.
"""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from data_prep.errors import InputError


def _check_at_least(config: Any, **least: int) -> None:
    for name, lowest in least.items():
        if getattr(config, name) < lowest:
            raise InputError(f"{name} must be at least {lowest}; found {getattr(config, name)}")


@dataclass
class OptimizerConfig:
    """AdamW and its schedule."""

    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    schedule: str = "cosine"
    warmup_share: float = 0.1
    patience_epochs: int = 3
    consistency_weight: float = 0.0


@dataclass
class PrepareConfig:
    """`pipelines.prepare`."""

    corpus: dict[str, Any] = MISSING
    features: dict[str, Any] = MISSING
    store_dir: str = "data/store"
    num_workers: int = 2
    output_dir: str = MISSING
    unit: str = "character"
    pictures: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        _check_at_least(self, num_workers=0, pictures=0, seed=0)
        if self.unit not in ("character", "word"):
            raise InputError(f"unit must be character or word; found {self.unit!r}")


@dataclass
class TrainConfig:
    """`pipelines.train`."""

    name: str = MISSING
    corpus: dict[str, Any] = MISSING
    further_training: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = MISSING
    augment: dict[str, Any] = MISSING
    encoder: dict[str, Any] = MISSING
    head: dict[str, Any] = MISSING
    decoder: dict[str, Any] = MISSING
    trainer: dict[str, Any] = MISSING
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    ema_decay: float | None = None
    early_stopping_epochs: int | None = None
    batch_size: int = 32
    batch_frames: int = 10000
    num_workers: int = 2
    seed: int = 0
    store_dir: str = "data/store"
    logger: str = "tensorboard"
    find: str | None = None
    resume: str | None = None
    checkpoint_every_s: float = 600.0
    keep_checkpoints: int = 2

    def __post_init__(self) -> None:
        _check_at_least(self, batch_size=1, num_workers=0, seed=0, keep_checkpoints=1)


@dataclass
class EvaluateConfig:
    """`pipelines.evaluate`."""

    model: str = MISSING
    corpus: dict[str, Any] | None = None
    split: str = "test"
    batch_size: int = 8
    num_workers: int = 2
    store_dir: str = "data/store"
    output_dir: str | None = None
    runtime: str = "torch"
    corpus_name: str | None = None
    decoder: dict[str, Any] | None = None
    decoder_name: str | None = None

    def __post_init__(self) -> None:
        _check_at_least(self, batch_size=1, num_workers=0)


@dataclass
class RecognizeConfig:
    """What `pipelines.classify` and `pipelines.transcribe` have in common."""

    model: str = MISSING
    inputs: Any = MISSING
    output_dir: str = MISSING
    encoding: str | None = None
    overwrite: bool = False
    runtime: str = "torch"
    batch_size: int = 8
    num_workers: int = 2
    formats: list[str] = field(default_factory=lambda: ["txt"])

    def __post_init__(self) -> None:
        _check_at_least(self, batch_size=1, num_workers=0)


@dataclass
class ClassifyConfig(RecognizeConfig):
    """`pipelines.classify`."""

    top_k: int = 5
    whole_up_to_s: float | None = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_at_least(self, top_k=1)


@dataclass
class TranscribeConfig(RecognizeConfig):
    """`pipelines.transcribe`."""

    whole_up_to_s: float = 30.0
    decoder: dict[str, Any] | None = None


@dataclass
class ExportConfig:
    """`pipelines.export`."""

    model: str = MISSING
    output_dir: str | None = None


@dataclass
class LanguageModelConfig:
    """`pipelines.language_model`."""

    transcripts: str = MISSING
    output: str = MISSING
    order: int = 3
    split: str | None = None
    overwrite: bool = False


def register_schemas() -> None:
    """Make the schemas known to Hydra, by the names that the YAML files' defaults lists use."""
    store = ConfigStore.instance()
    schemas = {
        "prepare": PrepareConfig,
        "train": TrainConfig,
        "evaluate": EvaluateConfig,
        "classify": ClassifyConfig,
        "transcribe": TranscribeConfig,
        "export": ExportConfig,
        "language_model": LanguageModelConfig,
    }
    for name, schema in schemas.items():
        store.store(name=f"{name}_schema", node=schema)
