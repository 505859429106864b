"""Everything needed to say what a run was, and to repeat it."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "torchaudio", "pytorch-lightning", "hydra-core", "mediapipe", "numpy", "soxr", "av", "soundfile")


def provenance() -> dict[str, Any]:
    """The code's commit, the versions of what it stands on, and the machine."""
    return {"git_commit": _git_commit(), "versions": _versions(), "python": platform.python_version()}


def _git_commit() -> str | None:
    """The commit of this code if it runs from a clone, with a mark if files differ from it."""
    folder = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "-uno"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+changes" if changed else "")


def _versions() -> dict[str, str]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
