import sys
import tomllib
from pathlib import Path

import pytest

from data_prep.dependency_groups import GROUPS, MissingPackageError, explain_import_error, is_installed, require


def test_the_groups_are_those_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(GROUPS.values()) <= set(project["optional-dependencies"])


def test_a_missing_package_is_named_with_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert not is_installed("onnx")
    with pytest.raises(MissingPackageError, match=r"^exporting needs the package onnx, .*utterance-pipelines\[train\]"):
        require("exporting", "onnx")
    with pytest.raises(ImportError) as failed:
        import onnx.helper  # noqa: F401
    explained = explain_import_error("the command", failed.value)
    assert str(explained).startswith("the command needs the package onnx, which is not installed: pip install")


def test_installed_and_unknown_packages_are_left_alone() -> None:
    require("counting", "numpy")
    assert explain_import_error("the command", ImportError("broken", name="numpy")) is None
    assert explain_import_error("the command", ImportError("without a name")) is None
