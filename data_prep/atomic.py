"""Atomic writing: a file or folder appears complete or not at all, even if the process that writes it is killed.

Everything is written under a temporary name in the same folder and renamed when it is complete. Two processes may
write the same file at once: each has a temporary file of its own, and the last one to finish wins.
"""

import contextlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_prep.operating_system import flush_to_disk

SUFFIX = ".partial"
#: Matches only the temporary names that `atomic_write` chooses, not a user's own file called "x.partial".
_TEMPORARY_NAME = re.compile(rf".*\.[0-9a-f]{{32}}{re.escape(SUFFIX)}", re.DOTALL)
#: Characters of the final name kept in the temporary one, so that it stays within the 255 bytes of a file name.
_KEPT_CHARACTERS = 40
#: A temporary file this old, in seconds, belongs to a dead process: writing one takes seconds. Age is the only sign
#: that also works when the process ran on another machine or in another container.
STALE_S = 3600.0


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Let the caller write a file under a temporary name, then flush it to disk and rename it to `path`.

    If the caller raises, the temporary file is removed and `path` stays as it was.

    Args:
        path: Final path; its folder is created if missing.

    Yields:
        The temporary path, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem[:_KEPT_CHARACTERS]}.{uuid.uuid4().hex}{SUFFIX}")
    try:
        yield partial
        flush_to_disk(partial)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str, errors: str = "strict") -> None:
    """Write a UTF-8 text file atomically; line ends are those of Unix on every system.

    Args:
        path: Final path; its folder is created if missing.
        text: The whole content.
        errors: How to encode lone surrogates, as in `str.encode`; file names that are not valid UTF-8 contain them.
    """
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", errors=errors, newline="\n")


def write_json(path: Path, document: Any) -> None:
    """Write a document as indented JSON, atomically."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Let the caller fill a folder under a temporary name, then rename it to `folder`, replacing an existing one.

    If the caller raises, the temporary folder is removed; if even that fails, the next call removes it.

    Args:
        folder: Final path; its parents are created if missing.

    Yields:
        The temporary folder, empty.
    """
    partial = folder.with_name(folder.name + SUFFIX)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if folder.exists():
        # Rename the old folder before removing it, so that a complete folder exists whenever the process is killed.
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(folder, old)
        os.replace(partial, folder)
        shutil.rmtree(old)
    else:
        os.replace(partial, folder)


def remove_stale_partials(folder: Path, age_s: float = STALE_S) -> None:
    """Remove temporary files that `atomic_write` left in a folder when its process was killed.

    Args:
        folder: The folder to clean; its subfolders are not searched.
        age_s: Least age in seconds of the files to remove; younger ones may belong to a running process. Pass 0 only if
            no other process can be writing there.
    """
    for partial in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # already removed, or not removable by this user: harmless either way
            if _TEMPORARY_NAME.fullmatch(partial.name) and time.time() - partial.stat().st_mtime >= age_s:
                partial.unlink()
