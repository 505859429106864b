"""The code and the package versions that a result was made with, so that it can be repeated."""

import importlib.metadata
import platform
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "torchaudio", "pytorch-lightning", "hydra-core", "mediapipe", "numpy", "soxr", "av", "soundfile")


def provenance() -> dict[str, Any]:
    """Return the commit of the code, and the versions of Python and of the packages that affect results."""
    return {"git_commit": _git_commit(), "versions": _versions(), "python": platform.python_version()}


def command_line(command: str, overrides: Sequence[str]) -> str:
    """Return a command with its settings as it can be copied into a shell."""
    return shlex.join(["python", "-m", f"pipelines.{command}", *overrides])


def _git_commit() -> str | None:
    """Commit of the code, marked if files differ from it; None if the code does not run from a clone."""
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
