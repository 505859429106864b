"""The settings of ``pipelines.align``."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from data_prep.errors import InputError
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.setting_checks import ALL_SPLITS, RUNTIMES, check_choice, check_minimums

#: The formats, and the file or folder that each is written to.
FORMATS = {"jsonl": "alignments.jsonl", "ctm": "alignments.ctm", "textgrid": "textgrids", "units": "units.jsonl"}


@dataclass
class AlignConfig:
    """Settings of ``python -m pipelines.align``.

    Attributes:
        model: Run directory, bundle or export to align with.
        models: Recognizers to align with as one, instead of `model`; the first one gives the times.
        corpus: The corpus to align; None for the one the recognizer was trained on.
        split: "train", "validation", "test", or "all".
        output: Folder of the alignments.
        formats: What to write, some of "jsonl", "ctm", "textgrid" and "units", a manifest with a clip for each unit.
        batch_size: Clips in a batch.
        num_workers: Worker processes that decode media; 0 decodes in the main process.
        store_dir: Folder of the stored signals, or a URL.
        cache: Where objects are kept that were downloaded.
        runtime: "torch", "onnx" or "onnx_int8".
    """

    model: Any = None
    models: Any = None
    corpus: dict[str, Any] | None = None
    split: str = "all"
    output: str = MISSING
    formats: list[str] = field(default_factory=lambda: ["jsonl"])
    batch_size: int = 8
    num_workers: int = 2
    store_dir: str = "data/store"
    cache: CacheConfig = field(default_factory=CacheConfig)
    runtime: str = "torch"

    def __post_init__(self) -> None:
        check_minimums(self, batch_size=1, num_workers=0)
        check_choice("split", self.split, ALL_SPLITS)
        check_choice("runtime", self.runtime, RUNTIMES)
        self.formats = [name.lower() for name in self.formats]
        for name in self.formats:
            check_choice("formats", name, tuple(FORMATS))
        if not self.formats:
            raise InputError(f"formats=[]: give at least one of {', '.join(FORMATS)}")
