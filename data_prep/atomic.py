"""Files that are there whole or not at all, whatever kills the process that writes them."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".partial"
#: A temporary file nobody has written to for so long belongs to a process that is dead. Age is the only sign that
#: also holds for another machine or container on a shared file system; writing a file takes seconds.
STALE_S = 3600.0


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write under a temporary name; renamed when all is on the disk, removed if something is raised.

    Yields:
        The temporary path, in the same folder, which is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.{uuid.uuid4().hex}{SUFFIX}")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())  # else a power cut can leave the new name with nothing behind it
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def remove_stale(folder: Path) -> None:
    """Remove the temporary files of processes that were killed; those of living ones are younger than `STALE_S`."""
    for partial in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # gone meanwhile, or not ours to remove: then it does no harm either
            if time.time() - partial.stat().st_mtime > STALE_S:
                partial.unlink()
