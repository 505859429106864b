"""The settings of ``export`` and ``web``."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.setting_checks import check_choice, check_minimums, check_value

PRECISIONS = ("float32", "int8", "both")


@dataclass
class PageConfig:
    """Settings of a page, which ``pipelines.export`` and ``pipelines.web`` share.

    Attributes:
        model: Run directory or bundle.
        web_dir: Folder of the page; None for ``MODEL/web``.
        web_assets: Folder with the page's libraries, as in ``node_modules``; None to fetch them with npm.
        web_precision: Networks to put into the page: "float32", "int8", or "both", of which the visitor can choose.
        web_examples: Number of the run's test clips, or validation clips if it has none, to put into the page.
        cache: Where objects are kept that were downloaded.
    """

    model: str = MISSING
    web_dir: str | None = None
    web_assets: str | None = None
    web_precision: str = "both"
    web_examples: int = 4
    cache: CacheConfig = field(default_factory=CacheConfig)

    def __post_init__(self) -> None:
        check_choice("web_precision", self.web_precision, PRECISIONS)
        check_minimums(self, web_examples=0)


@dataclass
class ExportConfig(PageConfig):
    """Settings of ``python -m pipelines.export``.

    Attributes:
        output_dir: Folder of the exported recognizer; None for ``MODEL/onnx``.
        features_inside: Whether to write networks, too, that take a waveform or landmarks and compute the features.
        web: Whether to write a page that recognises in a browser.
    """

    output_dir: str | None = None
    features_inside: bool = True
    web: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        is_possible = self.features_inside or not self.web
        check_value("features_inside", is_possible, "true with web=true: a page has no features of its own", False)


@dataclass
class WebConfig(PageConfig):
    """Settings of ``python -m pipelines.web``.

    Attributes:
        host: Address to listen at.
        port: Its port; 0 for any that is free.
        overwrite: Make the page anew even if there is one.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    overwrite: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_value("port", 0 <= self.port <= 65535, "from 0 to 65535", self.port)
