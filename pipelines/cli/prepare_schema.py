"""The settings of ``prepare``, with room for those that an experiment makes for the training."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.setting_checks import check_choice, check_minimums, check_shard
from pipelines.cli.text_schema import TextConfig

UNITS = ("character", "word")
#: Marks a field that only makes room for what an experiment sets for the training; ``--help`` leaves it out.
UNUSED = {"unused": True}


@dataclass
class PrepareConfig:
    """Settings of ``python -m pipelines.prepare``.

    Attributes:
        corpus: The corpus to prepare.
        features: The feature extractor whose signals are stored.
        store_dir: Folder of the stored signals, or a URL.
        cache: Where objects are kept that were downloaded.
        num_workers: Worker processes that decode media; 0 decodes in the main process.
        output_dir: Folder of the manifest, the failures and the overview page.
        unit: Symbols that the overview counts in texts: "character" or "word"; None for those of the experiment.
        pictures: Number of clips that the overview draws.
        augment: Random variations of training clips, for the preview.
        augment_preview: Number of varied clips to write as sound.
        seed: Seed that picks the drawn clips and the variations.
        text: How texts and labels are spelled before they are counted.
        shard: Number of this process among several that share the work, from 0; None to do all of it.
        num_shards: Number of these processes.
        head: What an experiment says of the head; only its unit is used.

    The other fields are what an experiment may set for the training. They are not used.
    """

    corpus: dict[str, Any] = MISSING
    features: dict[str, Any] = MISSING
    store_dir: str = "data/store"
    cache: CacheConfig = field(default_factory=CacheConfig)
    num_workers: int = 2
    output_dir: str = MISSING
    unit: str | None = None
    pictures: int = 12
    augment: dict[str, Any] = field(default_factory=dict)
    augment_preview: int = 0
    seed: int = 0
    text: TextConfig = field(default_factory=TextConfig)
    shard: int | None = None
    num_shards: int | None = None
    head: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    extra_corpora: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    encoder: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    decoder: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    trainer: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    optimizer: dict[str, Any] = field(default_factory=dict, metadata=UNUSED)
    init: Any = field(default=None, metadata=UNUSED)
    freeze_encoder_epochs: Any = field(default=None, metadata=UNUSED)
    compare_with_scratch: Any = field(default=None, metadata=UNUSED)
    ema_decay: Any = field(default=None, metadata=UNUSED)
    early_stopping_epochs: Any = field(default=None, metadata=UNUSED)
    batch_size: Any = field(default=None, metadata=UNUSED)
    batch_frames: Any = field(default=None, metadata=UNUSED)
    balance: Any = field(default=None, metadata=UNUSED)
    buffer_shards: Any = field(default=None, metadata=UNUSED)

    def __post_init__(self) -> None:
        check_minimums(self, num_workers=0, pictures=0, seed=0, augment_preview=0)
        check_shard(self.shard, self.num_shards)
        if self.unit is None:
            self.unit = "word" if self.head.get("unit") == "word" else "character"
        check_choice("unit", self.unit, UNITS)
