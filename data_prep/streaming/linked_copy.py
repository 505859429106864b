"""A folder of object storage on disk for reading: links to files of the bounded cache."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from data_prep.errors import InputError
from data_prep.streaming.file_cache import FileCache, claimed_folder
from data_prep.streaming.object_storage import StoredObject, list_tree
from data_prep.streaming.remote_folder import RECORD_NAME, read_record
from data_prep.streaming.url import join_url


@contextlib.contextmanager
def linked_copy(url: str, cache: FileCache, setting: str, is_wanted: Callable[[str], bool]) -> Iterator[Path]:
    """Let the caller read the files below a URL, which are fetched unless the cache holds them.

    Args:
        url: URL of a folder.
        cache: Holds the files. The links keep their content while the context lasts, even if it is removed there.
        setting: The setting that gave the URL, for messages.
        is_wanted: Whether to fetch a file, by its path relative to the URL.

    Yields:
        The folder on disk, called as the last part of the URL.

    Raises:
        InputError: There is nothing below the URL, or a name in it leads elsewhere.
        StorageError: A file cannot be fetched, or differs from what was written.
    """
    objects = list_tree(url)
    hashes = read_record(url) if RECORD_NAME in objects else {}
    wanted = {name: found for name, found in objects.items() if name != RECORD_NAME and is_wanted(name)}
    if not wanted:
        raise InputError(f"{setting}={url}: there is no such folder in the storage")
    with claimed_folder(cache.folder / "linked") as (own, left):
        folder = own / url.rpartition("/")[2]
        try:
            for child in [child for each in left for child in each.iterdir()]:
                shutil.rmtree(child, ignore_errors=True)
            for name, found in wanted.items():
                join_url(url, name)  # raises for a name that leads elsewhere
                _link(cache, found, hashes.get(name), folder / name)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _link(cache: FileCache, found: StoredObject, sha256: str | None, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with cache.open(found, sha256) as file, contextlib.suppress(FileNotFoundError):  # removed from the cache
            os.link(file.name, target)
            return
