"""Object storage by fsspec: listing, reading ranges and writing, with errors that people can act on.

Credentials come from where the client libraries look for them: the environment, their own files, or the machine's role.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_prep.dependency_groups import is_installed, missing_package
from data_prep.errors import InputError
from data_prep.streaming.url import SCHEMES, redact

log = logging.getLogger(__name__)

#: Fields in which file systems give something that changes with an object's content.
VERSION_FIELDS = ("ETag", "etag", "md5Hash", "sha256", "blob_id", "LastModified", "mtime", "created")


class StorageError(InputError):
    """Object storage could not be read or written; the message names the URL."""


@dataclass(frozen=True)
class StoredObject:
    """An object of a storage.

    Attributes:
        url: Its URL.
        size: Its size in bytes.
        version: Something that changes with its content, such as an ETag; empty if the storage gives nothing.
    """

    url: str
    size: int
    version: str


def list_objects(folder: str, suffix: str) -> list[StoredObject]:
    """List the objects directly below a URL whose names end in `suffix`; there are none if there is no such folder.

    Raises:
        StorageError: The storage cannot be listed.
    """
    with _errors(folder, "listed"):
        system = _system(folder)
        try:
            found = system.ls(folder, detail=True, refresh=True)
        except FileNotFoundError:
            return []
    names = [(entry["name"].rstrip("/").rpartition("/")[2], entry) for entry in found if entry["type"] == "file"]
    return [_object(f"{folder}/{name}", entry) for name, entry in sorted(names) if name.endswith(suffix)]


def list_tree(folder: str) -> dict[str, StoredObject]:
    """List all objects below a URL by their paths relative to it; there are none if there is no such folder.

    Raises:
        StorageError: The storage cannot be listed.
    """
    with _errors(folder, "listed"):
        system = _system(folder)
        base = system._strip_protocol(folder).rstrip("/") + "/"
        try:
            found = system.find(folder, detail=True)
        except FileNotFoundError:
            return {}
    names = {path[len(base) :]: entry for path, entry in found.items() if path.startswith(base)}
    return {name: _object(f"{folder}/{name}", entry) for name, entry in sorted(names.items()) if not name.endswith("/")}


def find_object(url: str) -> StoredObject | None:
    """Return what is known of an object; None if there is none.

    Raises:
        StorageError: The storage cannot be asked.
    """
    with _errors(url, "read"):
        try:
            entry = _system(url).info(url, refresh=True) if url.startswith("s3:") else _system(url).info(url)
        except FileNotFoundError:
            return None
    return _object(url, entry) if entry["type"] == "file" else None


def read_range(url: str, start: int, stop: int) -> bytes:
    """Read the bytes of an object from `start` to before `stop`; fewer if it ends before.

    Raises:
        StorageError: They cannot be read.
    """
    with _errors(url, "read"):
        return bytes(_system(url).cat_file(url, start=start, end=stop))


def upload(path: Path, url: str) -> None:
    """Write a file to an object, which appears complete or not at all.

    Raises:
        StorageError: It cannot be written, or has another size afterwards.
    """
    with _errors(url, "written"):
        _system(url).put_file(str(path), url)
    found = find_object(url)
    if found is None or found.size != path.stat().st_size:
        size = "nothing" if found is None else f"{found.size} bytes"
        raise StorageError(f"{redact(url)}: {path.stat().st_size} bytes were written, but {size} are there; try again")


def write_bytes(url: str, content: bytes) -> None:
    """Write an object, which appears complete or not at all.

    Raises:
        StorageError: It cannot be written.
    """
    with _errors(url, "written"):
        _system(url).pipe_file(url, content)


def remove(url: str) -> None:
    """Remove an object, if it is there.

    Raises:
        StorageError: It cannot be removed.
    """
    with _errors(url, "removed"), contextlib.suppress(FileNotFoundError):
        _system(url).rm_file(url)


def check_package(url: str) -> None:
    """Check that the packages which a kind of storage needs are installed.

    Raises:
        MissingPackageError: One of them is not.
    """
    scheme = url.partition("://")[0]
    for package in ("fsspec", SCHEMES[scheme]):
        if not is_installed(package):
            raise missing_package(f"{scheme}://", package)


def _system(url: str) -> Any:
    """Return the file system of a URL; fsspec keeps one for each process."""
    check_package(url)
    import fsspec

    return fsspec.filesystem(url.partition("://")[0], use_listings_cache=False)


def _object(url: str, entry: dict[str, Any]) -> StoredObject:
    version = next((str(entry[name]) for name in VERSION_FIELDS if entry.get(name)), "")
    return StoredObject(url, int(entry["size"] or 0), version)


@contextlib.contextmanager
def _errors(url: str, done: str) -> Iterator[None]:
    """Turn whatever a client library raises into a `StorageError`, without secrets in it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        log.debug("%s: %s", redact(url), redact(error), exc_info=True)
        hint = "; check the credentials in the environment" if isinstance(error, PermissionError) else ""
        cause = redact(error) or "no reason given"
        text = f"{redact(url)}: cannot be {done} ({type(error).__name__}: {cause}){hint}"
        raise StorageError(text) from None
