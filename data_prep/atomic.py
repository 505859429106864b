"""Files that are there whole or not at all, whatever kills the process that writes them."""

import contextlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".partial"
#: What `atomic_write` makes, as opposed to a file that a user gave such an ending.
_OURS = re.compile(rf".*\.[0-9a-f]{{32}}{re.escape(SUFFIX)}", re.DOTALL)
#: So many characters of a name stay in its temporary one: with the rest it must fit into the 255 bytes of a name.
_KEPT = 40
#: A temporary file nobody has written to for so long belongs to a process that is dead. Age is the only sign that
#: also holds for another machine or container on a shared file system; writing a file takes seconds.
STALE_S = 3600.0


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write under a temporary name; renamed when all is on the disk, removed if something is raised.

    Yields:
        The temporary path, in the same folder, which is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem[:_KEPT]}.{uuid.uuid4().hex}{SUFFIX}")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())  # else a power cut can leave the new name with nothing behind it
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Fill a folder under a temporary name; it then takes the place of one that is there.

    Yields:
        The temporary folder, empty; removed if something is raised, or by the next call if that could not be.
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
        # Renamed rather than removed first: whatever stops the process, one whole folder is left.
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(folder, old)
        os.replace(partial, folder)
        shutil.rmtree(old)
    else:
        os.replace(partial, folder)


def remove_stale(folder: Path, age_s: float = STALE_S) -> None:
    """Remove what `atomic_write` left in a folder when its process was killed.

    Args:
        folder: Where to look; not below it.
        age_s: Younger ones may be a living process's; 0 where there is certainly none.
    """
    for partial in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # gone meanwhile, or not ours to remove: then it does no harm either
            if _OURS.fullmatch(partial.name) and time.time() - partial.stat().st_mtime >= age_s:
                partial.unlink()
