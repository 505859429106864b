"""Loggers of training curves."""

from pathlib import Path

import pytest

from data_prep.errors import InputError
from pipelines.training.loggers import build_logger


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_logger_without_its_package_says_what_to_install(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=f"pip install {package}"):
        build_logger(package, tmp_path, "an4")
