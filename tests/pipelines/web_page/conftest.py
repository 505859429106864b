"""Exported recognizers of which pages are made."""

from pathlib import Path

import pytest

from pipelines.cli.schema import ExportConfig
from pipelines.inference.export_onnx import export

FROZEN = Path(__file__).parents[2] / "frozen"


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Exports of two small recognizers, one of sound and one of hands."""
    folders = {name: tmp_path_factory.mktemp(name) / "onnx" for name in ("speech", "signs")}
    for name, folder in folders.items():
        export(ExportConfig(model=str(FROZEN / name / "bundle"), output_dir=str(folder)))
    return folders
