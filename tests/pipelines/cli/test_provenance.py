"""The record of the code and the packages that made a result."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from pipelines.cli import provenance as module
from pipelines.cli.provenance import provenance


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with one commit, from which the code seems to run."""
    (tmp_path / "code.py").write_text("x = 1\n")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "code.py"], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "code.py"))
    return tmp_path


def test_the_commit_is_marked_if_a_file_differs_from_it(clone: Path) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True)
    commit = head.stdout.strip()
    assert provenance()["git_commit"] == commit
    (clone / "notes.txt").write_text("a file that git does not know\n")
    assert provenance()["git_commit"] == commit
    (clone / "code.py").write_text("x = 2\n")
    assert provenance()["git_commit"] == f"{commit}+changes"


def test_outside_a_clone_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(module, "__file__", str(tmp_path / "code.py"))
    assert provenance()["git_commit"] is None


def test_without_git_there_is_no_commit(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone))
    assert provenance()["git_commit"] is None


def test_versions_are_those_installed_and_missing_packages_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", ("numpy", "no-such-package-at-all", "hydra-core"))
    found = provenance()
    assert found["versions"] == {"numpy": version("numpy"), "hydra-core": version("hydra-core")}
    assert found["python"] == platform.python_version()
    assert json.loads(json.dumps(found)) == found
