"""The settings of ``probe``."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from data_prep.errors import InputError
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.setting_checks import ALL_SPLITS, check_choice, check_minimums, check_value

CELLS = ("rnn", "gru", "lstm")
DIRECTIONS = ("forward", "backward")


@dataclass
class ProbeConfig:
    """Settings of ``python -m pipelines.probe``.

    Attributes:
        model: Run directory or bundle to probe.
        corpus: The corpus whose clips are used; None for the one the recognizer was trained on.
        split: "train", "validation", "test", or "all".
        max_clips: Most clips to use; of more, this many are drawn at random.
        longest_s: Longer clips are left out.
        clip: Id of the clip whose gates are drawn; None for one of usual length that is recognised.
        layer: Number of the layer whose gates are drawn, from 1; None for the last.
        direction: Direction of that layer: "forward" or "backward".
        cells: Cells to train for the section on forgetting, some of "rnn", "gru" and "lstm"; none leave it out.
        batch_size: Clips in a batch.
        num_workers: Worker processes that decode media; 0 decodes in the main process.
        seed: Seed of the shuffles and of all other draws.
        store_dir: Folder of the stored signals, or a URL.
        cache: Where objects are kept that were downloaded.
        output_dir: Folder of the page, the pictures and the numbers; None for ``MODEL/probe``.
        corpus_name: Name of the chosen corpus, for the page; filled in by conf/probe.yaml.
    """

    model: str = MISSING
    corpus: dict[str, Any] | None = None
    split: str = "test"
    max_clips: int = 1000
    longest_s: float = 60.0
    clip: str | None = None
    layer: int | None = None
    direction: str = "forward"
    cells: list[str] = field(default_factory=lambda: list(CELLS))
    batch_size: int = 8
    num_workers: int = 2
    seed: int = 0
    store_dir: str = "data/store"
    cache: CacheConfig = field(default_factory=CacheConfig)
    output_dir: str | None = None
    corpus_name: str | None = None

    def __post_init__(self) -> None:
        check_minimums(self, max_clips=1, batch_size=1, num_workers=0, seed=0)
        check_value("longest_s", self.longest_s > 0, "above 0", self.longest_s)
        if self.layer is not None:
            check_minimums(self, layer=1)
        check_choice("split", self.split, ALL_SPLITS)
        check_choice("direction", self.direction, DIRECTIONS)
        for cell in self.cells:
            check_choice("cells", cell, CELLS)
        if len(set(self.cells)) != len(self.cells):
            raise InputError(f"cells={self.cells}: a cell is named twice; name each at most once")
