"""An ensemble as a folder: a bundle, or an exported recognizer, for each member, and the checksums of their files.

``ensemble.json`` lists the members; number N is in the folder ``members/N``. Reading it follows no path that it holds,
and nothing is unpickled.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_prep.atomic import write_json
from data_prep.errors import InputError
from recognizers.bundle.layout import ENSEMBLE_NAME, NETWORK_NAMES, RECORD_NAME, WEIGHTS_NAME
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME
from recognizers.ensemble.members import MAX_MEMBERS

FORMAT = 1
MEMBERS_NAME = "members"
#: All files that a member may consist of.
MEMBER_FILES = (SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME, RECORD_NAME, *NETWORK_NAMES.values())


def member_folder(folder: Path, number: int) -> Path:
    """Return the folder of a member of the ensemble in a folder."""
    return folder / MEMBERS_NAME / str(number)


def copy_member(source: Path, folder: Path, number: int) -> None:
    """Copy the files of a bundle to the folder of a member."""
    target = member_folder(folder, number)
    target.mkdir(parents=True)
    for name in (SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def write_record(folder: Path, sources: Sequence[str], details: Mapping[str, Any]) -> None:
    """Write ``ensemble.json`` about the members whose folders are filled.

    Args:
        folder: The folder of the ensemble.
        sources: Where each member comes from, for information.
        details: Further entries, for information.
    """
    members = []
    for number, source in enumerate(sources):
        files = [path for name in MEMBER_FILES if (path := member_folder(folder, number) / name).is_file()]
        members.append({"source": source, "sha256": {path.name: _sha256(path) for path in files}})
    write_json(folder / ENSEMBLE_NAME, {"format": FORMAT, "members": members, **details})


def find_members(folder: Path) -> list[Path]:
    """Return the folders of an ensemble's members, after comparing all files with their checksums.

    Raises:
        InputError: ``ensemble.json`` is damaged or of another version, or a member's file is missing or has changed.
    """
    checksums = _read_record(folder / ENSEMBLE_NAME)
    folders = []
    for number, expected in enumerate(checksums):
        member = member_folder(folder, number)
        for name in MEMBER_FILES:
            found = _sha256(member / name) if (member / name).is_file() else None
            if found != expected.get(name):
                state = "is missing" if found is None else "differs from the file that was bundled (wrong SHA-256)"
                raise InputError(f"{member / name}: {state}; copy the ensemble again, or bundle its members again")
        folders.append(member)
    return folders


def read_sources(folder: Path) -> list[str]:
    """Return where each member of an ensemble comes from, for information; raises InputError as `find_members` does."""
    document = _read_document(folder / ENSEMBLE_NAME)
    return [str(member.get("source")) for member in document["members"]]


def _read_record(path: Path) -> list[dict[str, str]]:
    """Read the checksums of each member's files."""
    return [dict(member["sha256"]) for member in _read_document(path)["members"]]


def _read_document(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document.get("format") != FORMAT:
            raise InputError(
                f"{path}: has the format {document.get('format')!r}, but this version reads {FORMAT}; bundle the "
                "members again"
            )
        members = document["members"]
        if not isinstance(members, list) or not 2 <= len(members) <= MAX_MEMBERS:
            raise ValueError(f"expected from 2 to {MAX_MEMBERS} members")
        for member in members:
            if not isinstance(member["sha256"], dict):
                raise ValueError("sha256 does not list files")
            if unknown := sorted(set(member["sha256"]) - set(MEMBER_FILES)):
                raise ValueError(f"a member has a file {unknown[0]!r}, which none may have")
        return document
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError) and str(error).startswith(f"{path}: "):
            raise
        raise InputError(
            f"{path}: not a record of an ensemble ({type(error).__name__}: {error}); copy the ensemble again"
        ) from None


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
