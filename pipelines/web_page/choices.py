"""What a command's settings say about a page."""

from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from pipelines.cli.export_schema import PageConfig
from pipelines.web_page.folder import WEB_NAME, PageChoices
from recognizers.pretrained import folder_for_results


def page_folder(cfg: PageConfig) -> Path:
    """Where the page of a model goes."""
    return Path(cfg.web_dir) if cfg.web_dir else folder_for_results(Path(cfg.model)) / WEB_NAME


def page_settings(cfg: PageConfig) -> dict[str, Any]:
    """The settings of a page alone, among those of a command."""
    return {name: getattr(cfg, name) for name in PageConfig.__dataclass_fields__}


def page_choices(cfg: PageConfig) -> PageChoices:
    """What a command's settings choose for a page."""
    precisions = ("float32", "int8") if cfg.web_precision == "both" else (cfg.web_precision,)
    assets = Path(cfg.web_assets) if cfg.web_assets else None
    if assets is not None and not assets.is_dir():
        raise InputError(f"web_assets={assets}: no such folder")
    return PageChoices(precisions, assets, cfg.web_examples)
