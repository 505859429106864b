"""Transfers that are tried again; downloads go on where an earlier one stopped, and are checked against a hash."""

import hashlib
import logging
import os
import time
from pathlib import Path

from data_prep.operating_system import flush_to_disk
from data_prep.streaming.object_storage import StorageError, read_range, upload, write_bytes
from data_prep.streaming.url import redact

log = logging.getLogger(__name__)

#: Bytes of a request: what is lost at most when a connection is cut.
CHUNK_BYTES = 4 << 20
#: Attempts without any progress after which a download is given up, and the wait before the second one, which doubles.
ATTEMPTS, FIRST_WAIT_S = 5, 0.5


def download(url: str, size: int, sha256: str | None, partial: Path, target: Path) -> None:
    """Download an object to a file, which appears complete and checked or not at all.

    Args:
        url: URL of the object.
        size: Its size in bytes.
        sha256: Hash of its content in hexadecimal; None if it is not known.
        partial: File of what is there so far, which this or another process continues after an error. Its name must
            tell versions of the object apart.
        target: The complete file.

    Raises:
        StorageError: The storage fails again and again, or gives other bytes than the hash promises.
    """
    for is_last in (False, True):
        _complete(url, size, partial)
        if sha256 is None or _sha256(partial) == sha256:
            break
        partial.unlink()
        if is_last:
            raise StorageError(f"{redact(url)}: its content differs from the SHA-256 recorded for it; upload it again")
        log.warning("%s: its content differs from the SHA-256 recorded for it; it is transferred again", redact(url))
    flush_to_disk(partial)
    os.replace(partial, target)


def send(content: bytes | Path, url: str) -> None:
    """Write an object, and try again after errors.

    Args:
        content: What to write, or the file that holds it.
        url: URL of the object.

    Raises:
        StorageError: The storage fails again and again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if isinstance(content, Path):
                upload(content, url)
            else:
                write_bytes(url, content)
        except StorageError as error:
            if attempt == ATTEMPTS:
                raise
            log.warning("%s; attempt %d of %d", error, attempt + 1, ATTEMPTS)
            time.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
        else:
            return


def _complete(url: str, size: int, partial: Path) -> None:
    """Append to a partial file what it lacks."""
    failures = 0
    with open(partial, "ab") as file:
        if file.tell() > size:
            file.truncate(0)
        elif file.tell():
            log.info("%s: the transfer continues after %d of %d bytes", redact(url), file.tell(), size)
        while (done := file.tell()) < size:
            try:
                content = read_range(url, done, min(done + CHUNK_BYTES, size))
                if not content:
                    raise StorageError(f"{redact(url)}: ends after {done} of {size} bytes; it was changed or cut short")
            except StorageError as error:
                failures += 1
                if failures == ATTEMPTS:
                    raise
                log.warning("%s; attempt %d of %d", error, failures + 1, ATTEMPTS)
                time.sleep(FIRST_WAIT_S * 2 ** (failures - 1))
            else:
                file.write(content[: size - done])
                file.flush()
                failures = 0


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
