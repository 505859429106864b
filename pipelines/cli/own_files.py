"""No command writes over a file that is not its own: checks before the first file is written."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from data_prep.errors import InputError


def check_writes_only_own_files(
    folder: Path, names: Sequence[str], setting: str, inputs: Iterable[str | Path] = ()
) -> None:
    """Check that a command would replace only what an earlier call of it wrote into a folder.

    Args:
        folder: The output folder, which need not exist.
        names: Names of the files that the command writes. The last one marks the folder: a folder that has it was
            written by the same command.
        setting: The setting that names the folder, for messages.
        inputs: Files and folders that the command reads.

    Raises:
        InputError: A file there is an input, or the command did not write it.
    """
    read = {os.path.realpath(path) for path in inputs}
    for name in names:
        if os.path.realpath(folder / name) in read:
            raise InputError(
                f"{setting}={folder}: {folder / name} is an input and would be overwritten; give another {setting}"
            )
    if os.path.lexists(folder / names[-1]):
        return
    others = [folder / name for name in names if os.path.lexists(folder / name)]
    if others:
        raise InputError(
            f"{setting}={folder}: {others[0]} exists and would be overwritten, but an earlier call of this command did "
            f"not write it (there is no {names[-1]}); give another {setting}"
        )


def manifests_of(root: object) -> list[Path]:
    """Return the manifests that a corpus may be read from, given its root: the root itself, or the manifest in it."""
    if not isinstance(root, str | Path):
        return []
    return [Path(root), Path(root) / "manifest.jsonl"]
