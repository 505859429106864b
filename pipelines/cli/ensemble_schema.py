"""The settings of ``pipelines.ensemble``."""

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING


@dataclass
class EnsembleConfig:
    """Settings of ``python -m pipelines.ensemble``.

    Attributes:
        models: Run directories or bundles that are to answer as one, at least two.
        output: Folder to write; it may hold nothing but an earlier ensemble.
    """

    models: Any = MISSING
    output: str = MISSING
