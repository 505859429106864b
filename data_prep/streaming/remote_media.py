"""Media files in object storage: what identifies their content, and reading them through the cache."""

import hashlib
import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from data_prep.features.extractor import FeatureExtractor, Signal
from data_prep.media import Media, MediaError
from data_prep.streaming.file_cache import FileCache
from data_prep.streaming.object_storage import StorageError, StoredObject, find_object, list_objects
from data_prep.streaming.url import as_url, is_url

log = logging.getLogger(__name__)

#: Folders with at least as many wanted files are listed; single files are asked for.
FILES_PER_LISTING = 5


def remote_contents(paths: Iterable[Path]) -> dict[Path, str | MediaError]:
    """Identify the content of objects by URL, size and version, which needs no download.

    Args:
        paths: Paths that stand for URLs.

    Returns:
        What identifies each content, or the error for an object that is not there.

    Raises:
        StorageError: The storage cannot be asked.
    """
    by_folder: defaultdict[str, list[Path]] = defaultdict(list)
    for path in dict.fromkeys(paths):
        by_folder[as_url(path).rpartition("/")[0]].append(path)
    results: dict[Path, str | MediaError] = {}
    for folder, wanted in by_folder.items():
        known: dict[str, StoredObject | None]
        if len(wanted) >= FILES_PER_LISTING:
            known = {found.url: found for found in list_objects(folder, "")}
        else:
            known = {as_url(path): find_object(as_url(path)) for path in wanted}
        for path in wanted:
            found = known.get(as_url(path))
            results[path] = MediaError(f"{as_url(path)}: no such object") if found is None else _identify(found)
    return results


def _identify(found: StoredObject) -> str:
    about = f"{found.url}\n{found.size}\n{found.version}"
    return hashlib.blake2b(about.encode(errors="surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class MediaFetcher:
    """Extracts signals from media files on disk or in object storage; it can be pickled.

    Attributes:
        extractor: The feature extractor.
        cache: Keeps what is downloaded.
    """

    extractor: FeatureExtractor
    cache: FileCache

    def signal(self, media: Media) -> Signal:
        """Extract the signal of a media file.

        Raises:
            MediaError: The file cannot be used or fetched; the message names its URL.
        """
        if not is_url(media.path):
            return self.extractor.signal(media)
        url = as_url(media.path)
        try:
            local = self._fetch(url)
        except StorageError as error:
            raise MediaError(str(error)) from None
        try:
            return self.extractor.signal(replace(media, path=local))
        except MediaError as error:
            raise MediaError(str(error).replace(str(local), url)) from None
        finally:
            local.unlink()

    def _fetch(self, url: str) -> Path:
        """Return a file with the content of an object and its ending, which stays until it is removed."""
        found = find_object(url)
        if found is None:
            raise StorageError(f"{url}: no such object")
        folder = self.cache.folder / "media"
        folder.mkdir(parents=True, exist_ok=True)
        local = folder / f"{uuid.uuid4().hex}{Path(url).suffix}"
        while True:
            with self.cache.open(found) as file:
                try:
                    os.link(file.name, local)  # keeps the content if it is removed from the cache meanwhile
                except FileNotFoundError:
                    continue
            return local
