"""A folder in object storage, and the working copy of it on disk that a command reads and writes."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from data_prep.atomic import SUFFIX, write_text
from data_prep.errors import InputError
from data_prep.streaming.object_storage import StoredObject, list_tree, read_range, remove
from data_prep.streaming.transfer import download, send
from data_prep.streaming.url import join_url, redact

log = logging.getLogger(__name__)

#: The object that lists what commands have written below a URL, with the SHA-256 of each file.
RECORD_NAME = ".uploaded.json"
#: Files and folders of a working copy that mean nothing elsewhere: locks, and what was written in part.
NOT_UPLOADED = re.compile(r".*\.lock|\.lock|\.shards|.*\.part|.*" + re.escape(SUFFIX))
#: Smaller files are read once and written from memory, because a log may grow meanwhile.
IN_MEMORY_BYTES = 32 << 20
#: After so many bytes, the record is written anew, so that an upload that is cut off is not repeated from its start.
RECORD_EVERY_BYTES = 64 << 20

#: SHA-256 of each file by its path; None for one that is being written.
Hashes = dict[str, str | None]


class RemoteFolder:
    """Keeps a working copy and a URL alike.

    A record at the URL says which objects are the commands' own, and what their content is. Before objects are written,
    the record names them, so that after a crash no object passes for another program's.

    Args:
        url: URL of the folder.
        folder: The working copy.
        record: File on disk of what both had when they were last alike.
        setting: The setting that gave the URL, for messages.
    """

    def __init__(self, url: str, folder: Path, record: Path, setting: str) -> None:
        self.url = url
        self.folder = folder
        self._record = record
        self._setting = setting
        self._known: Hashes = {}
        self._foreign: set[str] = set()
        self._stamps: dict[Path, tuple[int, int, str]] = {}

    def fetch(self) -> int:
        """Copy to disk what was written elsewhere since; what this copy alone has changed stays as it is.

        Returns:
            The number of files that were copied.

        Raises:
            InputError: The URL holds objects that no command wrote.
            StorageError: The storage cannot be read, or gives other bytes than were written.
        """
        objects = list_tree(self.url)
        self._known = read_record(self.url) if RECORD_NAME in objects else {}
        self._foreign = objects.keys() - self._known.keys() - {RECORD_NAME}
        if self._foreign and not self._known:
            raise InputError(
                f"{self._setting}={redact(self.url)}: holds {min(self._foreign)!r}, which no command wrote; give "
                "another folder"
            )
        base, local = self._last_alike(), dict(self._local_hashes())
        wanted = [name for name in self._known if name in objects and self._is_older(name, local, base)]
        for name in wanted:
            self._download(name, objects[name])
        for name in base.keys() - self._known.keys() if RECORD_NAME in objects else ():
            if local.get(name) == base[name]:
                (self.folder / name).unlink(missing_ok=True)
        self._note()
        if wanted:
            log.info("copied %d files from %s", len(wanted), redact(self.url))
        return len(wanted)

    def _is_older(self, name: str, local: Hashes, base: Hashes) -> bool:
        """Whether a file on disk is missing, or not the only one that has changed since both were alike."""
        there = self._known[name]
        if name not in local:
            return True
        is_only_changed_here = local[name] != base.get(name) and there in (None, base.get(name))
        return not is_only_changed_here and (there is None or local[name] != there)

    def _download(self, name: str, found: StoredObject) -> None:
        url = join_url(self.url, name)  # raises for a name that leads elsewhere
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        version = hashlib.sha256(f"{url}\n{found.size}\n{found.version}".encode()).hexdigest()[:32]
        download(url, found.size, self._known[name], target.parent / f".{version}.part", target)

    def upload(self) -> int:
        """Write to the URL what has changed on disk, and remove there what is gone here.

        Returns:
            The number of files that were written or removed.

        Raises:
            InputError: A file would replace another program's object, or its name cannot be that of an object.
            StorageError: The storage cannot be written; calling this again does what is missing.
        """
        local = dict(self._local_hashes())
        changed = [name for name, sha256 in local.items() if self._known.get(name) != sha256]
        gone = [name for name in self._known if name not in local]
        urls = {name: join_url(self.url, name) for name in [*changed, *gone]}
        if others := self._foreign & set(changed):
            raise InputError(
                f"{self._setting}={redact(self.url)}: {min(others)!r} exists there and was written by no command; give "
                "another folder"
            )
        if not urls:
            return 0
        self._note()
        self._known |= dict.fromkeys(changed)
        self._write_record()
        pending = 0
        for name in changed:
            sent, self._known[name] = self._send(name, urls[name])
            pending += sent
            if pending >= RECORD_EVERY_BYTES:
                self._write_record()
                pending = 0
        for name in gone:
            remove(urls[name])
            del self._known[name]
        self._write_record()
        self._note()
        return len(urls)

    def _send(self, name: str, url: str) -> tuple[int, str]:
        """Write a file; return its size and hash."""
        path = self.folder / name
        if (size := path.stat().st_size) <= IN_MEMORY_BYTES:
            content = path.read_bytes()
            send(content, url)
            return len(content), hashlib.sha256(content).hexdigest()
        send(path, url)
        return size, self._hash(path)

    def _local_hashes(self) -> Iterator[tuple[str, str | None]]:
        for parent, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not NOT_UPLOADED.fullmatch(name))
            for name in sorted(names):
                path = Path(parent, name)
                if not NOT_UPLOADED.fullmatch(name) and path != self._record and path.is_file():
                    yield path.relative_to(self.folder).as_posix(), self._hash(path)

    def _hash(self, path: Path) -> str:
        about = path.stat()
        size, changed_ns, sha256 = self._stamps.get(path, (-1, -1, ""))
        if (size, changed_ns) != (about.st_size, about.st_mtime_ns):
            with open(path, "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            self._stamps[path] = (about.st_size, about.st_mtime_ns, sha256)
        return sha256

    def _write_record(self) -> None:
        send(json.dumps({"files": self._known}).encode(), f"{self.url}/{RECORD_NAME}")

    def _note(self) -> None:
        write_text(self._record, json.dumps({"url": self.url, "files": self._known}))

    def is_copy(self) -> bool:
        """Whether the folder on disk has been fetched from, or uploaded to, this URL before."""
        return self._record.is_file() and json.loads(self._record.read_bytes()).get("url") == self.url

    def _last_alike(self) -> Hashes:
        """Return what the copy and this URL had when they were last alike; nothing if that is not known."""
        return _parse(self._record.read_bytes()) if self.is_copy() else {}


def read_record(url: str) -> Hashes:
    """Read which files commands have written below a URL.

    Raises:
        InputError: The record is damaged.
        StorageError: It cannot be read.
    """
    content = read_range(f"{url}/{RECORD_NAME}", 0, 1 << 30)
    try:
        return _parse(content)
    except ValueError as error:
        where = f"{redact(url)}/{RECORD_NAME}"
        raise InputError(f"{where}: damaged ({error}); remove it, and give an empty folder") from None


def _parse(content: bytes) -> Hashes:
    document = json.loads(content)
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict):
        raise ValueError("expected an object with 'files'")
    for sha256 in files.values():
        if sha256 is not None and not (isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256)):
            raise ValueError(f"expected SHA-256 hashes, found {str(sha256)[:70]!r}")
    return files
