"""The settings of ``compare``."""

from dataclasses import dataclass, field

from data_prep.errors import InputError
from pipelines.cli.setting_checks import check_minimums


@dataclass
class CompareConfig:
    """Settings of ``python -m pipelines.compare``.

    Attributes:
        models: The runs to compare: run directories, folders of evaluations, or files of results. The first is what the
            others are compared with.
        output: The page to write.
        overwrite: Replace `output` if it exists.
        seed: Seed of the draws.
    """

    models: list[str] = field(default_factory=list)
    output: str = "compare.html"
    overwrite: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_minimums(self, seed=0)
        if len(self.models) < 2:
            raise InputError(f"expected at least two runs to compare, as in compare RUN OTHER_RUN; found {self.models}")
